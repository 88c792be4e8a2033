"""Contexts in a file: named by a digest, or with their values."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cainr_core.codec.arrays import decode_array, encode_array, pack, unpack
from cainr_core.data.choices import split_source
from cainr_core.data.contexts import Context, ContextChoice, load_context
from cainr_core.data.fields import Grid
from cainr_core.errors import CainrError

DIGITS = 16  # of a digest that a file names, of 32: all of them before format version 4


def describe(context: Context) -> tuple[dict[str, Any], list[bytes]]:
    """Header entry and sections of a context."""
    entry: dict[str, Any] = {
        # the folders of the writer mean nothing to a reader
        "source": _named(context.choice, _file_name(context.choice)).spec,
        "digest": context.digest[:DIGITS],
        "title": context.title,
        "units": context.units,
    }
    if not context.choice.embedded or context.values is None:
        return {**entry, "bytes": context.nbytes}, []
    integers, low, step = context.quantised()
    assert context.grid is not None
    entry["embedded"] = {
        "kind": context.kind,
        "grid": context.grid.kind,
        "cells": [len(context.grid.lat), len(context.grid.lon)],
        "layers": len(integers),
        "calendar": context.calendar,
        "low": low,
        "step": step,
    }
    sections = [encode_array(context.grid.lat), encode_array(context.grid.lon)]
    if context.kind == "times":
        sections.append(encode_array(np.asarray(context.days, dtype="<f8")))
    return entry, [*sections, pack(_predicted(integers))]


def check(entry: dict[str, Any]) -> None:
    """CainrError where a header entry says not what a context is."""
    texts = (entry[key] for key in ("source", "digest", "title", "units"))
    if not all(isinstance(text, str) for text in texts) or len(entry["digest"]) < DIGITS:
        raise CainrError("A context in the file has no name: it is damaged.")
    if "embedded" not in entry and not (type(entry["bytes"]) is int and entry["bytes"] >= 0):
        raise CainrError("A context in the file has no size: it is damaged.")


def read_embedded(entry: dict[str, Any], sections: Iterator[bytes]) -> Context:
    """A context from a file that holds its values."""
    facts = entry["embedded"]
    n_lat, n_lon = facts["cells"]
    layers, low, step = facts["layers"], float(facts["low"]), float(facts["step"])
    least = {"static": 1, "monthly": 12, "times": 2}[facts["kind"]]
    if not math.isfinite(low * step) or layers < least or (least != 2 and layers != least):
        raise CainrError(f"The context '{entry['source']}' in the file is damaged.")
    lat = decode_array(next(sections), "<f8", (n_lat,))
    lon = decode_array(next(sections), "<f8", (n_lon,))
    days = decode_array(next(sections), "<f8", (layers,)) if facts["kind"] == "times" else None
    shape = (layers, n_lat, n_lon) if facts["grid"] == "latlon" else (layers, n_lat)
    integers = _unpredicted(unpack(next(sections), 2 * math.prod(shape)), shape)
    context = Context.from_parts(
        ContextChoice.parse(entry["source"]),
        title=entry["title"],
        units=entry["units"],
        grid=Grid.latlon(lat, lon) if facts["grid"] == "latlon" else Grid.columns(lat, lon),
        levels=(integers, low, step),
        kind=facts["kind"],
        days=days,
        calendar=facts["calendar"],
    )
    if not context.digest.startswith(entry["digest"]):
        raise CainrError(f"The context '{entry['source']}' in the file is damaged.")
    return context


def find_referenced(
    entry: dict[str, Any], given: Sequence[Context], search: Sequence[Path]
) -> Context:
    """The context that a file names by its digest, among those given, in the folders and files to
    search, or where its name leads; CainrError where the reader lacks it or has others only."""
    digest = entry["digest"]
    for context in given:
        if context.digest.startswith(digest):
            return context
    found, reason = None, ""
    for choice in _choices(ContextChoice.parse(entry["source"]), search):
        try:
            found = load_context(choice)
        except CainrError as error:
            reason = one_line(str(error).rstrip("."))
            continue
        if found.digest.startswith(digest):
            return found
    name, title = one_line(entry["source"]), one_line(entry["title"])
    if found is None:
        raise CainrError(
            f"The file was written with the context '{name}' ({title}), which cannot be read here "
            f"({reason}): put its file beside the .cainr file, or name the folder that holds it "
            "with --context, with contexts=[...] in Python, or in CAINR_CONTEXT_PATH."
        )
    raise CainrError(
        f"The context '{name}' found here is not the one that the file was written with (digest "
        f"{found.digest[: len(digest)]} instead of {one_line(digest)}): give the original with "
        "contexts=[...]."
    )


def one_line(text: object) -> str:
    """Text of a file, fit for a sentence."""
    return " ".join(str(text).split())[:400]


def _choices(choice: ContextChoice, search: Sequence[Path]) -> Iterator[ContextChoice]:
    """The choice at each place where its file may lie."""
    name = _file_name(choice)  # alone: a file must not lead its reader to other folders or hosts
    if not choice.is_builtin:
        for place in search:
            for path in (place / name, place):
                if path.is_file() or (path.is_dir() and path.name == name):
                    yield _named(choice, str(path))
    yield _named(choice, name)


def _file_name(choice: ContextChoice) -> str:
    return split_source(choice.source)[0].replace("\\", "/").rstrip("/").rpartition("/")[2]


def _named(choice: ContextChoice, path: str) -> ContextChoice:
    """The choice with another path to its file."""
    variable = split_source(choice.source)[1]
    values = {key: value for key, value in choice.param.values().items() if key != "name"}
    return ContextChoice(**{**values, "source": f"{path}:{variable}" if variable else path})


def _predicted(integers: NDArray[np.uint16]) -> bytes:
    """Differences from the neighbours to the left and above, modulo 2^16, low bytes first."""
    flat = integers.reshape(len(integers), -1, integers.shape[-1]).astype(np.uint16)
    flat = np.diff(flat, axis=2, prepend=np.uint16(0))
    flat = np.diff(flat, axis=1, prepend=np.uint16(0))
    return np.ascontiguousarray(flat, dtype="<u2").view(np.uint8).reshape(-1, 2).T.tobytes()


def _unpredicted(data: bytes, shape: tuple[int, ...]) -> NDArray[np.uint16]:
    raw = np.frombuffer(data, dtype=np.uint8).reshape(2, -1).T
    flat = np.ascontiguousarray(raw).view("<u2").reshape(shape[0], -1, shape[-1])
    flat = np.cumsum(flat, axis=1, dtype=np.uint16)
    return np.cumsum(flat, axis=2, dtype=np.uint16).reshape(shape)
