"""The gradient of narrow networks' misfit in one kernel: forward, loss, backward, all weights.

A program takes a tile of points through all layers of one network and back. What a layer needs on
the way back is kept in 16 bits a unit, in a scratch of the program's own: for sines the phase as a
fraction of a turn, from which sine and cosine come back as precise as the products can tell (and
not the sine itself, whose cosine has lost its sign). Products have float32 sums; their factors are
float16 on the way up, where numbers are near 1, and bfloat16 on the way back, where they are of any
size; inputs and first weights are two float16 each, since the first phases turn fastest.

Weights of sine layers come multiplied by omega, so that sums of a layer are phases in radians;
their gradients are by these, and `learning` multiplies them by omega again.

Layers are a loop and not unrolled: unrolled, a network of depth 10 no longer fits into the
instruction cache.
"""

from __future__ import annotations

import triton
import triton.language as tl

from cainr_core.fit.kernels.layer import (
    first_sum,
    half_of,
    inputs_at,
    keep,
    kept_of,
    layer_output,
    output_and_slope,
    places,
    recall,
    waves_at,
)


@triton.jit
def _down_a_layer(
    layer, kept, down, backward, slopes, to_hidden, to_bias, mine, own, per_omega, depth,
    KIND: tl.constexpr, WIDTH: tl.constexpr, TILE: tl.constexpr,
    NATIVE: tl.constexpr,
):  # fmt: skip
    """Gradients of a layer's matrix and bias; those by the sums of the layer below, and what was
    kept of the layer below that."""
    unit = tl.arange(0, WIDTH)
    TYPE: tl.constexpr = backward.dtype.element_ty
    matrix = tl.load(backward + (layer - 1) * WIDTH * WIDTH + unit[:, None] * WIDTH + unit[None, :])
    size = kept
    if KIND == 1:
        size = recall(mine + (depth + layer - 1) * TILE * WIDTH + own, kept, NATIVE)
    # begun now, as memory is far: the last one's is not used
    next = recall(mine + tl.maximum(layer - 2, 0) * TILE * WIDTH + own, kept, NATIVE)
    output, slope = output_and_slope(kept, size, KIND, per_omega, NATIVE)
    coarse = down.to(TYPE)
    of_matrix = tl.dot(tl.trans(coarse), output.to(TYPE))
    if NATIVE:  # by the copy engine: threads that add one by one take twice as long
        slopes.atomic_add([(layer - 1) * WIDTH, 0], of_matrix)
    else:
        place = (layer - 1) * WIDTH * WIDTH + unit[:, None] * WIDTH + unit[None, :]
        tl.atomic_add(to_hidden + place, of_matrix)
    # a product with ones sums over points without shuffling between threads
    ones = tl.full((TILE, 16), 0.0625, TYPE)
    of_bias = tl.sum(tl.dot(tl.trans(coarse), ones), 1)
    tl.atomic_add(to_bias + layer * WIDTH + unit, of_bias, sem="relaxed")
    return tl.dot(coarse, matrix) * slope, next


