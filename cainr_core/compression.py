"""The whole way: a field, contexts and choices in; the bytes of a file and its measures out."""

from __future__ import annotations

import time as clock
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from cainr_core.choices import Choices, DataChoice, Target
from cainr_core.codec.codec import Parts, write
from cainr_core.data.contexts import Context, ContextChoice, load_context
from cainr_core.data.fields import Field
from cainr_core.data.sources import open_field, open_sample
from cainr_core.errors import CainrError
from cainr_core.evaluate.metrics import Metrics, measure
from cainr_core.files import atomic_write
from cainr_core.fit.recipe import Recipe
from cainr_core.history import MOST, MOST_TOGETHER, Moment, Recorder
from cainr_core.model.architecture import Architecture
from cainr_core.planning import NETWORK_BITS, ROUGH_BITS, TAIL_ROOM, Plan, models_bytes, plan

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cainr_core.codec.latent_start import LatentStart
    from cainr_core.codec.reconstruction import Reconstruction
    from cainr_core.fit.fitting import Fitting
    from cainr_core.fit.kernels.together import Together
    from cainr_core.fit.progress import Progress
    from cainr_core.revisions import Revisions

__all__ = [
    "Choices",
    "Compressed",
    "Compression",
    "Target",
    "compress",
    "open_data",
]

WRITING = "Writing the file and measuring what it holds."
FULL = (
    "The memory of the GPU does not hold this field beside what else is there: end other work on "
    "it, thin the field, take fewer times, or fit on the CPU (device cpu)."
)
FAR_BELOW = 0.97  # part of a byte budget that a file fills unless there is nothing to fill it


def open_data(choice: DataChoice) -> Field:
    """The field of a choice; the bundled sample where no path is named."""
    if not choice.path:
        field = open_sample(choice.time or None, region=choice.region, thin=choice.thin)
        if choice.variable not in ("", field.name):
            raise CainrError(
                f"There is no variable '{choice.variable}' in the sample: it has {field.name}."
            )
        return field
    return open_field(
        choice.path,
        choice.variable or None,
        time=choice.time or None,
        select=choice.select,
        region=choice.region,
        thin=choice.thin,
    )


