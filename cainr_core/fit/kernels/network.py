"""The gradient of narrow networks' misfit in one kernel: forward, loss, backward, all weights.

A program takes a tile of points through all layers of one network and back. What a layer needs on
the way back is kept in 16 bits a unit, in a scratch of the program's own: for sines the phase as a
fraction of a turn, from which sine and cosine come back as precise as the products can tell (and
not the sine itself, whose cosine has lost its sign). Products have float32 sums; their factors are
float16 on the way up, where numbers are near 1, and bfloat16 on the way back, where they are of any
size; inputs and first weights are two float16 each, since the first phases turn fastest.

Weights of sine layers come multiplied by omega, so that sums of a layer are phases in radians;
their gradients are by these, and `learning` multiplies them by omega again.

The units of a layer are HEAD and TAIL, powers of two of which the second may be 0: a tuple holds
what is computed of the one and of the other. Layers are a loop and not unrolled: unrolled, a
network of depth 10 no longer fits into the instruction cache.
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
    output_of,
    recall,
    slope_of,
    waves_at,
)


@triton.jit
def _units(part: tl.constexpr, HEAD: tl.constexpr, TAIL: tl.constexpr):
    """Numbers of the units of a part of a layer."""
    if part == 0:
        return tl.arange(0, HEAD)
    else:  # one branch only is compiled
        return tl.arange(0, TAIL) + HEAD


@triton.jit
def _block(matrix, row: tl.constexpr, column: tl.constexpr, HEAD: tl.constexpr, TAIL: tl.constexpr):
    """What leads from a part of a layer's inputs to a part of its units, (units, inputs)."""
    units, inputs = _units(row, HEAD, TAIL), _units(column, HEAD, TAIL)
    return tl.load(matrix + units[:, None] * (HEAD + TAIL) + inputs[None, :])


@triton.jit
def _up_a_layer(h, matrix, bias, HEAD: tl.constexpr, TAIL: tl.constexpr):
    """Sums of a layer from the outputs of that below."""
    sums = ()
    for part in tl.static_range(len(h)):
        of_bias = tl.load(bias + _units(part, HEAD, TAIL))
        u = tl.broadcast_to(of_bias[None, :], (h[0].shape[0], of_bias.shape[0]))
        for below in tl.static_range(len(h)):
            u = tl.dot(h[below], tl.trans(_block(matrix, part, below, HEAD, TAIL)), u)
        sums = sums + (u,)
    return sums


@triton.jit
def _outputs_of(u, TYPE: tl.constexpr, KIND: tl.constexpr, per_omega, NATIVE: tl.constexpr):
    """Outputs of a layer as the next product takes them, from its sums."""
    h = ()
    for part in tl.static_range(len(u)):
        h = h + (layer_output(u[part], KIND, per_omega, NATIVE).to(TYPE),)
    return h


@triton.jit
def _add_over_points(address, unit, down, TILE: tl.constexpr):
    """Add the sums over points of (TILE, units) at each unit: a product with ones does without
    shuffling between threads."""
    ones = tl.full((TILE, 16), 0.0625, down.dtype)
    sums = tl.sum(tl.dot(tl.trans(down), ones), 1)
    tl.atomic_add(address + unit, sums, sem="relaxed")