@triton.jit(do_not_specialize=["depth"])
def gradient(
    points, n_points, share,
    cells, n_static, times, n_moment, tables, n_cells, rows, parts, slots, target,
    first, hidden, backward, waves, first_waves, bias, last, per_omega, depth,
    scratch, sums, sums_size, copies, per_network,
    KIND: tl.constexpr, WIDTH: tl.constexpr, MOVING: tl.constexpr,
    TILE: tl.constexpr, INPUTS: tl.constexpr, FEATURES: tl.constexpr, NATIVE: tl.constexpr,
):  # fmt: skip
    """Adds the gradients of networks over the same points to their `sums`.

    Of the programs, `per_network` following ones work on one network. `points` (n_points,) int32:
    time x n_cells + cell. `share`: 2 / number of points of the mean. `waves` (INPUTS, FEATURES)
    float32: what a network is given besides are their sines and cosines, with weights `first_waves`
    (networks, 2, WIDTH, FEATURES); none where FEATURES is 0.
    `first` (networks, 2, WIDTH, INPUTS), the weights and what rounding has taken from them, and
    `hidden` (networks, depth - 1, WIDTH, WIDTH), of the type that products take on the way up;
    `backward`, the same matrices as they are taken on the way back; `bias` (networks, depth, WIDTH)
    and `last` (networks, WIDTH + INPUTS + 1) float32; `slots` (networks, 3, INPUTS).
    All weights zero beyond the network's own.
    `sums` (networks, copies, sums_size): gradients in the order first, hidden, first_waves, bias,
    last, and the sum of squared errors. `target`: NaN where a value is missing, which then has no
    error.
    """
    network, program = tl.program_id(0) // per_network, tl.program_id(0) % per_network
    unit, inner, row = tl.arange(0, WIDTH), tl.arange(0, INPUTS), tl.arange(0, TILE)
    KEPT: tl.constexpr = 2 if KIND == 1 else 1
    TYPE: tl.constexpr = hidden.dtype.element_ty
    DOWN: tl.constexpr = backward.dtype.element_ty
    mine = scratch + tl.program_id(0).to(tl.int64) * (KEPT * depth * TILE * WIDTH)
    own = places(TILE, WIDTH)
    slots += network * 3 * INPUTS
    first += network * 2 * WIDTH * INPUTS
    hidden += network * (depth - 1) * WIDTH * WIDTH
    backward += network * (depth - 1) * WIDTH * WIDTH
    first_waves += network * 2 * WIDTH * FEATURES
    bias += network * depth * WIDTH
    last += network * (WIDTH + INPUTS + 1)
    to_first = sums + (network * copies + program % copies).to(tl.int64) * sums_size
    to_hidden = to_first + WIDTH * INPUTS
    to_waves = to_hidden + (depth - 1) * WIDTH * WIDTH
    to_bias = to_waves + 2 * WIDTH * FEATURES
    to_last = to_bias + depth * WIDTH
    slopes = to_hidden
    if NATIVE:
        slopes = tl.make_tensor_descriptor(
            to_hidden,
            shape=[(depth - 1) * WIDTH, WIDTH], strides=[WIDTH, 1], block_shape=[WIDTH, WIDTH],
        )  # fmt: skip
    sum_first = tl.zeros((WIDTH, INPUTS), tl.float32)
    sum_last = tl.zeros((WIDTH,), tl.float32)
    # over points only at the end
    sum_inputs = tl.zeros((TILE, INPUTS), tl.float32)
    sum_out, total = tl.zeros((TILE,), tl.float32), tl.zeros((TILE,), tl.float32)
    # what is the same for all tiles would be held in registers, which are dear
    for tile in tl.range(program, tl.cdiv(n_points, TILE), per_network, disable_licm=True):
        number = tile * TILE + row
        inside = number < n_points
        point = tl.load(points + number, mask=inside, other=0)
        time = point // n_cells
        cell = point - time * n_cells
        x = inputs_at(
            time, cell, inside, cells, n_static, times, n_moment, tables, n_cells, rows, parts,
            slots, MOVING, INPUTS,
        )  # fmt: skip
        u = first_sum(x, first, waves, first_waves, bias, WIDTH, INPUTS, FEATURES, NATIVE)
        for layer in range(1, depth):
            matrix = tl.load(
                hidden + (layer - 1) * WIDTH * WIDTH + unit[:, None] * WIDTH + unit[None, :]
            )
            of_bias = tl.load(bias + layer * WIDTH + unit)
            keep(mine + (layer - 1) * TILE * WIDTH + own, kept_of(u, KIND, per_omega), NATIVE)
            if KIND == 1:
                place = mine + (depth + layer - 1) * TILE * WIDTH + own
                keep(place, half_of(tl.abs(u)), NATIVE)
            h = layer_output(u, KIND, per_omega, NATIVE).to(TYPE)
            u = tl.dot(h, tl.trans(matrix), tl.broadcast_to(of_bias[None, :], (TILE, WIDTH)))

        kept, size = kept_of(u, KIND, per_omega), half_of(tl.abs(u))
        h, slope = output_and_slope(kept, size, KIND, per_omega, NATIVE)
        last_hidden, last_inputs = tl.load(last + unit), tl.load(last + WIDTH + inner)
        out = tl.sum(h * last_hidden[None, :], 1) + tl.sum(x * last_inputs[None, :], 1)
        out += tl.load(last + WIDTH + INPUTS)
        wanted = tl.load(target + point, mask=inside, other=float("nan"))
        error = tl.where(wanted == wanted, out - wanted, 0.0)
        total += error * error
        g = error * share
        sum_last += tl.sum(g[:, None] * h, 0)
        sum_inputs += g[:, None] * x
        sum_out += g
        down = g[:, None] * last_hidden[None, :] * slope
        tl.debug_barrier()  # what other threads have kept is read from here on

        kept = recall(mine + tl.maximum(depth - 2, 0) * TILE * WIDTH + own, kept, NATIVE)
        for back in range(1, depth):
            down, kept = _down_a_layer(
                depth - back, kept, down, backward, slopes, to_hidden, to_bias, mine, own,
                per_omega, depth, KIND, WIDTH, TILE, NATIVE,
            )  # fmt: skip

        turned = tl.trans(down.to(DOWN))
        ones = tl.full((TILE, 16), 0.0625, DOWN)
        tl.atomic_add(to_bias + unit, tl.sum(tl.dot(turned, ones), 1), sem="relaxed")
        sum_first = tl.dot(turned, x.to(DOWN), sum_first)
        if FEATURES > 0:
            wide = unit[:, None] * FEATURES + tl.arange(0, FEATURES)[None, :]
            for part in tl.static_range(2):
                seen = waves_at(x, waves, part, FEATURES, INPUTS, NATIVE).to(DOWN)
                place = to_waves + part * WIDTH * FEATURES + wide
                tl.atomic_add(place, tl.dot(turned, seen), sem="relaxed")
        tl.debug_barrier()  # before the next tile writes where this one still reads
    tl.atomic_add(to_first + unit[:, None] * INPUTS + inner[None, :], sum_first, sem="relaxed")
    tl.atomic_add(to_last + unit, sum_last, sem="relaxed")
    tl.atomic_add(to_last + WIDTH + inner, tl.sum(sum_inputs, 0), sem="relaxed")
    tl.atomic_add(to_last + WIDTH + INPUTS, tl.sum(sum_out), sem="relaxed")
    tl.atomic_add(to_last + WIDTH + INPUTS + 1, tl.sum(total), sem="relaxed")


