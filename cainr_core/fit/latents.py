"""Latents of a field, chosen for what they cost and what they give.

The transform gives the latents of least error; each is then rounded to the integer of least
error + slope x bits (rate-distortion optimised quantisation: Sullivan and Wiegand 1998, IEEE Signal
Processing Magazine 15(6)), with the bits that the entropy model says. Model and integers are chosen
in turn, since each depends on the other; so are the integers and the network behind them, whose
part of the field need not be coded.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from cainr_core.fit.step import Step
from cainr_core.model.entropy import FEATURE_UNIT, ScaleNet, bits, first_weights, widths
from cainr_core.model.latents import Pyramid, flat, restored, unflat
from cainr_core.model.surroundings import N_NEAR, Surroundings
from cainr_core.model.wavelet import Bands

SLOPE = 0.12  # squared error, in squared steps, that a bit is worth
ZERO_BELOW = 0.8  # of a step: what is rounded to zero before the first model
TURNS = 4  # of choosing the model and the integers
LEARNING_RATE = 1e-2
BETAS = (0.9, 0.98)
BATCH = 1 << 14
LOUD = 0.75  # part of a batch that has something around it: most of a field is silence
MODEL_STEPS = {"first": 500, "next": 200}
QUIET = -24  # feature below which nothing is around
AT_ONCE = 1 << 19


@dataclass(frozen=True)
class Quantised:
    """Latents of a field as integers.

    `groups`: bands of int32 for each group; `step`: of a latent, in the units of the residual;
    `shifts`: what is added, in steps, to the magnitude 1 and to greater ones, where the middle of
    what was rounded to them lies; `bits`: expected size; `energy` and `error`: mean squares of
    the latents and of what they leave of the field.
    """

    groups: list[Bands]
    step: float
    shifts: tuple[float, float]
    net: ScaleNet
    bits: float
    energy: float
    error: float


class LatentFit:
    """The choice of integers for latents not yet rounded (bands of each group), for any step.

    Each choice begins with the last one: with its model, and with what stood around a latent.
    """

    def __init__(
        self, exact: list[Bands], pyramid: Pyramid, around: Surroundings, hidden: int, seed: int
    ) -> None:
        self._pyramid, self._around = pyramid, around
        self._device = exact[0][0].device
        self.aim(exact)
        self._last: Tensor | None = None  # magnitudes, in the units of the latents
        self._seen: tuple[list[Bands], Tensor] | None = None  # latents and their features
        self._sizes = [flat(bands).numel() for bands in self._exact]
        self._generator = torch.Generator(self._device).manual_seed(seed)
        self._weights = [
            weight.to(self._device).requires_grad_()
            for weight in first_weights(around.n_features, hidden, seed)
        ]

    def aim(self, exact: list[Bands]) -> None:
        """Take other latents than before, near to them, as those that are to be met."""
        self._exact, self._whole = exact, torch.cat([flat(bands) for bands in exact])

    def quantise(self, step: float, turns: int = TURNS) -> Quantised:
        """Latents for a step: the last turn's model, and the integers that it was made for."""
        exact = self._whole / step
        begun = self._last is not None
        chosen = self._first(exact, step)
        if begun:  # a model of another step serves as the first one
            chosen = self._choose(exact, chosen)
        for turn in range(turns):
            features = self._features(self._signed(chosen, exact))
            self._learn(features, chosen, "next" if begun or turn else "first")
            if turn < turns - 1:
                chosen = self._choose(exact, chosen, features)
        return self._result(step, exact, chosen, features)

    def requantise(self, step: float) -> Quantised:
        """Latents for a step near to the last one, with the model as it is."""
        exact = self._whole / step
        chosen = self._choose(exact, self._first(exact, step))
        return self._result(step, exact, chosen, self._features(self._signed(chosen, exact)))

    def _first(self, exact: Tensor, step: float) -> Tensor:
        """Magnitudes that a choice begins with."""
        if self._last is None:
            return exact.abs().add(1 - ZERO_BELOW).floor()
        return self._last.div(step).round()

    # ------------------------------------------------------------------ one turn

    def _error(self, value: Tensor) -> float:
        """Mean squared error of the field for latents of this value."""
        total = 0.0
        parts = (self._whole - value).split(self._sizes)
        for left, like in zip(parts, self._exact, strict=True):
            total += float(self._pyramid.planes(unflat(left, like)).square().sum())
        return total / len(self._whole)

    def _signed(self, magnitude: Tensor, exact: Tensor) -> list[Bands]:
        integers = (magnitude * exact.sign()).to(torch.int32)
        return [
            unflat(part, like)
            for part, like in zip(integers.split(self._sizes), self._exact, strict=True)
        ]

    def _features(self, groups: list[Bands]) -> Tensor:
        """Features (n, n_features), int8, of all latents, in their order.

        Those of the last ones are kept: a revision begins with what the one before ended with.
        """
        if self._seen is not None and _equal(groups, self._seen[0]):
            return self._seen[1]
        n_features = self._around.n_features
        table = torch.empty((len(self._whole), n_features), dtype=torch.int8, device=self._device)
        first = 0
        for bands in groups:
            for number, band in enumerate(bands):
                table[first : first + band.numel()] = self._around.every(bands, number)
                first += band.numel()
        self._seen = groups, table
        return table

    def _learn(self, features: Tensor, magnitude: Tensor, stage: str) -> None:
        """Teach the model the widths of these magnitudes."""
        loud = (features[:, :N_NEAR].amax(1) > QUIET) | (magnitude > 0)
        places = [torch.nonzero(loud)[:, 0], torch.nonzero(~loud)[:, 0]]
        if not len(places[0]):
            return
        shares = [round(BATCH * LOUD), round(BATCH * (1 - LOUD))]
        count, steps = len(magnitude), MODEL_STEPS[stage]

        def costs(*drawn: Tensor) -> Tensor:
            """Bits of what was drawn, each as often as it stands for others."""
            each = [
                bits(magnitude[at], self._width(features[at])) * (len(place) / len(at))
                for at, place in zip(drawn, places, strict=True)
                if len(at)  # unless all is loud
            ]
            return torch.cat(each) * (len(drawn[0]) / count)

        step = Step(costs, self._weights, self._device, "float32", betas=BETAS)
        peak = LEARNING_RATE if stage == "first" else LEARNING_RATE / 3
        for number in range(steps):
            loud_at, quiet_at = (self._drawn(*pair) for pair in zip(places, shares, strict=True))
            rate = peak * (0.02 + 0.49 * (1 + math.cos(math.pi * number / steps)))
            step((loud_at, quiet_at), rate)

    def _drawn(self, place: Tensor, share: int) -> Tensor:
        """So many of these places, or none of none."""
        if not len(place):
            return place
        drawn = torch.randint(len(place), (share,), generator=self._generator, device=self._device)
        return place[drawn]

    def _width(self, features: Tensor) -> Tensor:
        return widths(self._weights, features.float() / FEATURE_UNIT)

    @torch.no_grad()
    def _choose(self, exact: Tensor, now: Tensor, features: Tensor | None = None) -> Tensor:
        """The magnitudes of least cost among the two nearest and zero."""
        if features is None:
            features = self._features(self._signed(now, exact))
        chosen = torch.zeros_like(now)
        for places in torch.nonzero(exact.abs() >= 0.5)[:, 0].split(AT_ONCE):  # few: others are 0
            magnitude, width = exact[places].abs(), self._width(features[places])
            nearest = torch.floor(magnitude + 0.5)
            candidates = torch.stack([nearest, nearest - 1, torch.zeros_like(nearest)])
            costs = [(magnitude - one).square() + SLOPE * bits(one, width) for one in candidates]
            least = torch.stack(costs).argmin(0, keepdim=True)
            chosen[places] = candidates.gather(0, least)[0]
        return chosen

    @torch.no_grad()
    def _result(self, step: float, exact: Tensor, chosen: Tensor, features: Tensor) -> Quantised:
        total = 0.0
        for part in _runs(len(chosen)):
            cost = bits(chosen[part], self._width(features[part]))
            total += float(cost.sum(dtype=torch.float64))
        off = exact.abs() - chosen
        ones, more = (off[which] for which in (chosen == 1, chosen > 1))
        first, further = (round(float(o.mean()), 2) if len(o) else 0.0 for o in (ones, more))
        groups, shifts = self._signed(chosen, exact), (first, further)
        self._last = chosen * step
        value = torch.cat([flat(restored(bands, step, shifts)) for bands in groups])
        return Quantised(
            groups,
            step,
            shifts,
            ScaleNet.of(self._weights),
            total,
            float(value.square().mean()),
            self._error(value),
        )


def _equal(groups: list[Bands], others: list[Bands]) -> bool:
    return all(
        torch.equal(band, other)
        for pair in zip(groups, others, strict=True)
        for band, other in zip(*pair, strict=True)
    )


def _runs(size: int) -> Iterator[slice]:
    for first in range(0, size, AT_ONCE):
        yield slice(first, min(first + AT_ONCE, size))