@triton.jit
def _down_a_layer(
    down, matrix, slopes, to_matrix, row, to_bias, mine, sizes, per_omega,
    KIND: tl.constexpr, HEAD: tl.constexpr, TAIL: tl.constexpr, TILE: tl.constexpr,
    NATIVE: tl.constexpr,
):  # fmt: skip
    """Add a layer's gradients by its matrix and bias; those by the sums of the layer below.

    `down`: by the layer's own sums, of the type that products take; `slopes`: descriptors of the
    blocks of all matrices' sums, in which this one begins at `row`; `mine`: what is kept below.
    """
    lower = ()
    for below in tl.static_range(len(down)):
        unit = _units(below, HEAD, TAIL)
        kept = recall(mine + below * TILE * HEAD, TILE, HEAD if below == 0 else TAIL, NATIVE)
        size = kept
        if KIND == 1:
            size = recall(sizes + below * TILE * HEAD, TILE, kept.shape[1], NATIVE)
        output = output_of(kept, KIND, NATIVE).to(down[0].dtype)
        by_output = tl.zeros(kept.shape, tl.float32)
        for part in tl.static_range(len(down)):
            if part > below:  # a warp takes 16 rows, and wants all units of the head as these
                of_matrix = tl.trans(tl.dot(tl.trans(output), down[part]))
            else:
                of_matrix = tl.dot(tl.trans(down[part]), output)
            if NATIVE:  # by the copy engine: threads that add one by one take twice as long
                place = slopes[part * len(down) + below]
                place.atomic_add([row + part * HEAD, below * HEAD], of_matrix)
            else:
                rows = _units(part, HEAD, TAIL)[:, None] * (HEAD + TAIL)
                tl.atomic_add(to_matrix + rows + unit[None, :], of_matrix)
            if below == 0:
                _add_over_points(to_bias, _units(part, HEAD, TAIL), down[part], TILE)
            by_output = tl.dot(down[part], _block(matrix, part, below, HEAD, TAIL), by_output)
        slope = slope_of(kept, size, KIND, per_omega, NATIVE)
        lower = lower + ((by_output * slope).to(down[0].dtype),)
    return lower


@triton.jit
def _begin(
    point, inside, cells, n_static, times, n_moment, tables, n_cells, rows, parts, slots,
    first, waves, first_waves, bias,
    HEAD: tl.constexpr, TAIL: tl.constexpr, MOVING: tl.constexpr, INPUTS: tl.constexpr,
    FEATURES: tl.constexpr, NATIVE: tl.constexpr,
):  # fmt: skip
    """Inputs of the network at points (n,), and the sums of its first layer."""
    time = point // n_cells
    x = inputs_at(
        time, point - time * n_cells, inside, cells, n_static, times, n_moment, tables, n_cells,
        rows, parts, slots, MOVING, INPUTS, NATIVE,
    )  # fmt: skip
    u = ()
    for part in tl.static_range(1 if TAIL == 0 else 2):
        unit = _units(part, HEAD, TAIL)
        own = first_sum(
            x, first, waves, first_waves, bias, unit, HEAD + TAIL, INPUTS, FEATURES, NATIVE
        )
        u = u + (own,)
    return x, u