@triton.jit(do_not_specialize=["depth"])
def outputs(
    points, n_points, values,
    cells, n_static, times, n_moment, tables, n_cells, rows, parts, slots,
    first, hidden, waves, first_waves, bias, last, per_omega, depth, per_network,
    KIND: tl.constexpr, WIDTH: tl.constexpr, MOVING: tl.constexpr,
    TILE: tl.constexpr, INPUTS: tl.constexpr, FEATURES: tl.constexpr, NATIVE: tl.constexpr,
    LISTED: tl.constexpr,
):  # fmt: skip
    """Outputs of networks into `values` (networks, n_points) float32; as `gradient`.

    `points`: int32 points where LISTED, else one number, the first of following points.
    """
    network, program = tl.program_id(0) // per_network, tl.program_id(0) % per_network
    unit, inner, row = tl.arange(0, WIDTH), tl.arange(0, INPUTS), tl.arange(0, TILE)
    TYPE: tl.constexpr = hidden.dtype.element_ty
    slots += network * 3 * INPUTS
    first += network * 2 * WIDTH * INPUTS
    hidden += network * (depth - 1) * WIDTH * WIDTH
    first_waves += network * 2 * WIDTH * FEATURES
    bias += network * depth * WIDTH
    last += network * (WIDTH + INPUTS + 1)
    for tile in tl.range(program, tl.cdiv(n_points, TILE), per_network, disable_licm=True):
        number = tile * TILE + row
        inside = number < n_points
        if LISTED:  # noqa: SIM108 (one branch only is compiled)
            point = tl.load(points + number, mask=inside, other=0)
        else:
            point = points + number
        time = point // n_cells
        cell = point - time * n_cells
        x = inputs_at(
            time, cell, inside, cells, n_static, times, n_moment, tables, n_cells, rows, parts,
            slots, MOVING, INPUTS,
        )  # fmt: skip
        u = first_sum(x, first, waves, first_waves, bias, WIDTH, INPUTS, FEATURES, NATIVE)
        for layer in range(1, depth):
            matrix = tl.load(
                hidden + (layer - 1) * WIDTH * WIDTH + unit[:, None] * WIDTH + unit[None, :]
            )
            of_bias = tl.load(bias + layer * WIDTH + unit)
            h = layer_output(u, KIND, per_omega, NATIVE).to(TYPE)
            u = tl.dot(h, tl.trans(matrix), tl.broadcast_to(of_bias[None, :], (TILE, WIDTH)))
        h = layer_output(u, KIND, per_omega, NATIVE)
        last_hidden, last_inputs = tl.load(last + unit), tl.load(last + WIDTH + inner)
        out = tl.sum(h * last_hidden[None, :], 1) + tl.sum(x * last_inputs[None, :], 1)
        out += tl.load(last + WIDTH + INPUTS)
        tl.store(values + network.to(tl.int64) * n_points + number, out, mask=inside)
