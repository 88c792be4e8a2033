"""The library of finished runs: one folder a run, complete or not there."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from cainr_core.codec import container
from cainr_core.curves import Curve
from cainr_core.errors import CainrError
from cainr_core.evaluate.metrics import Metrics
from cainr_core.files import atomic_write
from cainr_core.history import Moment, load, save

if TYPE_CHECKING:
    from cainr_core.choices import Choices
    from cainr_core.data.choices import ContextChoice
    from cainr_core.fit.progress import Progress
    from cainr_core.model.architecture import Architecture

RECORD, CURVE, FIELD = "run.json", "curve.csv", "field.cainr"
HISTORY = "history"
RECORD_FORMAT = 1
LONGEST_NAME = 200
NETWORK_TITLES = {
    "siren": "SIREN",
    "finer": "FINER",
    "wire": "WIRE",
    "gaussian": "Gaussian",
    "relu": "ReLU",
    "gelu": "GELU",
    "latent": "Latent grids",
}
FREQUENCIES = ("omega", "spread", "features", "bandwidth")
_ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{6}")


@dataclass(frozen=True, eq=False)
class Run:
    """A finished fit: what was chosen, how it learned, how good it is.

    created: UTC; seconds: from the beginning to the measured file; folder: holds run.json,
    curve.csv, field.cainr and, where states on the way were kept, history.
    """

    id: str
    name: str
    created: datetime
    choices: Choices
    metrics: Metrics
    curve: Curve
    seconds: float
    folder: Path

    @property
    def cainr_path(self) -> Path:
        """The compressed field, a .cainr file."""
        return self.folder / FIELD

    @property
    def stopped(self) -> bool:
        """Whether the fit was stopped before it had taken all steps of its recipe."""
        return bool(self.curve.step[-1] < self.choices.recipe.steps)

    @cached_property
    def units(self) -> str:
        """The unit of the field, as its file tells it; empty where there is none."""
        try:
            header, _ = container.split(self.cainr_path.read_bytes())
            return str(header["variable"]["attrs"].get("units", ""))
        except (OSError, CainrError, KeyError, AttributeError, TypeError):
            return ""  # who opens the file is told what is wrong with it

    @cached_property
    def history(self) -> tuple[Moment, ...]:
        """States of the fit before its end, in the order of their steps; empty where none were
        kept."""
        return tuple(load(self.folder / HISTORY))

    @property
    def end(self) -> Moment:
        """The finished fit, with the PSNR of all of its file."""
        measures = self.metrics
        return Moment(int(self.curve.step[-1]), measures.psnr, measures.file_bytes, self.cainr_path)

    def at(self, step: int | None) -> Moment:
        """The last state kept up to that step of the fit; its end where that is None, or was
        reached, or nothing else was kept."""
        if step is None or step >= self.end.step or not self.history:
            return self.end
        before = [moment for moment in self.history if moment.step <= step]
        return before[-1] if before else self.history[0]


class Fitted(Protocol):
    """What a fit ends with: the bytes of the .cainr file, its measures, how it was learned, and
    states on the way."""

    @property
    def data(self) -> bytes: ...
    @property
    def metrics(self) -> Metrics: ...
    @property
    def curve(self) -> Curve | Sequence[Progress]: ...
    @property
    def seconds(self) -> float: ...
    @property
    def history(self) -> Sequence[Moment]: ...


class Library:
    """The runs in a folder; many processes may use it at once.

    A run is written to a hidden folder that is then renamed, so that it is seen complete or not at
    all. `root` is made when the first run is added; by default $CAINR_RUNS, otherwise `runs`.
    `common`: another library, whose runs are here too, to be looked at and not to be changed.
    """

    def __init__(self, root: str | Path | None = None, common: Library | None = None) -> None:
        self.root = Path(root or os.environ.get("CAINR_RUNS") or "runs")
        self.common = common
        self._read: dict[str, tuple[list[int], Run]] = {}  # with when its files were changed

    def scan(self) -> tuple[list[Run], dict[str, str]]:
        """All runs, oldest first, and of each folder that is not one: its name and why not."""
        runs, broken = self.common.scan() if self.common is not None else ([], {})
        if not self.root.is_dir():
            return runs, broken
        for folder in sorted(self.root.iterdir()):
            if folder.name.startswith(".") or not folder.is_dir():
                continue
            try:
                runs.append(self.get(folder.name))
            except CainrError as error:
                broken[folder.name] = str(error)
        return sorted(runs, key=lambda run: (run.created, run.id)), broken

    def get(self, run_id: str) -> Run:
        """The run of that id; CainrError where there is none, or it is broken."""
        if self.is_common(run_id):
            return self.common.get(run_id)  # type: ignore[union-attr]
        folder = self._folder(run_id)
        try:
            changed = [(folder / name).stat().st_mtime_ns for name in (RECORD, CURVE, FIELD)]
            if run_id not in self._read or self._read[run_id][0] != changed:
                self._read[run_id] = changed, _read(folder)
            return self._read[run_id][1]
        except FileNotFoundError as error:
            missing = Path(error.filename).name
            raise CainrError(f"The run {run_id} is broken: its {missing} is missing.") from error
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            reason = str(error) if isinstance(error, CainrError) else f"{RECORD} cannot be read."
            raise CainrError(f"The run {run_id} is broken: {reason}") from error

    def add(self, choices: Choices, fitted: Fitted, *, name: str | None = None) -> Run:
        """Keep a finished fit, of a job or of `compress`; its name is made from the choices."""
        data, metrics, curve = fitted.data, fitted.metrics, Curve.of(fitted.curve)
        created = datetime.now(UTC)
        run_id = f"{created:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
        name = _tidy(name) if name else default_name(choices)
        run = Run(
            run_id, name, created, choices, metrics, curve, fitted.seconds, self.root / run_id
        )
        hidden = self.root / f".{run_id}.part"
        try:
            hidden.mkdir(parents=True)
            atomic_write(hidden / FIELD, data)
            atomic_write(hidden / CURVE, curve.to_csv().encode())
            atomic_write(hidden / RECORD, _record(run))
            if fitted.history:
                save(hidden / HISTORY, fitted.history)
            hidden.rename(run.folder)
        except OSError as error:
            reason = error.strerror or str(error)
            raise CainrError(f"The run cannot be kept in {self.root}: {reason}.") from error
        finally:
            shutil.rmtree(hidden, ignore_errors=True)
        return run

    def rename(self, run_id: str, name: str) -> Run:
        """Give a run another name; CainrError for an empty one, or a run of all."""
        self._check_own(run_id)
        run = replace(self.get(run_id), name=_tidy(name))
        atomic_write(run.folder / RECORD, _record(run))
        return run

    def delete(self, run_id: str) -> None:
        """Delete a run, broken or not; it is gone at once for everyone who lists the library.
        CainrError for a run of all."""
        self._check_own(run_id)
        folder = self._folder(run_id)
        hidden = self.root / f".{run_id}.{secrets.token_hex(3)}.deleted"
        try:
            folder.rename(hidden)
        except OSError as error:
            reason = error.strerror or str(error)
            raise CainrError(f"The run {run_id} cannot be deleted: {reason}.") from error
        shutil.rmtree(hidden, ignore_errors=True)

    def list(self) -> list[Run]:  # last, for its name hides the type in what follows
        """All runs that can be read, oldest first."""
        return self.scan()[0]

    def is_common(self, run_id: str) -> bool:
        """Whether a run is one of all who use the server, which stays as it is."""
        own = _ID.fullmatch(run_id) and (self.root / run_id).is_dir()
        return not own and self.common is not None

    def _check_own(self, run_id: str) -> None:
        if self.is_common(run_id):
            self.get(run_id)
            raise CainrError("This run belongs to all who use this server: it stays as it is.")

    def _folder(self, run_id: str) -> Path:
        # ids reach here from a web page: none may lead out of the library
        folder = self.root / run_id
        if not _ID.fullmatch(run_id) or not folder.is_dir():
            raise CainrError(f"There is no run {run_id!r} in {self.root}.")
        return folder


def default_name(choices: Choices) -> str:
    """A name that tells runs apart: variable, contexts and network."""
    network = network_title(choices.architecture)
    data, contexts = choices.data, contexts_title(choices.contexts)
    return _tidy(" · ".join(filter(None, [data.variable, data.part, contexts, network])))


def contexts_title(contexts: Sequence[ContextChoice]) -> str:
    """What a network was told: topography + climatology; no context."""
    return " + ".join(map(_called, contexts)) or "no context"


def network_title(architecture: Architecture) -> str:
    """Kind, depth and width, and the frequencies that are not the usual ones: SIREN 10 × 50, omega
    5."""
    shape = f"{network_kind(architecture)} {architecture.depth} × {architecture.width}"
    chosen = {name: getattr(architecture, name) for name in FREQUENCIES}
    others = (
        f"{name} {value:g}"
        for name, value in chosen.items()
        if name in architecture.used() and value != architecture.param[name].default
    )
    return ", ".join([shape, *others])


def network_kind(architecture: Architecture) -> str:
    """What its layers compute: SIREN."""
    return NETWORK_TITLES[str(architecture.network)]


def _called(context: ContextChoice) -> str:
    told = [f"{context.resolution:g}°"] if context.resolution else []
    told += [f"noise {context.noise:g}"] if context.noise else []
    told += [f"{context.bits} bits"] if context.bits else []
    told += [f"{name} {value}" for name, value in context.select.items()]
    told += ["embedded"] if context.embedded else []
    quality = f" ({', '.join(told)})" if told else ""
    return (context.source.replace("_", " ") if context.is_builtin else context.title) + quality


def _tidy(name: str) -> str:
    tidy = " ".join(name.split())[:LONGEST_NAME]
    if not tidy:
        raise CainrError("A run needs a name of at least one letter.")
    return tidy


def _record(run: Run) -> bytes:
    record = {
        "format": RECORD_FORMAT,
        "name": run.name,
        "created": run.created.isoformat(),
        "seconds": run.seconds,
        "choices": run.choices.to_dict(),
        "metrics": run.metrics.to_dict(),
    }
    return json.dumps(record, indent=2, ensure_ascii=False).encode() + b"\n"


def _read(folder: Path) -> Run:
    from cainr_core.choices import Choices

    record: dict[str, Any] = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    if record["format"] != RECORD_FORMAT:
        raise CainrError(f"its format {record['format']!r} is not one that this cainr knows.")
    metrics = Metrics(**record["metrics"])
    if (folder / FIELD).stat().st_size != metrics.file_bytes:
        raise CainrError(
            f"{FIELD} has not the {metrics.file_bytes} bytes that it was written with."
        )
    return Run(
        id=folder.name,
        name=str(record["name"]),
        created=datetime.fromisoformat(record["created"]),
        choices=Choices.from_dict(record["choices"]),
        metrics=metrics,
        curve=Curve.from_csv((folder / CURVE).read_text(encoding="utf-8")),
        seconds=float(record["seconds"]),
        folder=folder,
    )
