"""What every baseline is: a codec of a field, with its modes and their settings."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from importlib import import_module
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from cainr_core.errors import CainrError


@dataclass(frozen=True)
class Mode:
    """One way of telling a codec how much to keep: a number, searched for wanted bytes.

    unit: of the setting; "" where it is in the units of the field.
    fewest, most: settings of the fewest and the most bytes; in parts of the range (max - min) of
        the values where the setting is in the units of the field.
    steps: all settings worth taking, where they are few and no search is needed.
    bounds_error: whether the setting promises the largest absolute error.
    """

    name: str
    unit: str
    fewest: float = 0.0
    most: float = 0.0
    steps: tuple[float, ...] = ()
    bounds_error: bool = False

    def scaled(self, values: NDArray) -> Mode:
        """The mode with its settings in the units of these values."""
        if self.unit:
            return self
        spread = float(values.max()) - float(values.min())
        return Mode(
            self.name,
            self.unit,
            self.fewest * spread,
            self.most * spread,
            tuple(step * spread for step in self.steps),
            self.bounds_error,
        )


class Codec(ABC):
    """A lossy codec whose bytes hold all that its decoder needs besides the shape.

    Values are float32 without missing ones, of shape (time, lat, lon) or (time, ncol); a sentence
    in a CainrError says where a codec does not take them.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    modes: ClassVar[tuple[Mode, ...]]

    @abstractmethod
    def encode(self, values: NDArray[np.float32], mode: str, setting: float) -> bytes:
        """The values in `mode` at `setting`, everything counted."""

    @abstractmethod
    def decode(self, encoded: bytes, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """The values again, of the shape that was encoded."""


def packaged(name: str, **configuration: Any) -> Any:
    """The codec of the package numcodecs-wasm-NAME; CainrError where it is not installed."""
    try:
        module = import_module(f"numcodecs_wasm_{name}")
    except ImportError as error:
        raise CainrError(
            f"The codec '{name}' comes with the package numcodecs-wasm-{name}: "
            "pip install 'cainr[codecs]'."
        ) from error
    return getattr(module, name.capitalize())(**configuration)


def encoded_by(name: str, values: NDArray, **configuration: Any) -> bytes:
    """What a packaged codec makes of an array; CainrError with its own reason where it refuses."""
    codec = packaged(name, **configuration)
    try:
        return np.asarray(codec.encode(np.ascontiguousarray(values))).tobytes()
    except Exception as error:  # of no type of its own
        reason = error.__cause__ or error
        raise CainrError(f"{name} does not take values of shape {values.shape}: {reason}") from None


def decoded_by(name: str, encoded: bytes, **configuration: Any) -> NDArray:
    """The array again; any configuration that is valid decodes."""
    stream = np.frombuffer(encoded, np.uint8)
    return np.asarray(packaged(name, **configuration).decode(stream))


def stacked(values: NDArray) -> NDArray:
    """Time steps below each other as one image, shape (time * lat, lon).

    One image of all steps shares headers and rate better than an image for each; every second step
    is upside down, so that at the seams a pole meets the same pole. Columns are an image already.
    """
    if values.ndim == 2:
        return values
    image = values.copy()
    image[1::2] = image[1::2, ::-1]
    return image.reshape(-1, values.shape[-1])


def unstacked(image: NDArray, shape: tuple[int, ...]) -> NDArray:
    """What `stacked` was given."""
    values = image.reshape(shape).copy()
    if values.ndim == 3:
        values[1::2] = values[1::2, ::-1]
    return values
