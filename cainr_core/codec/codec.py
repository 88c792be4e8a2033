"""A fitted network to the bytes of a .cainr file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cainr_core.codec import container, embedding
from cainr_core.codec.header import describe
from cainr_core.data.contexts import Context, bytes_besides
from cainr_core.data.fields import Field
from cainr_core.model.architecture import Architecture

if TYPE_CHECKING:
    from cainr_core.codec.entropy import Coded
    from cainr_core.model.coordinates import Range


@dataclass(frozen=True)
class Parts:
    """All of a file but its weights: the header so far, and its sections."""

    header: dict[str, Any]
    sections: list[bytes]

    @classmethod
    def of(cls, field: Field, contexts: Sequence[Context], architecture: Architecture) -> Parts:
        """The parts that do not depend on the fit."""
        header, sections = describe(field)
        entries = []
        for context, nbytes in zip(contexts, bytes_besides(contexts), strict=True):
            entry, parts = embedding.describe(context)
            entries.append({**entry, "bytes": nbytes} if "bytes" in entry else entry)
            sections += parts
        choices = architecture.choices()
        header["contexts"] = entries
        header["architecture"] = {name: choices[name] for name in architecture.used()}
        return cls(header, sections)

    def with_weights(
        self, ranges: Sequence[Range], offset: float, scale: float, weights: bytes
    ) -> bytes:
        """The whole file: `ranges` of the contexts, `offset` and `scale` of the values, and the
        entropy-coded weights."""
        header = {**self.header, "ranges": ranges, "offset": offset, "scale": scale}
        return container.join(header, [*self.sections, weights])

    def overhead(self) -> int:
        """Bytes of a file without its weights, to within the few of the numbers yet unknown."""
        ranges = [(-1234.5678, 1234.5678)] * len(self.header["contexts"])
        return len(self.with_weights(ranges, 273.14159, 21.123456, b""))


def write(parts: Parts, fitting: Any, tensors: Sequence[Coded]) -> bytes:
    """The file of a fit whose weights are coded."""
    from cainr_core.codec.entropy import encode

    return parts.with_weights(fitting.frame.ranges, fitting.offset, fitting.scale, encode(tensors))
