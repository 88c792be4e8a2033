"""What the kernels of a network do at a layer: its inputs, outputs, slopes, and what is kept of it.

`NATIVE` marks what only a GPU does (the sine of its special function unit, stores that keep a
product's own layout); without it the kernels run in Triton's interpreter.
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
def output_and_slope(kept, size, KIND: tl.constexpr, per_omega, NATIVE: tl.constexpr):
    """Output of a layer and its derivative by the sum, from what was kept."""
    if KIND == 0 or KIND == 1:
        angle = angle_of(kept, NATIVE)
        slope = cosine(angle, NATIVE)
        if KIND == 1:  # |u| counts as a constant (Liu et al. 2024)
            slope = slope * (number_of(size) * per_omega + 1.0)
        return sine(angle, NATIVE), slope
    u = number_of(kept)
    if KIND == 2:
        return tl.maximum(u, 0.0), tl.where(u > 0, 1.0, 0.0)
    normal = normal_of(u)
    return u * normal, normal + u * 0.3989422804014327 * tl.exp(-0.5 * u * u)


@triton.jit
def places(TILE: tl.constexpr, WIDTH: tl.constexpr):
    """Places (TILE, WIDTH) of what is kept of a layer.

    Of a product a thread holds eight numbers one after the other: two neighbours in two rows, eight
    rows apart, and again eight columns on. Here they lie side by side, and those of a warp as well.
    """
    row, unit = tl.arange(0, TILE)[:, None], tl.arange(0, WIDTH)[None, :]
    eight = unit % 2 + 2 * (row // 8 % 2) + 4 * (unit // 8 % 2)
    lane = unit // 2 % 4 + 4 * (row % 8)
    return eight + 8 * lane + 256 * (row // 16 + (TILE // 16) * (unit // 16))


@triton.jit
def keep(address, value, NATIVE: tl.constexpr):
    """Store int16 at places of `places`, eight at once.

    `tl.store` would first bring the values into another layout, through shared memory.
    """
    if NATIVE:
        tl.inline_asm_elementwise(
            "st.global.v4.b32 [$4], {$12, $13, $14, $15};"
            "mov.b32 $0, 0; mov.b32 $1, 0; mov.b32 $2, 0; mov.b32 $3, 0;",
            "=r,=r,=r,=r,l,l,l,l,l,l,l,l,r,r,r,r", [address, value],
            dtype=tl.int16, is_pure=False, pack=8,
        )  # fmt: skip
    else:
        tl.store(address, value)


@triton.jit
def recall(address, like, NATIVE: tl.constexpr):
    """Load what `keep` stored; `like`: int16 of the layout that it is wanted in."""
    if NATIVE:
        return tl.inline_asm_elementwise(
            "ld.global.v4.b32 {$0, $1, $2, $3}, [$4];",
            "=r,=r,=r,=r,l,l,l,l,l,l,l,l,r,r,r,r", [address, like],
            dtype=tl.int16, is_pure=False, pack=8,
        )  # fmt: skip
    return tl.load(address)


@triton.jit
def inputs_at(
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
    x, first, waves, first_waves, bias,
    WIDTH: tl.constexpr, INPUTS: tl.constexpr, FEATURES: tl.constexpr, NATIVE: tl.constexpr,
):  # fmt: skip
    """Sums (n, WIDTH) of the first layer at inputs (n, INPUTS), float32."""
    unit, inner = tl.arange(0, WIDTH), tl.arange(0, INPUTS)
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
