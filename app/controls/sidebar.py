"""The left of the page: all choices, in the order of thought."""

from __future__ import annotations

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
        self.objects: list[Viewable] = list(sections)

    def draw(self) -> None:
        """What can wait until the page is there."""
        self.contexts.draw()
