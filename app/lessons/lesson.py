"""What a lesson is made of: networks to learn, and steps that each say what to watch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.settings import settings
from cainr_core.choices import Choices
from cainr_core.data.contexts import ContextChoice
from cainr_core.fit.recipe import Recipe
from cainr_core.model.architecture import Architecture

STEPS = 400  # of a fit: seconds on two cores, beside a browser that paints it


def steps_allowed() -> int:
    """Steps of a fit of the lessons; a kiosk may allow fewer than `STEPS`."""
    return min(STEPS, settings.kiosk_steps) if settings.kiosk else STEPS


@dataclass(frozen=True)
class Network:
    """A network on the bundled sample, learned for `steps_allowed()` steps."""

    depth: int
    width: int
    contexts: tuple[str, ...] = ()
    omega: float = 30.0

    def choices(self) -> Choices:
        """All that is chosen for it."""
        return Choices(
            contexts=[ContextChoice.parse(spec) for spec in self.contexts],
            architecture=Architecture(depth=self.depth, width=self.width, omega=self.omega),
            recipe=Recipe(steps=steps_allowed()),
        )


@dataclass(frozen=True)
class Step:
    """One step of a lesson.

    told: what is the case; watch: where to look, once there is a fit of `learn`, the network that
    the lesson waits for. show: the networks whose runs are looked at, A and B. view: of `Viewing`.
    sperr: the networks that the wavelet codec SPERR is compared with, at their bytes. gain: whether
    it is about the map of what B gains over A.
    """

    title: str
    told: str
    watch: str = ""
    learn: str = ""
    show: tuple[str, ...] = ()
    view: Mapping[str, Any] = field(default_factory=dict)
    sperr: tuple[str, ...] = ()
    gain: bool = False

    @property
    def place(self) -> str:
        """What of the page it is about, where that is not what stands first: a closer look, or the
        map of the gain; a fit is watched at the maps first."""
        if self.gain:
            return "map-gain"
        return "closer" if "tab" in self.view and not self.learn else ""

    @property
    def chosen(self) -> str:
        """The network whose choices the page shows in this step, or none."""
        return self.learn or (self.show[-1] if self.show else "")


@dataclass(frozen=True)
class Lesson:
    """A lesson: its networks by name, and its steps in their order."""

    title: str
    told: str
    networks: Mapping[str, Network]
    steps: tuple[Step, ...]
