"""What the kernels of a network do at a layer: its inputs, outputs, slopes, and what is kept of it.

`NATIVE` marks what only a GPU does, such as the sine of its special function unit; without it the
kernels run in Triton's interpreter.
"""

from __future__ import annotations

import triton
import triton.language as tl

TURN = tl.constexpr(0.15915494309189535)  # 1 / (2 pi)


@triton.jit
def sine(angle, NATIVE: tl.constexpr):
    """sin of an angle in radians of at most some thousand."""
    if NATIVE:
        return tl.inline_asm_elementwise(
            "sin.approx.ftz.f32 $0, $1;", "=f,f", [angle], dtype=tl.float32, is_pure=True, pack=1
        )
    return tl.sin(angle)


@triton.jit
def cosine(angle, NATIVE: tl.constexpr):
    """cos of an angle, as `sine`."""
    if NATIVE:
        return tl.inline_asm_elementwise(
            "cos.approx.ftz.f32 $0, $1;", "=f,f", [angle], dtype=tl.float32, is_pure=True, pack=1
        )
    return tl.cos(angle)


@triton.jit
def normal_of(u):
    """Distribution function of the standard normal distribution."""
    return 0.5 * (1.0 + tl.erf(u * 0.7071067811865476))


@triton.jit
def half_of(u):
    """A number as bfloat16, in 16 bits."""
    return u.to(tl.bfloat16).to(tl.int16, bitcast=True)


@triton.jit
def number_of(half):
    """What `half_of` was given, as bfloat16 tells it."""
    return half.to(tl.bfloat16, bitcast=True).to(tl.float32)


@triton.jit
def phase_of(u, KIND: tl.constexpr, per_omega):
    """Phase of a sine layer's sum, in radians."""
    if KIND == 1:
        return u * (tl.abs(u) * per_omega + 1.0)
    return u


@triton.jit
def kept_of(u, KIND: tl.constexpr, per_omega):
    """What is kept of a layer's sum, int16: its phase in 2^-14 turns, or the sum itself.

    A float32 between 512 and 1024 has its unit in the last place at 2^-14: adding 768 leaves the
    fraction of a turn in the low 14 bits, for phases of up to 256 turns.
    """
    if KIND == 0 or KIND == 1:
        turns = phase_of(u, KIND, per_omega) * TURN + 768.0
        return turns.to(tl.int32, bitcast=True).to(tl.int16)
    return half_of(u)


@triton.jit
def angle_of(kept, NATIVE: tl.constexpr):
    """Radians of a kept phase, put back into a float32 between 768 and 772.

    6.283203125 x 768 is 4825.5 without rounding, and 2 pi within 3e-6 of itself.
    """
    if NATIVE:  # two at once: the bytes of 768.0 above their own
        bits = tl.inline_asm_elementwise(
            "prmt.b32 $0, $2, 0x44400000, 0x7610; prmt.b32 $1, $2, 0x44400000, 0x7632;",
            "=r,=r,r", [kept], dtype=tl.int32, is_pure=True, pack=2,
        )  # fmt: skip
    else:
        bits = (kept.to(tl.int32) & 0xFFFF) | 0x44400000
    return bits.to(tl.float32, bitcast=True) * 6.283203125 - 4825.5


@triton.jit
def layer_output(u, KIND: tl.constexpr, per_omega, NATIVE: tl.constexpr):
    """Output of a layer from its sum."""
    if KIND == 2:
        return tl.maximum(u, 0.0)
    if KIND == 3:
        return u * normal_of(u)
    return sine(phase_of(u, KIND, per_omega), NATIVE)


@triton.jit
def output_of(kept, KIND: tl.constexpr, NATIVE: tl.constexpr):
    """Output of a layer from what was kept."""
    if KIND == 0 or KIND == 1:
        return sine(angle_of(kept, NATIVE), NATIVE)
    return layer_output(number_of(kept), KIND, 0.0, NATIVE)


@triton.jit
def slope_of(kept, size, KIND: tl.constexpr, per_omega, NATIVE: tl.constexpr):
    """Derivative of a layer's output by its sum, from what was kept."""
    if KIND == 0 or KIND == 1:
        slope = cosine(angle_of(kept, NATIVE), NATIVE)
        if KIND == 1:  # |u| counts as a constant (Liu et al. 2024)
            slope = slope * (number_of(size) * per_omega + 1.0)
        return slope
    u = number_of(kept)
    if KIND == 2:
        return tl.where(u > 0, 1.0, 0.0)
    return normal_of(u) + u * 0.3989422804014327 * tl.exp(-0.5 * u * u)


