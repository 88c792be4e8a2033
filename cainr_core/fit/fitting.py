"""The training loop: a network overfitted to one field."""

from __future__ import annotations

import math
import time as clock
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cainr_core.data.contexts import Context
from cainr_core.data.fields import Field
from cainr_core.errors import CainrError
from cainr_core.fit import resuming
from cainr_core.fit.device import arithmetic, choose_device
from cainr_core.fit.kernels.together import FusedSteps, Together, serves
from cainr_core.fit.misfit import Misfit
from cainr_core.fit.progress import WAITING, Progress, Speed
from cainr_core.fit.recipe import Recipe
from cainr_core.fit.rounding import Rounding
from cainr_core.fit.sampling import Sampler
from cainr_core.fit.start import Start
from cainr_core.fit.step import Step
from cainr_core.model.architecture import Architecture
from cainr_core.model.coordinates import Frame
from cainr_core.model.inputs import Inputs
from cainr_core.model.mlp import initial_tensors, views
from cainr_core.model.predict import predict

# steps; fixed, so that what a check decides does not depend on the clock
CHECK_EVERY, FUSED_CHECK_EVERY = 10, 50
CHECKPOINT_SECONDS = 5.0
DIVERGED = 4.0  # times the best squared error: 6 dB worse is no noise of a batch
LOST = 2.0  # times the best squared error, from which a network that stays there does not return
BEGUN = 0.9  # times the first squared error, above which nothing was learned
PATIENCE = 15  # checks in a row that a network may be lost
TAIL_RATE = 0.1  # highest rate of the rounding tail, as a part of the recipe's
FULL_PASS = {"cpu": 1 << 17, "cuda": 1 << 23}  # points whose activations are held at once


