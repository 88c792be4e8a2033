"""The left of the page: all choices, in the order of thought."""

from __future__ import annotations

import panel_material_ui as pmui
from panel.viewable import Viewable

from app.controls.contexts import ContextSection
from app.controls.data import DataSection
from app.controls.model import ArchitectureSection, BudgetSection, DeviceSection, RecipeSection
from app.workbench import Workbench


class Sidebar:
    """Data, context, architecture, budget, recipe, device."""

    def __init__(self, workbench: Workbench) -> None:
        self.contexts = ContextSection(workbench)
        sections = [
            DataSection(workbench).section,
            self.contexts.section,
            ArchitectureSection(workbench).section,
            BudgetSection(workbench).section,
            RecipeSection(workbench).section,
            DeviceSection(workbench).section,
        ]
        self.objects: list[Viewable] = []
        for section in sections:
            self.objects += [section, pmui.Divider(sizing_mode="stretch_width", margin=0)]

    def draw(self) -> None:
        """What can wait until the page is there."""
        self.contexts.draw()
