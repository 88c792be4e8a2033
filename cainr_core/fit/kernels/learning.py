"""A step of Adam for many networks in one kernel, from sums of gradients to what products take."""

from __future__ import annotations

import triton
import triton.language as tl

LARGEST = tl.constexpr(32767.0)  # integer that a rounded weight may take, as in `codec.quantize`


@triton.jit(do_not_specialize=["number", "depth"])
def learn(
    weights, mean, square, sizes, size, sums, sums_size,
    rate, count, number, omega, depth,
    first, hidden, backward, first_waves, bias, last,
    WIDTH: tl.constexpr, INPUTS: tl.constexpr, FEATURES: tl.constexpr,
    COPIES: tl.constexpr, BLOCK: tl.constexpr, UPDATE: tl.constexpr,
):  # fmt: skip
    """One step of Adam (Kingma and Ba 2015) where UPDATE, and the weights as `network` takes them.

    `weights`, `mean`, `square` (networks, size) float32 in the order of the sums of gradients;
    `sizes` (networks, size): what each weight is rounded to, 0 for not at all, for products only
    (gradients pass straight through); below 0 where a network has no weight, which stays zero
    whatever its gradient. `rate` (steps, networks): learning rates of the steps of a
    run, of which this is the `number`th; `count` (networks,): steps taken before the run. Leaves
    zeros in `sums` (networks, COPIES, sums_size) for the next step.
    """
    network = tl.program_id(0)
    place = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    inside = place < size
    at = network.to(tl.int64) * size + place
    weight = tl.load(weights + at, mask=inside, other=0.0)
    grid = tl.load(sizes + at, mask=inside, other=-1.0)
    HIDDEN: tl.constexpr = WIDTH * INPUTS
    to_waves = HIDDEN + (depth - 1) * WIDTH * WIDTH
    to_bias = to_waves + 2 * WIDTH * FEATURES
    to_last = to_bias + depth * WIDTH
    factor = tl.where(place < to_last, omega, 1.0)
    if UPDATE:
        copy = (network * COPIES + tl.arange(0, COPIES)).to(tl.int64)
        each = sums + copy[:, None] * sums_size + place[None, :]
        gradient = tl.sum(tl.load(each, mask=inside[None, :], other=0.0), 0) * factor
        gradient = tl.where(grid < 0, 0.0, gradient)
        tl.store(each, tl.zeros((COPIES, BLOCK), tl.float32), mask=inside[None, :])
        steps = (tl.load(count + network) + number + 1).to(tl.float32)
        first_moment = tl.load(mean + at, mask=inside, other=0.0)
        second_moment = tl.load(square + at, mask=inside, other=0.0)
        first_moment += 0.1 * (gradient - first_moment)
        second_moment += 0.001 * (gradient * gradient - second_moment)
        tl.store(mean + at, first_moment, mask=inside)
        tl.store(square + at, second_moment, mask=inside)
        # 1 - 0.9^t and 1 - 0.999^t: means of so few steps
        known = 1.0 - tl.exp(steps * -0.10536051565782628)
        known_square = 1.0 - tl.exp(steps * -0.0010005003335835335)
        scale = tl.sqrt(second_moment / known_square) + 1e-8
        step = tl.load(rate + number * tl.num_programs(0) + network)
        weight -= step * (first_moment / known) / scale
        tl.store(weights + at, weight, mask=inside)
    whole = tl.floor(weight / tl.where(grid > 0, grid, 1.0) + 0.5)
    whole = tl.minimum(tl.maximum(whole, -LARGEST), LARGEST)
    used = tl.where(grid > 0, whole * grid, weight) * factor
    rounded = used.to(first.dtype.element_ty)
    own = first + network * 2 * HIDDEN + place
    tl.store(own, rounded, mask=place < HIDDEN)
    rest = (used - rounded.to(tl.float32)).to(first.dtype.element_ty)
    tl.store(own + HIDDEN, rest, mask=place < HIDDEN)
    in_hidden = (place >= HIDDEN) & (place < to_waves)
    own = network * (to_waves - HIDDEN) + place - HIDDEN
    tl.store(hidden + own, used.to(hidden.dtype.element_ty), mask=in_hidden)
    tl.store(backward + own, used.to(backward.dtype.element_ty), mask=in_hidden)
    if FEATURES > 0:
        own = first_waves + network * (to_bias - to_waves) + place - to_waves
        tl.store(
            own, used.to(first_waves.dtype.element_ty), mask=(place >= to_waves) & (place < to_bias)
        )
    own = bias + network * (to_last - to_bias) + place - to_bias
    tl.store(own, used, mask=(place >= to_bias) & (place < to_last))
    own = last + network * (size - to_last) + place - to_last
    tl.store(own, used, mask=inside & (place >= to_last))
