"""States of a fit on its way: a few dozen, each a small .cainr file of its own."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from cainr_core.files import atomic_write

if TYPE_CHECKING:
    from cainr_core.codec.codec import Parts
    from cainr_core.codec.latent_start import LatentStart
    from cainr_core.fit.fitting import Fitting
    from cainr_core.fit.progress import Progress

TABLE = "moments.csv"
COLUMNS = ["step", "psnr", "file_bytes"]
MOST = 32
MOST_TOGETHER = 24  # of each fit, where many learn together and wait for each other's states
MOST_BYTES = 8 << 20  # of all states of a fit together, about
APART = 12  # steps of the fit, at least, for each state: it takes as long as one to three
PROBES, PROBE_POINTS = 2, 1 << 10  # to choose how finely a state is rounded


@dataclass(frozen=True)
class Moment:
    """A fit after `step` steps, as a whole .cainr file of `file_bytes`.

    `psnr`: dB, of the network as that file holds it, on the points of the learning curve.
    `source`: path of the file, or its bytes; `cainr_core.open` takes either.
    """

    step: int
    psnr: float
    file_bytes: int
    source: Path | bytes


def planned(steps: int, file_bytes: int, most: int = MOST) -> list[int]:
    """After which of so many steps a state is kept, `most` at most, close to each other at first,
    where much happens. `file_bytes`: expected of each. The finished fit is not among them."""
    count = min(most, steps // APART, MOST_BYTES // max(1, file_bytes))
    return sorted({round(steps * (number / count) ** 3) for number in range(count)})


class Recorder:
    """Keeps states of a fit while it learns, in `moments`."""

    def __init__(
        self,
        parts: Parts,
        start: LatentStart | None,
        noise: float,
        file_bytes: int,
        folder: Path | None = None,
        most: int = MOST,
    ) -> None:
        """`parts`, `start` (latents), `noise` (of rounding, as for `steps_for`) and `file_bytes`
        (expected): of the fit's file. `folder`: where copies lie until the fit has ended, for an
        interrupted one to take up. `most`: states."""
        self._parts, self._start, self._noise = parts, start, noise
        self._file_bytes, self._folder, self._most = file_bytes, folder, most
        self._due: list[int] | None = None
        self.moments: list[Moment] = []

    def watch(
        self, learning: Iterator[Progress], fitting: Fitting, steps: Sequence[int] | None = None
    ) -> Iterator[Progress]:
        """What a fit yields, its states kept on the way. `steps`: step indices that its tensors
        learn rounded to; where None, they are chosen."""
        for progress in learning:
            if self._due is None:
                self._due = planned(progress.steps, self._file_bytes, self._most)
                self._take_up(progress.step)
            if self._due and self._due[0] <= progress.step < progress.steps:
                self._keep(fitting, progress.step, steps)
            yield progress

    def _keep(self, fitting: Fitting, step: int, steps: Sequence[int] | None) -> None:
        from cainr_core.codec import quantize
        from cainr_core.codec.codec import write
        from cainr_core.codec.rate import coded, steps_for

        tensors, misfit = fitting.tensors, fitting.misfit
        if steps is None:
            influence = quantize.influences(fitting, PROBES, PROBE_POINTS)
            steps = steps_for(tensors, influence, fitting.curve[-1].loss, noise=self._noise)
        psnr = misfit.psnr(misfit.mean(quantize.rounding(steps)(tensors)))
        data = write(self._parts, fitting, coded(tensors, steps), self._start)
        self.moments.append(Moment(step, psnr, len(data), data))
        self._go_on_from(step)

    def _take_up(self, step: int) -> None:
        """Go on with the states of an interrupted fit, of steps that are not repeated."""
        if self._folder is not None:
            kept = [moment for moment in load(self._folder) if moment.step <= step]
            self.moments = [replace(one, source=contents(one)) for one in kept]
            shutil.rmtree(self._folder, ignore_errors=True)
            self._go_on_from(max((moment.step for moment in kept), default=-1))

    def _go_on_from(self, step: int) -> None:
        self._due = [due for due in self._due or () if due > step]
        if self._folder is not None:
            save(self._folder, self.moments)


def contents(moment: Moment) -> bytes:
    """The file of a moment."""
    source = moment.source
    return source if isinstance(source, bytes) else source.read_bytes()


def save(folder: Path, moments: Sequence[Moment]) -> None:
    """Write each moment as STEP.cainr, where that is not there yet, and a table of them all."""
    folder.mkdir(exist_ok=True)
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(COLUMNS)
    for moment in moments:
        writer.writerow([moment.step, moment.psnr, moment.file_bytes])
        path = folder / f"{moment.step}.cainr"
        if not path.exists():
            atomic_write(path, contents(moment), lasting=False)  # many, and a fit does without
    atomic_write(folder / TABLE, table.getvalue().encode())


def load(folder: Path) -> list[Moment]:
    """What `save` wrote, in the order of their steps; without those whose file is not whole, and
    empty where nothing was kept."""
    try:
        rows = list(csv.DictReader((folder / TABLE).read_text(encoding="utf-8").splitlines()))
        moments = [
            Moment(
                int(row["step"]),
                float(row["psnr"]),
                int(row["file_bytes"]),
                folder / f"{int(row['step'])}.cainr",
            )
            for row in rows
        ]
    except (OSError, ValueError, KeyError, TypeError):  # a run without them is one, too
        return []
    whole = (one for one in moments if _size(one.source) == one.file_bytes)
    return sorted(whole, key=lambda moment: moment.step)


def _size(path: Path | bytes) -> int:
    assert isinstance(path, Path)
    return path.stat().st_size if path.is_file() else -1
