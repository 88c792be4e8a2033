"""The gradient of a narrow network's misfit in one kernel: forward, loss, backward, all weights.

A program takes a tile of points through all layers and back. What a layer needs on the way back is
kept in 16 bits a unit, in a scratch of the program's own that stays in the L2 cache: for sines the
phase as a fraction of a turn, from which sine and cosine come back as precise as bfloat16 can tell
(and not the sine itself, whose cosine has lost its sign). Products are bfloat16 with float32 sums;
the first layer, whose phases turn fastest, is float32.

Sines are polynomials of the reduced phase: omega x u is reduced in float32 to [-1/2, 1/2) turns,
and the error that is left, 7e-6, is far below a bfloat16's.
"""

from __future__ import annotations

import triton
import triton.language as tl

SINE, FINER, RELU, GELU = 0, 1, 2, 3
INPUTS = 16  # of the first product: what a network is given, filled with zeros


@triton.jit
def _sine(turns):
    """sin(2 pi turns), of phases of any size."""
    t = turns - tl.floor(turns + 0.5)
    s = t * t
    p = 25.13216911 + s * (-64.79273855 + s * (66.23887593 + s * -32.60916783))
    return t * (0.25 - s) * p


@triton.jit
def _normal(u):
    """Distribution function of the standard normal distribution."""
    return 0.5 * (1.0 + tl.erf(u * 0.7071067811865476))


@triton.jit
def _kept(u, KIND: tl.constexpr, per_turn):
    """What is kept of a layer, int16 in two parts: its phase, and, for FINER, |u|."""
    if KIND == 0 or KIND == 1:
        size = tl.abs(u)
        turns = u * per_turn
        if KIND == 1:
            turns = turns * (size + 1.0)
        turns = turns - tl.floor(turns + 0.5)
        phase = tl.floor(turns * 65536.0).to(tl.int32).to(tl.int16)
        return phase, size.to(tl.bfloat16).to(tl.int16, bitcast=True)
    plain = u.to(tl.bfloat16).to(tl.int16, bitcast=True)
    return plain, plain


@triton.jit
def _output(kept, KIND: tl.constexpr):
    """Output of a layer from what was kept of it."""
    if KIND == 0 or KIND == 1:
        return _sine((kept.to(tl.float32) + 0.5) * (1.0 / 65536.0))
    u = kept.to(tl.bfloat16, bitcast=True).to(tl.float32)
    if KIND == 2:
        return tl.maximum(u, 0.0)
    return u * _normal(u)


@triton.jit
def _on(u, kept, KIND: tl.constexpr):
    """Output of a layer on the way up, where its sum is at hand."""
    if KIND == 2:
        return tl.maximum(u, 0.0)
    if KIND == 3:
        return u * _normal(u)
    return _output(kept, KIND)


@triton.jit
def _slope(kept, size, KIND: tl.constexpr, omega):
    """Derivative of a layer's output by its sum."""
    if KIND == 0 or KIND == 1:
        cosine = _sine((kept.to(tl.float32) + 0.5) * (1.0 / 65536.0) + 0.25) * omega
        if KIND == 1:  # |u| counts as a constant (Liu et al. 2024)
            cosine = cosine * (size.to(tl.bfloat16, bitcast=True).to(tl.float32) + 1.0)
        return cosine
    u = kept.to(tl.bfloat16, bitcast=True).to(tl.float32)
    if KIND == 2:
        return tl.where(u > 0, 1.0, 0.0)
    return _normal(u) + u * 0.3989422804014327 * tl.exp(-0.5 * u * u)


@triton.jit
def _inputs(
    time, cell, inside, cells, n_static, times, n_moment, tables, n_cells, rows, parts, slots,
    MOVING: tl.constexpr, INPUTS: tl.constexpr,
):  # fmt: skip
    """What the network is given at points (n,), float32 (n, INPUTS).

    `slots`: for each input its column in the table of cells, in that of times, and which moving
    context it is; -1: none of these.
    """
    each = tl.arange(0, INPUTS)
    static, moment, moving = (
        tl.load(slots + each), tl.load(slots + INPUTS + each), tl.load(slots + 2 * INPUTS + each)
    )  # fmt: skip
    some = inside[:, None]
    x = tl.load(
        cells + cell[:, None] * n_static + static[None, :],
        mask=some & (static >= 0)[None, :], other=0.0,
    )  # fmt: skip
    x += tl.load(
        times + time[:, None] * n_moment + moment[None, :],
        mask=some & (moment >= 0)[None, :], other=0.0,
    )  # fmt: skip
    for number in tl.static_range(MOVING):
        at = (time * MOVING + number) * 2
        value = tl.zeros_like(time).to(tl.float32)
        for side in tl.static_range(2):
            row = tl.load(rows + at + side, mask=inside, other=0)
            part = tl.load(parts + at + side, mask=inside, other=0.0)
            value += part * tl.load(tables + row * n_cells + cell, mask=inside, other=0.0)
        x += tl.where((moving == number)[None, :], value[:, None], 0.0)
    return x


