"""A fitted network to the bytes of a .cainr file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from cainr_core.codec import container, embedding
from cainr_core.codec.header import describe
from cainr_core.data.contexts import Context, bytes_besides
from cainr_core.data.fields import Field
from cainr_core.model.architecture import Architecture

if TYPE_CHECKING:
    from cainr_core.codec.entropy import Coded
    from cainr_core.codec.latent_start import LatentStart
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
        self,
        ranges: Sequence[Range],
        offset: float,
        scale: float,
        weights: bytes,
        latents: Mapping[str, Any] | None = None,
        latent_sections: Sequence[bytes] = (),
    ) -> bytes:
        """The whole file: `ranges` of the contexts, `offset` and `scale` of the values, latents
        where the architecture has them, and the entropy-coded weights."""
        spans = [[_short(low), _short(high)] for low, high in ranges]
        header = {**self.header, "ranges": spans, "offset": _short(offset), "scale": _short(scale)}
        if latents is not None:
            header["latents"] = latents
        return container.join(header, [*self.sections, *latent_sections, weights])

    def overhead(self) -> int:
        """Bytes of a file without latents and weights, to within the few of the numbers yet
        unknown."""
        ranges = [(-12.3, 12.3)] * len(self.header["contexts"])
        unknown = None
        if self.header["architecture"]["network"] == "latent":
            unknown = {"step": 0.123456, "shifts": (0.05, 0.05), "gain": 12.345678, "hidden": 16}
        return len(self.with_weights(ranges, 273.145, 21.123, b"", unknown))


def _short(number: float) -> float:
    """A whole number without its point and zero."""
    return int(number) if number == int(number) else number


def write(
    parts: Parts, fitting: Any, tensors: Sequence[Coded], start: LatentStart | None = None
) -> bytes:
    """The file of a fit whose weights are coded."""
    from cainr_core.codec.entropy import encode

    latents = (asdict(start.latents), start.sections) if start else ()
    weights = encode(tensors)
    return parts.with_weights(
        fitting.frame.ranges, fitting.offset, fitting.scale, weights, *latents
    )