@triton.jit(do_not_specialize=["depth"])
def gradient(
    points, n_points, share,
    cells, n_static, times, n_moment, tables, n_cells, rows, parts, slots, target,
    first, hidden, backward, waves, first_waves, bias, last, per_omega, depth,
    scratch, sums, sums_size, copies, per_network,
    KIND: tl.constexpr, HEAD: tl.constexpr, TAIL: tl.constexpr, MOVING: tl.constexpr,
    TILE: tl.constexpr, INPUTS: tl.constexpr, FEATURES: tl.constexpr, NATIVE: tl.constexpr,
):  # fmt: skip
    """Adds the gradients of networks over the same points to their `sums`.

    Of the programs, `per_network` following ones work on one network. `points` (n_points,) int32:
    time x n_cells + cell. `share`: 2 / number of points of the mean. `waves` (INPUTS, FEATURES)
    float32: what a network is given besides are their sines and cosines, with weights `first_waves`
    (networks, 2, WIDTH, FEATURES), where WIDTH is HEAD + TAIL; none where FEATURES is 0.
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
    WIDTH: tl.constexpr = HEAD + TAIL
    PARTS: tl.constexpr = 1 if TAIL == 0 else 2
    KEPT: tl.constexpr = 2 if KIND == 1 else 1
    TYPE: tl.constexpr = hidden.dtype.element_ty
    DOWN: tl.constexpr = backward.dtype.element_ty
    inner, row = tl.arange(0, INPUTS), tl.arange(0, TILE)
    mine = scratch + tl.program_id(0).to(tl.int64) * (KEPT * depth * TILE * WIDTH)
    sizes = mine + depth * TILE * WIDTH
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
    slopes, sum_first, sum_last = (), (), ()
    for part in tl.static_range(PARTS):
        sum_first = sum_first + (tl.zeros((HEAD if part == 0 else TAIL, INPUTS), tl.float32),)
        sum_last = sum_last + (tl.zeros((HEAD if part == 0 else TAIL, 16), tl.float32),)
        if NATIVE:
            for below in tl.static_range(PARTS):
                block = tl.make_tensor_descriptor(
                    to_hidden, shape=[(depth - 1) * WIDTH, WIDTH], strides=[WIDTH, 1],
                    block_shape=[HEAD if part == 0 else TAIL, HEAD if below == 0 else TAIL],
                )  # fmt: skip
                slopes = slopes + (block,)
    # over points only at the end
    sum_inputs = tl.zeros((TILE, INPUTS), tl.float32)
    sum_out, total = tl.zeros((TILE,), tl.float32), tl.zeros((TILE,), tl.float32)
    # what is the same for all tiles would be held in registers, which are dear
    for tile in tl.range(program, tl.cdiv(n_points, TILE), per_network, disable_licm=True):
        number = tile * TILE + row
        inside = number < n_points
        point = tl.load(points + number, mask=inside, other=0)
        x, u = _begin(
            point, inside, cells, n_static, times, n_moment, tables, n_cells, rows, parts, slots,
            first, waves, first_waves, bias, HEAD, TAIL, MOVING, INPUTS, FEATURES, NATIVE,
        )  # fmt: skip
        for layer in range(1, depth):
            kept_at = (layer - 1) * TILE * WIDTH
            for part in tl.static_range(PARTS):
                own = kept_at + part * TILE * HEAD
                keep(mine + own, kept_of(u[part], KIND, per_omega))
                if KIND == 1:
                    keep(sizes + own, half_of(tl.abs(u[part])))
            h = _outputs_of(u, TYPE, KIND, per_omega, NATIVE)
            matrix = hidden + (layer - 1) * WIDTH * WIDTH
            u = _up_a_layer(h, matrix, bias + layer * WIDTH, HEAD, TAIL)

        last_inputs = tl.load(last + WIDTH + inner)
        out = tl.sum(x * last_inputs[None, :], 1) + tl.load(last + WIDTH + INPUTS)
        for part in tl.static_range(PARTS):
            h = output_of(kept_of(u[part], KIND, per_omega), KIND, NATIVE)
            out += tl.sum(h * tl.load(last + _units(part, HEAD, TAIL))[None, :], 1)
        wanted = tl.load(target + point, mask=inside, other=float("nan"))
        error = tl.where(wanted == wanted, out - wanted, 0.0)
        total += error * error
        g = error * share
        sum_inputs += g[:, None] * x
        sum_out += g
        down, by_last = (), ()
        for part in tl.static_range(PARTS):
            kept, size = kept_of(u[part], KIND, per_omega), half_of(tl.abs(u[part]))
            h = output_of(kept, KIND, NATIVE)
            if FEATURES > 0:
                # The product came out wrong in the first launch of a process behind waves, at 64
                # units and more (Triton 3.6, H100); sums through shuffles take 5 percent longer.
                of_tile = tl.sum(h * g[:, None], 0)
                by_last = by_last + (sum_last[part] + of_tile[:, None] * 0.0625,)
            else:
                columns = tl.broadcast_to(g[:, None] * 0.0625, (TILE, 16)).to(DOWN)
                by_last = by_last + (tl.dot(tl.trans(h.to(DOWN)), columns, sum_last[part]),)
            slope = slope_of(kept, size, KIND, per_omega, NATIVE)
            by_output = g[:, None] * tl.load(last + _units(part, HEAD, TAIL))[None, :]
            down = down + ((by_output * slope).to(DOWN),)
        sum_last = by_last
        tl.debug_barrier()  # what other threads have kept is read from here on

        for back in range(1, depth):
            layer = depth - back
            start, kept_at = (layer - 1) * WIDTH * WIDTH, (layer - 1) * TILE * WIDTH
            down = _down_a_layer(
                down, backward + start, slopes, to_hidden + start, (layer - 1) * WIDTH,
                to_bias + layer * WIDTH, mine + kept_at, sizes + kept_at, per_omega,
                KIND, HEAD, TAIL, TILE, NATIVE,
            )  # fmt: skip

        by_first = ()
        for part in tl.static_range(PARTS):
            unit, turned = _units(part, HEAD, TAIL), tl.trans(down[part])
            _add_over_points(to_bias, unit, down[part], TILE)
            by_first = by_first + (tl.dot(turned, x.to(DOWN), sum_first[part]),)
            if FEATURES > 0:
                wide = unit[:, None] * FEATURES + tl.arange(0, FEATURES)[None, :]
                for side in tl.static_range(2):
                    seen = waves_at(x, waves, side, FEATURES, INPUTS, NATIVE).to(DOWN)
                    place = to_waves + side * WIDTH * FEATURES + wide
                    tl.atomic_add(place, tl.dot(turned, seen), sem="relaxed")
        sum_first = by_first
        tl.debug_barrier()  # before the next tile writes where this one still reads
    for part in tl.static_range(PARTS):
        unit = _units(part, HEAD, TAIL)
        place = to_first + unit[:, None] * INPUTS + inner[None, :]
        tl.atomic_add(place, sum_first[part], sem="relaxed")
        tl.atomic_add(to_last + unit, tl.sum(sum_last[part], 1), sem="relaxed")
    tl.atomic_add(to_last + WIDTH + inner, tl.sum(sum_inputs, 0), sem="relaxed")
    tl.atomic_add(to_last + WIDTH + INPUTS, tl.sum(sum_out), sem="relaxed")
    tl.atomic_add(to_last + WIDTH + INPUTS + 1, tl.sum(total), sem="relaxed")


@triton.jit(do_not_specialize=["depth"])
def outputs(
    points, n_points, values,
    cells, n_static, times, n_moment, tables, n_cells, rows, parts, slots,
    first, hidden, waves, first_waves, bias, last, per_omega, depth, per_network,
    KIND: tl.constexpr, HEAD: tl.constexpr, TAIL: tl.constexpr, MOVING: tl.constexpr,
    TILE: tl.constexpr, INPUTS: tl.constexpr, FEATURES: tl.constexpr, NATIVE: tl.constexpr,
    LISTED: tl.constexpr,
):  # fmt: skip
    """Outputs of networks into `values` (networks, n_points) float32; as `gradient`.

    `points`: int32 points where LISTED, else one number, the first of following points.
    """
    network, program = tl.program_id(0) // per_network, tl.program_id(0) % per_network
    WIDTH: tl.constexpr = HEAD + TAIL
    TYPE: tl.constexpr = hidden.dtype.element_ty
    inner, row = tl.arange(0, INPUTS), tl.arange(0, TILE)
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
        x, u = _begin(
            point, inside, cells, n_static, times, n_moment, tables, n_cells, rows, parts, slots,
            first, waves, first_waves, bias, HEAD, TAIL, MOVING, INPUTS, FEATURES, NATIVE,
        )  # fmt: skip
        for layer in range(1, depth):
            h = _outputs_of(u, TYPE, KIND, per_omega, NATIVE)
            matrix = hidden + (layer - 1) * WIDTH * WIDTH
            u = _up_a_layer(h, matrix, bias + layer * WIDTH, HEAD, TAIL)
        last_inputs = tl.load(last + WIDTH + inner)
        out = tl.sum(x * last_inputs[None, :], 1) + tl.load(last + WIDTH + INPUTS)
        for part in tl.static_range(len(u)):
            h = layer_output(u[part], KIND, per_omega, NATIVE)
            out += tl.sum(h * tl.load(last + _units(part, HEAD, TAIL))[None, :], 1)
        tl.store(values + network.to(tl.int64) * n_points + number, out, mask=inside)
