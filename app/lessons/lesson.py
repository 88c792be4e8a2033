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
MAPS, TIME, CURVES, GAIN, TABLE = "Maps", "Time", "Curves", "Gain of B over A", "Table of runs"
RMSE_MAPS, TRADE_OFF = "RMSE over time", "Trade-off"
PLACES = {  # of the page, by what the lessons call them: their class in it
    MAPS: "map-a",
    TIME: "player",
    CURVES: "curves",
    GAIN: "map-gain",
    TABLE: "runs",
    RMSE_MAPS: "look-rmse-over-time",
    TRADE_OFF: "trade-off-plot",
}


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
    sperr: the networks that the wavelet codec SPERR is compared with, at their bytes. see: the
    places of the page that it speaks of; the first is brought into view.
    """

    title: str
    told: str
    watch: str = ""
    learn: str = ""
    show: tuple[str, ...] = ()
    view: Mapping[str, Any] = field(default_factory=dict)
    sperr: tuple[str, ...] = ()
    see: tuple[str, ...] = (MAPS,)

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