@triton.jit
def _turns(x, waves, FEATURES: tl.constexpr, INPUTS: tl.constexpr):
    """Phases (n, FEATURES), in turns, of inputs (n, INPUTS)."""
    inner, wave = tl.arange(0, INPUTS), tl.arange(0, FEATURES)
    waves = tl.load(waves + inner[:, None] * FEATURES + wave[None, :])
    return tl.dot(x, waves, input_precision="ieee")


@triton.jit
def gradient(
    points, n_points, share,
    cells, n_static, times, n_moment, tables, n_cells, rows, parts, slots, target,
    first, hidden, waves, first_waves, bias, last, omega,
    scratch, sums, sums_size,
    KIND: tl.constexpr, DEPTH: tl.constexpr, WIDTH: tl.constexpr, MOVING: tl.constexpr,
    TILE: tl.constexpr, INPUTS: tl.constexpr, FEATURES: tl.constexpr,
):  # fmt: skip
    """Sums of gradients over the tiles of a program, into its own part of `sums`.

    `points` (n_points,) int64: time x n_cells + cell. `share`: 2 / number of points of the mean.
    `waves` (INPUTS, FEATURES) float32, in turns: what the network is given besides are their sines
    and cosines, with weights `first_waves` (2, WIDTH, FEATURES); none where FEATURES is 0.
    `first` (WIDTH, INPUTS) float32, `hidden` (DEPTH - 1, WIDTH, WIDTH) of the type that products
    take, `bias` (DEPTH, WIDTH) and `last` (WIDTH + INPUTS + 1) float32: weights, zero beyond the
    network's own.
    `sums`: for each program the gradients in the order first, hidden, first_waves, bias, last, and
    the sum of squared errors. `target`: NaN where a value is missing, which then has no error.
    """
    program, programs = tl.program_id(0), tl.num_programs(0)
    unit, inner, row = tl.arange(0, WIDTH), tl.arange(0, INPUTS), tl.arange(0, TILE)
    square = unit[:, None] * WIDTH + unit[None, :]
    KEPT: tl.constexpr = 2 if KIND == 1 else 1
    mine = scratch + program.to(tl.int64) * (KEPT * DEPTH * TILE * WIDTH)
    own = row[:, None] * WIDTH + unit[None, :]
    to_first = sums + program.to(tl.int64) * sums_size
    to_hidden = to_first + WIDTH * INPUTS
    to_waves = to_hidden + (DEPTH - 1) * WIDTH * WIDTH
    to_bias = to_waves + 2 * WIDTH * FEATURES
    to_last = to_bias + DEPTH * WIDTH
    per_turn = omega * 0.15915494309189535
    weights_first = tl.load(first + unit[:, None] * INPUTS + inner[None, :])
    last_hidden, last_inputs = tl.load(last + unit), tl.load(last + WIDTH + inner)
    last_bias = tl.load(last + WIDTH + INPUTS)

    sum_first = tl.zeros((WIDTH, INPUTS), tl.float32)
    sum_last = tl.zeros((WIDTH,), tl.float32)
    sum_inputs = tl.zeros((INPUTS,), tl.float32)
    sum_out, total = 0.0, 0.0
    for tile in range(program, tl.cdiv(n_points, TILE), programs):
        again = tile > program  # the sums of layers lie in memory from the first tile on
        number = tile * TILE + row
        inside = number < n_points
        point = tl.load(points + number, mask=inside, other=0)
        time = point // n_cells
        cell = point - time * n_cells
        x = _inputs(
            time, cell, inside, cells, n_static, times, n_moment, tables, n_cells, rows, parts,
            slots, MOVING, INPUTS,
        )  # fmt: skip

        u = tl.dot(x, tl.trans(weights_first), input_precision="ieee") + tl.load(bias + unit)
        if FEATURES > 0:
            wide = unit[:, None] * FEATURES + tl.arange(0, FEATURES)[None, :]
            turns = _turns(x, waves, FEATURES, INPUTS)
            for part in tl.static_range(2):
                seen = _sine(turns + 0.25 * part).to(hidden.dtype.element_ty)
                matrix = tl.load(first_waves + part * WIDTH * FEATURES + wide)
                u = tl.dot(seen, tl.trans(matrix), u)
        phase, size = _kept(u, KIND, per_turn)
        tl.store(mine + own, phase)
        if KIND == 1:
            tl.store(mine + DEPTH * TILE * WIDTH + own, size)
        h = _on(u, phase, KIND).to(hidden.dtype.element_ty)
        for layer in range(1, DEPTH):
            matrix = tl.load(hidden + (layer - 1) * WIDTH * WIDTH + square)
            u = tl.dot(h, tl.trans(matrix)) + tl.load(bias + layer * WIDTH + unit)
            phase, size = _kept(u, KIND, per_turn)
            tl.store(mine + layer * TILE * WIDTH + own, phase)
            if KIND == 1:
                tl.store(mine + (DEPTH + layer) * TILE * WIDTH + own, size)
            h = _on(u, phase, KIND).to(hidden.dtype.element_ty)

        out = tl.sum(h.to(tl.float32) * last_hidden, 1) + tl.sum(x * last_inputs, 1) + last_bias
        wanted = tl.load(target + point, mask=inside, other=float("nan"))
        error = tl.where(wanted == wanted, out - wanted, 0.0)
        total += tl.sum(error * error)
        g = error * share
        sum_last += tl.sum(g[:, None] * h.to(tl.float32), 0)
        sum_inputs += tl.sum(g[:, None] * x, 0)
        sum_out += tl.sum(g)
        down = g[:, None] * last_hidden[None, :]
        tl.debug_barrier()  # what other threads have kept is read from here on

        for back in range(1, DEPTH):
            layer = DEPTH - back
            size = tl.zeros((TILE, WIDTH), tl.int16)
            if KIND == 1:
                size = tl.load(mine + (DEPTH + layer) * TILE * WIDTH + own)
            kept = tl.load(mine + layer * TILE * WIDTH + own)
            down = down * _slope(kept, size, KIND, omega)
            below = _output(tl.load(mine + (layer - 1) * TILE * WIDTH + own), KIND)
            coarse = down.to(hidden.dtype.element_ty)
            place = to_hidden + (layer - 1) * WIDTH * WIDTH + square
            before = tl.load(place, mask=again, other=0.0)
            tl.store(place, tl.dot(tl.trans(coarse), below.to(hidden.dtype.element_ty), before))
            place = to_bias + layer * WIDTH + unit
            tl.store(place, tl.load(place, mask=again, other=0.0) + tl.sum(down, 0))
            down = tl.dot(coarse, tl.load(hidden + (layer - 1) * WIDTH * WIDTH + square))

        size = tl.zeros((TILE, WIDTH), tl.int16)
        if KIND == 1:
            size = tl.load(mine + DEPTH * TILE * WIDTH + own)
        down = down * _slope(tl.load(mine + own), size, KIND, omega)
        sum_first += tl.dot(tl.trans(down), x, input_precision="tf32x3")
        if FEATURES > 0:
            wide = unit[:, None] * FEATURES + tl.arange(0, FEATURES)[None, :]
            turns = _turns(x, waves, FEATURES, INPUTS)
            coarse = tl.trans(down.to(hidden.dtype.element_ty))
            for part in tl.static_range(2):
                seen = _sine(turns + 0.25 * part).to(hidden.dtype.element_ty)
                place = to_waves + part * WIDTH * FEATURES + wide
                before = tl.load(place, mask=again, other=0.0)
                tl.store(place, tl.dot(coarse, seen, before))
        tl.store(to_bias + unit, tl.load(to_bias + unit, mask=again, other=0.0) + tl.sum(down, 0))
        tl.debug_barrier()  # before the next tile writes where this one still reads
    tl.store(to_first + unit[:, None] * INPUTS + inner[None, :], sum_first)
    tl.store(to_last + unit, sum_last)
    tl.store(to_last + WIDTH + inner, sum_inputs)
    tl.store(to_last + WIDTH + INPUTS, sum_out)
    tl.store(to_last + WIDTH + INPUTS + 1, total)
