"""Attributes of a variable or a dataset as JSON, their types kept."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import numpy as np

from cainr_core.codec.arrays import DTYPES
from cainr_core.errors import CainrError


def to_json(attrs: Mapping[str, Any]) -> dict[str, Any]:
    """JSON of attributes: text, numbers and lists as they are, NumPy values as
    {"<f4": base64 of their bytes} or, for arrays, {"<f4[]": ...}."""
    return {str(key): _to_json(value) for key, value in attrs.items()}


def from_json(attrs: Mapping[str, Any]) -> dict[str, Any]:
    """What `to_json` was given."""
    return {key: _from_json(value) for key, value in attrs.items()}


def _to_json(value: Any) -> Any:
    if isinstance(value, (str, bool, int, float)) and not isinstance(value, np.generic):
        return value
    if isinstance(value, (list, tuple)) and value and all(isinstance(one, str) for one in value):
        return [str(one) for one in value]
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    try:
        array = np.asarray(value)
    except ValueError:  # lists of unequal length, as JSON attributes may hold
        return str(value)
    little = array.dtype.newbyteorder("<")
    if array.dtype.kind in "US" or array.dtype.kind == "O":
        texts = [str(item) for item in array.ravel()]
        return texts if array.ndim else texts[0]
    if little.str not in DTYPES or array.ndim > 1:
        return str(value)
    tag = little.str + ("[]" if array.ndim else "")
    return {tag: base64.b64encode(array.astype(little).tobytes()).decode()}


def _from_json(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    (tag, text), *others = value.items()
    dtype = tag.removesuffix("[]")
    if others or dtype not in DTYPES:
        raise CainrError("An attribute in the file has a type that cainr never writes.")
    array = np.frombuffer(base64.b64decode(text), dtype=dtype)
    return array.copy() if tag.endswith("[]") else array[0]
