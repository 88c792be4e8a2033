"""A second reader, written from docs/format.md alone, that shares no code with the first.

It knows no contexts; of the time axis it takes what the files that are read with it need.
"""

from __future__ import annotations

import ast
import json
import lzma
import math
import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from constriction import stream

REPOSITORY = Path(__file__).resolve().parents[2]
GOLDEN = REPOSITORY / "tests" / "golden"
LZMA2 = [{"id": lzma.FILTER_LZMA2, "preset": 9, "dict_size": 1 << 22}]


def constant(path: str, name: str) -> Any:
    """A constant that the document leaves to a source file."""
    tree = ast.parse((REPOSITORY / "cainr_core" / path).read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            return ast.literal_eval(node.value)
    raise KeyError(name)


def unpacked(section: bytes) -> bytes:
    return lzma.decompress(section, lzma.FORMAT_RAW, filters=LZMA2)


def unshuffled(data: bytes, width: int) -> list[bytes]:
    count = len(data) // width
    return [bytes(data[byte * count + i] for byte in range(width)) for i in range(count)]


def unzigzag(codes: list[bytes]) -> list[int]:
    numbers = [int.from_bytes(code, "little") for code in codes]
    return [(number >> 1) ^ -(number & 1) for number in numbers]


def dictionary(version: int) -> bytes:
    if version < 3:
        return constant("codec/words.py", "FIRST")
    common = "".join(
        constant("codec/words.py", part) for part in ("_ATTRIBUTES", "_CONTEXTS", "_HEADER")
    )
    if version > 3:
        common = re.sub("[0-9a-f]{32}", lambda digest: digest[0][:16], common)
    return common.encode()


def number(data: bytes, at: int) -> tuple[int, int]:
    """Section 0: a number, and where the next one begins."""
    value, place = 0, 0
    while data[at] > 127:
        value += (data[at] - 128) << place
        at, place = at + 1, place + 7
    return value + (data[at] << place), at + 1


def signed(data: bytes, at: int) -> tuple[int, int]:
    value, at = number(data, at)
    return -(value + 1) // 2 if value % 2 else value // 2, at


def array(section: bytes, dtype: str, shape: list[int]) -> np.ndarray:
    """Section 4, one number at a time."""
    kind, n = np.dtype(dtype), math.prod(shape)
    if n < 3 or kind.kind == "b":
        flat = b"".join(unshuffled(unpacked(section), kind.itemsize))
        return np.frombuffer(flat, kind).reshape(shape)
    if section[0] == 0:
        return np.frombuffer(unpacked(section[1:]), kind).reshape(shape)
    if section[0] > 32:
        places, width = section[1], section[0] - (32 if section[0] < 48 else 48)
        if section[0] < 48:
            whole, at = struct.unpack_from("<q", section, 2)[0], 10
        else:
            whole, at = signed(section, 2)
        if width:
            steps = unzigzag(unshuffled(zlib.decompress(section[at:], wbits=-15), width))
        else:
            steps = [signed(section, at)[0]] * (n - 1)
        wholes = [whole]
        for step in steps:
            wholes.append(wholes[-1] + step)
        return np.array([whole / 2**places for whole in wholes], kind).reshape(shape)
    width, head = section[0], 1 + 2 * kind.itemsize
    first, last = np.frombuffer(section[1:head], kind).tolist()
    bits = 8 * kind.itemsize
    values = []
    codes = [b"\0"] * n if width == 16 else unshuffled(unpacked(section[head:]), width)
    for i, distance in enumerate(unzigzag(codes)):
        place = float(first) + i * ((float(last) - float(first)) / (n - 1))
        if kind.kind == "f":
            start = int.from_bytes(np.array(place, kind).tobytes(), "little", signed=True)
            ordered = (start if start >= 0 else -(2 ** (bits - 1)) - 1 - start) + distance
            back = ordered if ordered >= 0 else -(2 ** (bits - 1)) - 1 - ordered
            raw = back.to_bytes(kind.itemsize, "little", signed=True)
            values.append(np.frombuffer(raw, kind)[0])
        else:
            values.append(kind.type(round(place) + distance))
    return np.array(values, kind).reshape(shape)


def bounds(section: bytes, stamps: np.ndarray) -> np.ndarray:
    """Section 4: bounds without gaps."""
    edge = stamps.dtype.type(signed(section, 1)[0] / 1024)
    edges = [*stamps, edge] if section[0] == 22 else [edge]
    for stamp in stamps if section[0] < 22 else ():
        edges.append(stamp if section[0] == 20 else 2 * stamp - edges[-1])
    return np.array([edges[:-1], edges[1:]]).T


def models_of(section: bytes, count: int, version: int) -> tuple[list[tuple[int, ...]], int]:
    """Section 6: k, kind, a, b and r of each tensor, and where the words begin."""
    if version < 4:
        return [struct.unpack_from("<bBhhI", section, 10 * i) for i in range(count)], 10 * count
    models, at = [], 0
    for _ in range(count):
        k, code = struct.unpack_from("<bB", section, at)
        low, at = signed(section, at + 2)
        more, at = number(section, at)
        scale = 2 ** (((code - 1) % 127) / 8 - 3)
        kind = 0 if code == 0 else 1 if code < 128 else 2
        r = math.floor(2**32 * math.exp(-1 / (scale if kind == 2 else 2 * scale**2)))
        models.append((k, kind, low, low + more, r))
    return models, at


def integers(section: bytes, sizes: list[int], version: int) -> list[tuple[int, np.ndarray]]:
    """Section 6: step index and integers of each tensor."""
    models, at = models_of(section, len(sizes), version)
    words = np.frombuffer(section[at:], "<u4").astype(np.uint32)
    coder = stream.queue.RangeDecoder(words)
    tensors = []
    for (k, kind, low, high, ratio), size in zip(models, sizes, strict=True):
        if low == high:
            found = np.full(size, low)
        else:
            f, s = [2**48], ratio
            for _ in range(max(abs(low), abs(high))):
                f.append(f[-1] * s // 2**32)
                s = s if kind == 2 else s * (ratio * ratio // 2**32) // 2**32
            table = [1 if kind == 0 else f[abs(n)] + 1 for n in range(low, high + 1)]
            model = stream.model.Categorical(np.array(table, dtype=np.float64), perfect=False)
            found = coder.decode(model, size) + low
        tensors.append((k, found))
    return tensors


def as_weights(k: int, found: np.ndarray) -> np.ndarray:
    mantissa = constant("codec/quantize.py", "MANTISSAS")[k % 8]
    return (found * (mantissa * 2.0 ** (k // 8 - 8))).astype(np.float32)


def act(choice: dict[str, Any], u: np.ndarray) -> np.ndarray:
    """Section 7, those that the files here use."""
    omega, spread = choice.get("omega", 0.0), choice.get("spread", 0.0)
    if choice["network"] == "siren":
        return np.sin(omega * u)
    if choice["network"] == "wire":
        return np.cos(omega * u) * np.exp(-((spread * u) ** 2))
    return u * (1 + np.vectorize(math.erf)(u / math.sqrt(2))) / 2


def opened(data: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray], Iterator[bytes]]:
    """Header, coordinates, and the sections that follow them."""
    magic, version = struct.unpack_from("<8sH", data)
    sizes: list[int] = []
    if version < 4:
        packed, _, total = struct.unpack_from("<IIQ", data, 10)
        at = 26
    else:
        total, at = number(data, 10)
        packed, at = number(data, at)
        count, at = number(data, at)
        for _ in range(count):
            size, at = number(data, at)
            sizes.append(size)
    assert (magic, total) == (b"\x89CAINR\r\n", len(data))
    assert struct.unpack("<I", data[-4:])[0] == zlib.crc32(data[:-4])
    inflate = zlib.decompressobj(wbits=-15, zdict=dictionary(version))
    header = json.loads(inflate.decompress(data[at : at + packed]))
    header["version"] = version
    at, sections = at + packed, []
    for size in sizes or header["sections"]:
        sections.append(data[at : at + size])
        at += size
    remaining = iter(sections)
    coords: dict[str, np.ndarray] = {}
    for entry in header["coords"]:
        if "dtype" in entry:
            section = next(remaining)
            of_bounds = len(entry["shape"]) == 2 and section[0] in (20, 21, 22)
            coords[entry["name"]] = (
                bounds(section, coords[entry["dims"][0]])
                if of_bounds
                else array(section, entry["dtype"], entry["shape"])
            )
    return header, coords, remaining


def days_of(
    header: dict[str, Any], coords: dict[str, np.ndarray], remaining: Iterator[bytes]
) -> np.ndarray | None:
    """Section 3: when the values stand, if not at their stamps."""
    middles = header["time"]["middles"]
    if middles != "bounds":
        return array(next(remaining), "<f8", header["variable"]["shape"][:1]) if middles else None
    (time,) = [entry for entry in header["coords"] if entry["name"] == header["time"]["name"]]
    since = re.match("days since [0-9]+-([0-9]+)-([0-9]+)", time["attrs"]["units"])
    assert since is not None
    month, day = map(int, since.groups())
    lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    if time["attrs"]["calendar"] == "360_day":
        lengths = [30] * 12
    of_year = sum(lengths[: month - 1]) + day - 1
    return coords[time["attrs"]["bounds"]].mean(axis=1) + of_year


def second_reader(data: bytes) -> np.ndarray:
    header, coords, remaining = opened(data)
    days = days_of(header, coords, remaining)
    missing = next(remaining) if header["missing"] else None
    inputs = inputs_of(header, coords, days)
    values = network(header, inputs, next(remaining))
    return in_units(header, values, missing)


def places(header: dict[str, Any], coords: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Latitude and longitude of each point."""
    lat, lon = coords[header["grid"]["lat"]], coords[header["grid"]["lon"]]
    if header["grid"]["kind"] == "latlon":
        lat, lon = (part.ravel() for part in np.meshgrid(lat, lon, indexing="ij"))
    return lat, lon


def inputs_of(
    header: dict[str, Any], coords: dict[str, np.ndarray], days: np.ndarray | None
) -> np.ndarray:
    """Section 7: place and time, (times, points, inputs)."""
    shape = header["variable"]["shape"]
    lat, lon = places(header, coords)
    if header["architecture"]["coordinates"] == "sphere":
        phi, theta = np.radians(lat), np.radians(lon)
        place = [np.cos(phi) * np.cos(theta), np.cos(phi) * np.sin(theta), np.sin(phi)]
    else:
        place = [
            2 * np.repeat(np.arange(shape[1]), shape[2]) / (shape[1] - 1) - 1,
            2 * np.tile(np.arange(shape[2]), shape[1]) / (shape[2] - 1) - 1,
        ]
    return np.array(
        [
            np.stack([*place, *(np.full(len(lat), part) for part in moment)], axis=1)
            for moment in moments_of(header, coords, days)
        ]
    )


def network(header: dict[str, Any], inputs: np.ndarray, section: bytes) -> np.ndarray:
    """Section 7: the output, (times, points)."""
    choice, n_inputs = header["architecture"], inputs.shape[2]
    random = np.random.RandomState(20250711)
    waves = None
    if choice["network"] == "gelu":
        drawn = random.standard_normal((n_inputs, choice["features"]))
        waves = (choice["bandwidth"] * drawn).astype(np.float32)
    first = n_inputs + (2 * choice["features"] if waves is not None else 0)
    skip = choice["network"] == "latent" or choice["skip"]
    width, last = choice["width"], choice["width"] + skip * n_inputs
    layers = [(width, first), *[(width, width)] * (choice["depth"] - 1), (1, last)]
    shapes = [shape for units, inputs in layers for shape in ((units, inputs), (units,))]
    found = integers(section, [math.prod(shape) for shape in shapes], header["version"])
    tensors = [as_weights(*each).reshape(shape) for each, shape in zip(found, shapes, strict=True)]
    values = np.empty(inputs.shape[:2])
    for row, x in enumerate(inputs):
        h = x
        if waves is not None:
            h = np.concatenate([np.sin(x @ waves), np.cos(x @ waves), x], axis=1)
        for matrix, bias in zip(tensors[:-2:2], tensors[1:-2:2], strict=True):
            h = act(choice, h @ matrix.T + bias)
        h = np.concatenate([h, x], axis=1) if skip else h
        values[row] = (h @ tensors[-2].T + tensors[-1])[:, 0]
    return values


def in_units(header: dict[str, Any], values: np.ndarray, missing: bytes | None) -> np.ndarray:
    """The field of the network's output."""
    shape = header["variable"]["shape"]
    values = (header["offset"] + header["scale"] * values).reshape(shape)
    if missing is not None:
        assert header["missing"] == "moving"
        bits = np.unpackbits(np.frombuffer(unpacked(missing), np.uint8), count=math.prod(shape))
        values[bits.reshape(shape) == 1] = np.nan
    return values


def moments_of(
    header: dict[str, Any], coords: dict[str, np.ndarray], days: np.ndarray | None
) -> np.ndarray:
    n = header["variable"]["shape"][0]
    if header["architecture"]["coordinates"] == "indices":
        return (2 * np.arange(n) / (n - 1) - 1)[:, None]
    if days is None and "year" in coords:  # in the middle of each
        days = (coords["year"] - 1) * 365 + 182.5
    if days is None:  # of a field without seasons: no matter since when
        days = coords["time"].astype(np.float64)
    time = (2 * (days - days[0]) / (days[-1] - days[0]) - 1) * max(1, n / 30)
    if days[-1] - days[0] <= 180:
        return time[:, None]
    length = {"noleap": 365, "360_day": 360}[header["time"]["calendar"]]
    season = 2 * np.pi * np.mod(days, length) / length
    return np.stack([time, np.sin(season), np.cos(season)], axis=1)