class Fitting:
    """A fit under way: `run()` learns and yields `Progress`, `reconstruct()` shows the field.

    `tensors` are the weights (float32, on `device`), which lie one after the other in `flat`,
    `frame` the scaling of the inputs, and `offset + scale * network` the field in its own units.
    `run` yields `WAITING` where others that learn `together` with it have to come so far.
    """

    def __init__(
        self,
        field: Field,
        contexts: Sequence[Context],
        architecture: Architecture,
        recipe: Recipe,
        device: str = "auto",
        start: Start | None = None,
        together: Together | None = None,
    ) -> None:
        """`start`: latents and first weights, for an architecture that has latents."""
        self.field, self.contexts = field, list(contexts)
        self.architecture, self.recipe = architecture, recipe
        self.device = choose_device(device)
        lat, lon = field.grid.points()
        sampled = [context.sample(lat, lon, field.time) for context in contexts]
        self.frame = Frame.of(architecture.coordinates, field.grid, field.time, sampled)
        latents = start.sampled if start else ()
        self.inputs = Inputs(self.frame, lat, lon, field.time, sampled, self.device, latents)
        self.misfit = Misfit(
            field, self.inputs, architecture, recipe.scaling, recipe.seed, self.device
        )
        self.offset, self.scale = self.misfit.offset, self.misfit.scale
        self.first = (
            start.tensors()
            if start
            else initial_tensors(architecture, self.frame.n_inputs, recipe.seed)
        )
        self.flat = torch.cat([tensor.flatten() for tensor in self.first]).to(self.device)
        self.tensors = [part.requires_grad_() for part in views(self.flat, self.first)]
        present = None
        if field.missing is not None:
            present = np.logical_not(field.missing.reshape(len(field.values), -1).all(axis=0))
        area = field.grid.area if recipe.sampling == "area" else None
        shape = (self.inputs.n_times, self.inputs.n_cells)
        self.sampler = Sampler(*shape, area, present, recipe.seed, self.device)
        self.rounding: Rounding | None = None
        self._together = together
        self._cancelled = False
        self.batch = min(recipe.batch, field.values.size)
        self.pass_size = FULL_PASS.get(self.device.type, 1 << 17)
        self.seconds = 0.0
        self.seconds_before = 0.0  # of them those of a process whose checkpoint was taken up
        self.lost = 0
        self.curve: list[Progress] = []
        self.best_error = math.inf
        self.best: Tensor | None = None

    # ------------------------------------------------------------------ what others call

    def run(self, checkpoint: Path | None = None) -> Iterator[Progress]:
        """Learn, yielding every 10 steps; goes on from `checkpoint` if that file exists.

        Ends with the best weights met in `tensors`. Raises CainrError where the checkpoint belongs
        to another fit.
        """
        step = self._new_step()
        first, rate_scale = 0, self.recipe.rate_factor(self.architecture)
        self._remember(self._error())
        if checkpoint is not None and checkpoint.exists():
            first, rate_scale = resuming.resume(self, checkpoint, step)
            yield replace(self.curve[-1], message=f"Going on from step {first:,}.")
        else:
            yield self._progress(0, 0.0)
        steps = range(first, self.recipe.steps)
        yield from self._learn(step, steps, self.recipe.rate, rate_scale, checkpoint)

    def run_rounded(self, rounding: Rounding) -> Iterator[Progress]:
        """The tail: go on with weights rounded by `rounding` (straight through for gradients), so
        that the network learns to live with them; ends with the best rounded weights."""
        self.rounding, self.lost = rounding, 0
        self.best_error = math.inf
        self._remember(self._error())
        recipe = self.recipe
        factor = recipe.rate_factor(self.architecture)
        steps, tail = recipe.steps, recipe.tail_steps

        def rate(step: int) -> float:
            done = (step - steps) / max(1, tail)
            return TAIL_RATE * recipe.learning_rate * 0.5 * (1 + math.cos(math.pi * done))

        yield from self._learn(self._new_step(), range(steps, steps + tail), rate, factor, None)

    def cancel(self) -> None:
        """Stop after the step under way; what was learned stays."""
        self._cancelled = True

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._cancelled

    def reconstruct(self, times: int | slice = slice(None)) -> NDArray[np.float32]:
        """The field as the network has it now, (time, *grid.shape) in the field's units; missing
        where the field is missing."""
        rows = range(*times.indices(self.inputs.n_times)) if isinstance(times, slice) else [times]
        with arithmetic(self.device, self.recipe.precision):
            scaled = predict(self.architecture, self._weights(), self.inputs, rows)
        values = (self.offset + self.scale * scaled).astype(np.float32)
        values = values.reshape(len(rows), *self.field.grid.shape)
        if self.field.missing is not None:
            values[self.field.missing[list(rows)]] = np.nan
        return values

    def outputs(self, n: int, generator: torch.Generator) -> Tensor:
        """The network's values at `n` points drawn with a generator, with gradients, (n,)."""
        total = self.inputs.n_times * self.inputs.n_cells
        point = torch.randint(total, (n,), generator=generator, device=self.device)
        times, cells = point // self.inputs.n_cells, point % self.inputs.n_cells
        return self.misfit.output(times, cells, self.tensors)

    # ------------------------------------------------------------------ the loop

    def _learn(
        self,
        step: Step | FusedSteps,
        steps: range,
        rate: Callable[[int], float],
        rate_scale: float,
        checkpoint: Path | None,
    ) -> Iterator[Progress]:
        saved = started = clock.monotonic()
        points, since, spent, speed = 0, started, self.seconds, Speed()
        share = step.share if isinstance(step, FusedSteps) else 1.0
        for number, done in self._between_checks(steps, step):
            if self._cancelled:
                break
            message = None
            halving = self.recipe.schedule == "halving" and self.rounding is None
            if halving and number and number % self.recipe.halve_every == 0:
                self._return_to_best()
            rates = [rate(one) * rate_scale for one in range(number, done)]
            try:
                points += self._take(step, rates)
            except torch.cuda.OutOfMemoryError:
                message = self.shrink()
                step = self._new_step()
            if isinstance(step, FusedSteps) and step.waits:
                yield WAITING
            now, last = rates[-1], done == steps.stop
            if message is None and not (last or done == 5 or done % self._every(step) == 0):
                continue
            if isinstance(step, FusedSteps) and message is None:  # else no step was taken
                error = step.error()
            else:
                error = self._error()
            if self._diverged(error):
                place = self._go_back()
                step.forget()
                self.lost = 0
                rate_scale *= 0.5
                error = self.best_error
                message = (
                    f"The fit diverged at step {done}: it went back to its {place} and goes on at "
                    "half the learning rate."
                )
            self._remember(error)
            moment = clock.monotonic()
            self.seconds = spent + share * (moment - started)
            pace = speed.take(points, share * (moment - since))
            progress = self._progress(done, pace, message, error, now)
            if checkpoint is not None and (last or moment - saved > CHECKPOINT_SECONDS):
                resuming.save(self, checkpoint, step, done, rate_scale)
                saved = moment
            yield progress
            since = clock.monotonic()
            started += since - moment  # what others do meanwhile is not spent learning
            points = 0
        self._return_to_best()

    def _every(self, step: Step | FusedSteps) -> int:
        return FUSED_CHECK_EVERY if isinstance(step, FusedSteps) else CHECK_EVERY

    def _between_checks(self, steps: range, step: Step | FusedSteps) -> Iterator[tuple[int, int]]:
        """First step and end of each row of steps between which nothing is asked or decided."""
        every, halve = self._every(step), self.recipe.halve_every
        first = steps.start
        while first < steps.stop:
            end = min(steps.stop, (first // every + 1) * every)
            if self.recipe.schedule == "halving":
                end = min(end, (first // halve + 1) * halve)
            end = min(end, 5) if first < 5 else end
            yield first, end
            first = end

    def _take(self, step: Step | FusedSteps, rates: list[float]) -> int:
        """Steps at these rates; the number of points they learned from."""
        if isinstance(step, FusedSteps):
            step.learn(rates)
            return self.batch * len(rates)
        return sum(self._one(step, rate) for rate in rates if not self._cancelled)

    def _one(self, step: Step, rate: float) -> int:
        if self.batch:
            step(self.sampler.draw(self.batch), rate)
            return self.batch
        total = self.inputs.n_times * self.inputs.n_cells
        step.on_all(self.sampler.every(self.pass_size), total, rate)
        return total

    def _new_step(self) -> Step | FusedSteps:
        if self.batch and self.recipe.precision == "fused" and self._is_served():
            self._together = self._together or Together()
            return self._together.join(self)

        def errors(times: Tensor, cells: Tensor) -> Tensor:
            return self.misfit.squared(times, cells, self._weights())

        by_hand = self.misfit.by_hand(self._weights)
        return Step(errors, self.tensors, self.device, self.recipe.precision, by_hand)

    def _is_served(self) -> bool:
        return serves(self.architecture, self.inputs, self.device)

    def _weights(self) -> list[Tensor]:
        """The weights as the network uses them: rounded in the tail."""
        return self.tensors if self.rounding is None else self.rounding(self.tensors)

    def _diverged(self, error: float) -> bool:
        """Whether to go back: at once if far off; if off, or stuck where it began, for some checks.
        Outputs of sines are bounded: the error of a lost network need not grow."""
        lost = error > LOST * max(self.best_error, 1e-12)
        lost |= error >= self.best_error and not self._has_begun()
        self.lost = self.lost + 1 if lost else 0
        far = error > DIVERGED * max(self.best_error, 1e-12)
        return not math.isfinite(error) or far or self.lost >= PATIENCE

    def _has_begun(self) -> bool:
        """Whether anything worth keeping was learned."""
        learned = self.rounding is not None or self.best_error <= BEGUN * self.curve[0].loss
        return learned or self.architecture.has_latents  # these have said most already

    def _go_back(self) -> str:
        """Return to the best weights; to the first ones while these are hardly better, since a
        network thrown about may have lost what it needs to learn. What to call the place."""
        if self._has_begun():
            self._return_to_best()
            return "best"
        self.flat.copy_(torch.cat([tensor.flatten() for tensor in self.first]))
        return "beginning"

    def _error(self) -> float:
        with arithmetic(self.device, self.recipe.precision):
            return self.misfit.mean(self._weights())

    def _remember(self, error: float) -> None:
        if error < self.best_error or self.best is None:
            self.best_error = error if math.isfinite(error) else math.inf
            self.best = self.flat.clone()

    def _return_to_best(self) -> None:
        assert self.best is not None
        self.flat.copy_(self.best)

    def shrink(self) -> str:
        """Halve what is held at once, after the device ran out of memory; what to tell."""
        torch.cuda.empty_cache()
        size = (self.batch or self.pass_size) // 2
        if size < 256:
            raise CainrError(
                "The device has no memory left for even a small batch: close other programs that "
                "use it, or choose the device 'cpu'."
            )
        if self.batch:
            self.batch = size
        else:
            self.pass_size = size
        return f"The device ran out of memory: the batch was halved to {size:,} points."

    def _progress(
        self,
        step: int,
        speed: float,
        message: str | None = None,
        error: float | None = None,
        rate: float = 0.0,
    ) -> Progress:
        error = self.best_error if error is None else error
        psnr = self.misfit.psnr(error)
        total = self.recipe.total_steps
        progress = Progress(step, total, error, psnr, self.seconds, speed, rate, message)
        self.curve.append(progress)
        return progress