@triton.jit
def once(value, NATIVE: tl.constexpr):
    """The same numbers; else the compiler computes them anew for each layout they are wanted in."""
    if NATIVE:
        return tl.inline_asm_elementwise(
            "mov.b32 $0, $1;", "=r,r", [value], dtype=value.dtype, is_pure=False,
            pack=32 // value.dtype.primitive_bitwidth,
        )  # fmt: skip
    return value


@triton.jit
def keep(address, value):
    """Store what is kept of units, int16 (points, units), so that no thread gives any to another.

    What a thread holds of a product, two neighbours in two rows, eight rows apart, and again eight
    columns on, lies side by side here, and so do the numbers of a warp.
    """
    TILE: tl.constexpr = value.shape[0]
    UNITS: tl.constexpr = value.shape[1]
    value = tl.reshape(value, (TILE // 16, 2, 8, UNITS // 16, 2, 4, 2))
    value = tl.reshape(tl.permute(value, (3, 0, 2, 5, 4, 1, 6)), (UNITS // 16, TILE * 16))
    group, place = tl.arange(0, UNITS // 16), tl.arange(0, TILE * 16)
    tl.store(address + group[:, None] * (TILE * 16) + place[None, :], value)


@triton.jit
def recall(address, TILE: tl.constexpr, UNITS: tl.constexpr, NATIVE: tl.constexpr):
    """Load what `keep` stored, int16 (TILE, UNITS)."""
    group, place = tl.arange(0, UNITS // 16), tl.arange(0, TILE * 16)
    value = tl.load(address + group[:, None] * (TILE * 16) + place[None, :])
    value = tl.reshape(value, (UNITS // 16, TILE // 16, 8, 4, 2, 2, 2))
    value = tl.reshape(tl.permute(value, (1, 5, 2, 0, 4, 3, 6)), (TILE, UNITS))
    # products of fewer units take their factors in another layout than the sums of the layer
    return once(value, NATIVE and UNITS < 64)


@triton.jit
def inputs_at(
    time, cell, inside, cells, n_static, times, n_moment, tables, n_cells, rows, parts, slots,
    MOVING: tl.constexpr, INPUTS: tl.constexpr, NATIVE: tl.constexpr,
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
    return once(x, NATIVE)


@triton.jit
def waves_at(x, waves, part, FEATURES: tl.constexpr, INPUTS: tl.constexpr, NATIVE: tl.constexpr):
    """Sines (part 0) or cosines (1) of waves in inputs (n, INPUTS), float32 (n, FEATURES)."""
    inner, wave = tl.arange(0, INPUTS), tl.arange(0, FEATURES)
    waves = tl.load(waves + inner[:, None] * FEATURES + wave[None, :])
    angle = tl.dot(x, waves, input_precision="ieee")
    if part == 0:
        return sine(angle, NATIVE)
    return cosine(angle, NATIVE)


@triton.jit
def first_sum(
    x, first, waves, first_waves, bias, unit,
    WIDTH: tl.constexpr, INPUTS: tl.constexpr, FEATURES: tl.constexpr, NATIVE: tl.constexpr,
):  # fmt: skip
    """Sums (n, units) of some units of the first layer at inputs (n, INPUTS), float32."""
    inner = tl.arange(0, INPUTS)
    TYPE: tl.constexpr = first.dtype.element_ty
    wide = unit[:, None] * INPUTS + inner[None, :]
    coarse = x.to(TYPE)
    rest = (x - coarse.to(tl.float32)).to(TYPE)
    weights, rest_of_weights = tl.load(first + wide), tl.load(first + WIDTH * INPUTS + wide)
    u = tl.dot(coarse, tl.trans(rest_of_weights))
    u = tl.dot(rest, tl.trans(weights), u)
    u = tl.dot(coarse, tl.trans(weights), u) + tl.load(bias + unit)[None, :]
    if FEATURES > 0:
        wave = unit[:, None] * FEATURES + tl.arange(0, FEATURES)[None, :]
        for part in tl.static_range(2):
            seen = waves_at(x, waves, part, FEATURES, INPUTS, NATIVE).to(TYPE)
            u = tl.dot(seen, tl.trans(tl.load(first_waves + part * WIDTH * FEATURES + wave)), u)
    return u
