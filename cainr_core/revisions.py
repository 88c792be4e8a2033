"""Latents chosen for a network, and chosen anew as networks learn behind them."""

from __future__ import annotations

import time as clock
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from cainr_core.codec.rate import LATENT_NOISE, size, steps_for
from cainr_core.fit.progress import Progress
from cainr_core.fit.recipe import Recipe
from cainr_core.planning import TAIL_ROOM

if TYPE_CHECKING:
    from cainr_core.codec.latent_start import LatentStart
    from cainr_core.fit.fitting import Fitting


class Revisions:
    """What comes before the last network learns: `run()` chooses latents, has a network learn for a
    short while, chooses them anew for it, and so on, yielding progress.

    `fitting`: the network that they were last revised for. `curve`: how good they were at each
    turn, at steps below 0. `seconds`: that all this took.
    """

    def __init__(
        self,
        start: LatentStart,
        recipe: Recipe,
        fit_of: Callable[[Recipe], Fitting],
        cancelled: Callable[[], bool],
    ) -> None:
        """`recipe`: of the last network. `fit_of`: a fit behind the latents as they stand."""
        self._start, self._recipe = start, recipe
        self._fit_of, self._cancelled = fit_of, cancelled
        self._began = clock.monotonic()
        self.fitting: Fitting | None = None
        self.curve: list[Progress] = []
        self.seconds = 0.0

    def run(
        self, most: int | None, limit: int | None, network: int, overhead: Callable[[Fitting], int]
    ) -> Iterator[Progress]:
        """Choose, within `most` bytes of latents where that is known, `network` bytes being kept
        for the network. The last time, what a file has besides latents (`overhead`) and weights is
        known, and `limit` bytes hold for the whole of it."""
        start, count = self._start, self._recipe.revisions
        for message in start.run(most, roughly=count > 0):
            yield self._told(message, start.error)
        if count:
            self._turn(count, start.error)
        for number in range(1, count + 1):
            fitting = self.fitting = self._fit_of(self._recipe.before_revision())
            for _ in fitting.run():
                if self._cancelled():
                    fitting.cancel()
            error, last = fitting.best_error, self._cancelled() or number == count
            if last and limit is not None:
                taken = min(_bytes_of(fitting), 2 * network)  # else nothing is left
                most = limit - (overhead(fitting) - start.nbytes) - round(taken / TAIL_ROOM)
            if not last:
                self._turn(count - number, error)
            psnr = f"PSNR {start.psnr(error):.2f} dB"
            told = f"Choosing latents for the network, {number} of {count}: {psnr}."
            yield self._told(told, error)
            for message in start.revise(fitting.tensors, fitting.reconstruct(), most, last):
                yield self._told(message, error)
            if last:
                break
        self.seconds = clock.monotonic() - self._began

    def _told(self, message: str | None, error: float, step: int = 0) -> Progress:
        total = self._recipe.total_steps
        seconds = clock.monotonic() - self._began if step else 0.0
        return Progress(step, total, error, self._start.psnr(error), seconds, 0.0, 0.0, message)

    def _turn(self, left: int, error: float) -> None:
        """Keep how good the latents are, so many turns before the last network."""
        step = -left * self._recipe.before_revision().steps
        self.curve.append(self._told(None, error, step))


def _bytes_of(fitting: Fitting) -> int:
    """Bytes that the weights of a network take."""
    from cainr_core.codec.quantize import influences

    steps = steps_for(fitting.tensors, influences(fitting), fitting.best_error, noise=LATENT_NOISE)
    return size(fitting.tensors, steps)