class Compression:
    """One compression under way: `run()` fits, writes and measures, yielding progress.

    After `run()`: `data` (the file), `metrics` (of what was decoded from it), `curve` and, where
    it was asked for, `history`. After `cancel()` the same, of what was learned so far.
    """

    def __init__(
        self,
        field: Field,
        contexts: Sequence[Context],
        architecture: Architecture,
        recipe: Recipe,
        target: Target | None = None,
        device: str = "auto",
        together: Together | None = None,
        keep_history: bool = False,
    ) -> None:
        """`together`: fits that learn side by side with this one; `run` waits for them.
        `keep_history`: whether states on the way are kept, for up to a tenth of the time."""
        self.field, self.contexts, self.recipe = field, list(contexts), recipe
        self.plan = plan(field, contexts, architecture, target)
        self._limit = (target or Target()).file_bytes(field.original_bytes)
        self._device, self._together = device, together
        self._fitting: Fitting | None = None
        self._start: LatentStart | None = None
        self._revisions: Revisions | None = None  # of these latents
        self._keeps_history = keep_history
        self._recorder: Recorder | None = None
        self._cancelled = False
        self._decoded: Reconstruction | None = None
        self.data: bytes = b""
        self.metrics: Metrics | None = None
        self.seconds = 0.0

    @property
    def curve(self) -> list[Progress]:
        """Progress so far; steps before 0 are those of networks for which latents were chosen."""
        learned = [] if self._fitting is None else self._fitting.curve
        if (before := self._revisions) is None:
            return learned
        after = (replace(one, seconds=one.seconds + before.seconds) for one in learned)
        return [*before.curve, *after]

    @property
    def history(self) -> tuple[Moment, ...]:
        """States that the fit has left behind, in order."""
        kept = [] if self._recorder is None else self._recorder.moments
        return tuple(moment for moment in kept if moment.step < self.curve[-1].step)

    def cancel(self) -> None:
        """Stop learning after the step under way; the file is still written."""
        self._cancelled = True
        if self._fitting is not None:
            self._fitting.cancel()

    def reconstruct(self, times: int | slice = slice(None)) -> NDArray[np.float32]:
        """The field as it stands, (time, *grid.shape): of the file once there is one."""
        if self._decoded is not None:
            return self._decoded.values(times)
        revised_for = None if self._revisions is None else self._revisions.fitting
        for state in (self._fitting, revised_for, self._start):
            if state is not None:
                return state.reconstruct(times)
        raise CainrError("There is nothing to reconstruct before the fit has begun.")

    def run(self, checkpoint: Path | None = None) -> Iterator[Progress]:
        """Fit, write and measure; goes on from `checkpoint` where that file exists. CainrError
        where a GPU's memory does not do even for the smallest batch."""
        from torch.cuda import OutOfMemoryError

        try:
            yield from self._run(checkpoint)
        except OutOfMemoryError as full:
            raise CainrError(FULL) from full

    def _run(self, checkpoint: Path | None) -> Iterator[Progress]:
        from cainr_core.codec import quantize
        from cainr_core.codec.rate import DEFAULT_NOISE, LATENT_NOISE, coded, size, steps_for

        started = clock.monotonic()
        if self.plan.architecture.has_latents:
            yield from self._choose_latents()
        fitting = self._fitting = self._fit_of(self.recipe)
        if self._cancelled:
            fitting.cancel()
        noise = DEFAULT_NOISE if self._start is None else LATENT_NOISE
        if self._keeps_history:
            folder = None if checkpoint is None else checkpoint.with_name("history")
            states = MOST if self._together is None else MOST_TOGETHER
            self._recorder = Recorder(
                self._parts, self._start, noise, self.plan.file_bytes, folder, states
            )
        yield from self._watched(fitting.run(checkpoint))
        most = None if self._limit is None else self._limit - self._overhead(fitting)
        room = None if most is None else int(most * TAIL_ROOM)
        influence = quantize.influences(fitting)
        steps = steps_for(fitting.tensors, influence, fitting.best_error, room, noise)
        if self.recipe.tail_steps and not fitting.cancelled:
            yield from self._watched(fitting.run_rounded(quantize.rounding(steps)), steps)
        if most is not None and size(fitting.tensors, steps) > most:
            steps = steps_for(fitting.tensors, influence, fitting.best_error, most)
        yield self._said(WRITING)
        self.data = write(self._parts, fitting, coded(fitting.tensors, steps), self._start)
        self._measure()
        self.seconds = fitting.seconds_before + clock.monotonic() - started
        yield self._said(self._outcome())

    def _fit_of(self, recipe: Recipe) -> Fitting:
        from cainr_core.fit.fitting import Fitting

        return Fitting(
            self.field,
            self.contexts,
            self.plan.architecture,
            recipe,
            self._device,
            self._start,
            self._together,
        )

    def _watched(
        self, learning: Iterator[Progress], steps: Sequence[int] | None = None
    ) -> Iterator[Progress]:
        if self._recorder is None:
            return learning
        assert self._fitting is not None
        return self._recorder.watch(learning, self._fitting, steps)

    def _choose_latents(self) -> Iterator[Progress]:
        from cainr_core.codec.latent_start import LatentStart
        from cainr_core.revisions import Revisions

        architecture = self.plan.architecture
        besides = self._parts.overhead() + models_bytes(architecture)
        bits = NETWORK_BITS if self.recipe.revisions else ROUGH_BITS
        network = int(self.plan.weights * bits / 8)
        room = self.plan.file_bytes - besides - network
        start = self._start = LatentStart(
            self.field, self.contexts, architecture, self.recipe, room, self._device
        )
        most = None if self._limit is None else self._limit - besides - network
        self._revisions = Revisions(start, self.recipe, self._fit_of, lambda: self._cancelled)
        yield from self._revisions.run(most, self._limit, network, self._overhead)
        start.settle()

    def _measure(self) -> None:
        """Decode the file and compare it with the original."""
        from cainr_core.codec.reconstruction import read

        self._decoded = read(self.data, self.contexts, self._device)
        self.metrics = measure(
            self.field.values,
            self._decoded.values(),
            self.field.grid.area,
            original_bytes=self.field.original_bytes,
            file_bytes=len(self.data),
            context_bytes=self._decoded.context_bytes,
            weights=self._decoded.n_weights,
        )

    @cached_property
    def _parts(self) -> Parts:
        return Parts.of(self.field, self.contexts, self.plan.architecture)

    def _overhead(self, fitting: Fitting) -> int:
        empty = write(self._parts, fitting, [], self._start)
        return len(empty) + 4  # the lengths of the weights' section and the file take more then

    def _outcome(self) -> str:
        assert self.metrics is not None
        if self._limit is not None and len(self.data) > self._limit:
            return (
                f"The file takes {len(self.data):,} bytes, more than the {self._limit:,} asked "
                "for: weights cannot be rounded further; choose fewer layers."
            )
        told = f"Done: {len(self.data):,} bytes, PSNR {self.metrics.psnr:.2f} dB."
        if self._limit is not None and len(self.data) < FAR_BELOW * self._limit:
            told += (
                f" The {self._limit:,} bytes asked for are not filled: nothing better was found."
            )
        return told

    def _said(self, message: str) -> Progress:
        last = self.curve[-1]
        psnr = last.psnr if self.metrics is None else self.metrics.psnr
        return replace(last, message=message, psnr=psnr)


@dataclass(frozen=True)
class Compressed:
    """A finished compression: the bytes of the file, its measures, and how it was learned.

    `history`: states on the way, where they were asked for.
    """

    data: bytes
    metrics: Metrics
    curve: list[Progress]
    plan: Plan
    seconds: float
    history: tuple[Moment, ...] = ()

    def save(self, path: str | Path) -> Path:
        """Write the file; an older one is replaced only by a whole one."""
        atomic_write(Path(path), self.data)
        return Path(path)


def compress(
    field: Field,
    contexts: Sequence[str | ContextChoice | Context] = (),
    architecture: Architecture | None = None,
    recipe: Recipe | None = None,
    target: Target | None = None,
    device: str = "auto",
    on_progress: Callable[[Progress], None] | None = None,
    keep_history: bool = False,
) -> Compressed:
    """Overfit a network to a field and give the bytes of its file.

    `contexts`: names of built-in contexts, "FILE.nc:VAR", choices, or contexts loaded already.
    `on_progress` is called with each `Progress`. `keep_history`: whether a few dozen states on the
    way are kept, each a .cainr file. CainrError where the input cannot be used.
    """
    loaded = [
        context if isinstance(context, Context) else load_context(context, field)
        for context in contexts
    ]
    work = Compression(
        field, loaded, architecture or Architecture(), recipe or Recipe(), target, device,
        keep_history=keep_history,
    )  # fmt: skip
    for progress in work.run():
        if on_progress is not None:
            on_progress(progress)
    assert work.metrics is not None
    return Compressed(work.data, work.metrics, work.curve, work.plan, work.seconds, work.history)
