"""The learning curve of a fit, as arrays."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cainr_core.errors import CainrError

if TYPE_CHECKING:
    from cainr_core.fit.progress import Progress


@dataclass(frozen=True, eq=False)
class Curve:
    """How a fit learned: all arrays (points,), float64 but `step` (int64).

    `step`: below 0 while latents are chosen; `seconds` spent learning; `loss` in scaled units
    squared; `psnr` in dB.
    """

    step: NDArray[np.int64]
    seconds: NDArray[np.float64]
    loss: NDArray[np.float64]
    psnr: NDArray[np.float64]

    @classmethod
    def of(cls, progress: Sequence[Progress] | Curve) -> Curve:
        """The curve of what a fit yielded; a curve stays as it is."""
        if isinstance(progress, Curve):
            return progress
        columns = {
            field.name: np.array([getattr(one, field.name) for one in progress], float)
            for field in fields(cls)
        }
        return cls(**{**columns, "step": columns["step"].astype(np.int64)})

    def __len__(self) -> int:
        return len(self.step)

    def thinned(self, points: int) -> Curve:
        """The same curve with at most about `points` points, the last one among them."""
        keep = slice(None, None, -max(1, -(-len(self) // points)))
        return Curve(*(column[keep][::-1] for column in self._columns()))

    def to_csv(self) -> str:
        """One line a point under a line of names; numbers as Python prints them, to the bit."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([field.name for field in fields(self)])
        writer.writerows(zip(*(column.tolist() for column in self._columns()), strict=True))
        return text.getvalue()

    @classmethod
    def from_csv(cls, text: str) -> Curve:
        """Read what `to_csv` wrote; CainrError where the text is something else."""
        head, *rows = list(csv.reader(io.StringIO(text))) or [[]]
        names = [field.name for field in fields(cls)]
        if head != names:
            raise CainrError(f"A curve has the columns {', '.join(names)}, not {', '.join(head)}.")
        try:
            table = np.array(rows, dtype=float).reshape(-1, len(names)).T
        except ValueError as error:
            raise CainrError("A curve holds numbers only, as many in each line.") from error
        return cls(table[0].astype(np.int64), *table[1:])

    def _columns(self) -> list[NDArray]:
        return [getattr(self, field.name) for field in fields(self)]
