"""A rate-distortion table on disk: what was measured, where, and how the codecs compare."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
import platform
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cainr_core.data.fields import Field
from cainr_core.errors import CainrError
from cainr_core.evaluate.bjontegaard import RateDifference, frontier, rate_difference
from cainr_core.evaluate.rate_distortion import ANOMALY, FIELD, Row
from cainr_core.files import atomic_write

REFERENCE = "sperr"
ALIKE = 1.02  # times the bytes
PACKAGES = (
    *("torch", "numpy", "numcodecs", "numcodecs-wasm-sperr", "numcodecs-wasm-sz3"),
    *("numcodecs-wasm-zfp", "numcodecs-wasm-ebcc", "numcodecs-wasm-jpeg2000"),
)


@dataclass(frozen=True)
class Comparison:
    """The bytes of one curve against SPERR on the field or the anomaly; None: nothing to compare.

    Its `difference.most` < 0 where the curve takes fewer bytes at every PSNR that both reach.
    """

    codec: str
    on: str
    against: str
    difference: RateDifference | None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, percent and dB."""
        told = asdict(self.difference) if self.difference else {}
        fewer = None if self.difference is None else self.difference.most < 0
        return {
            "codec": self.codec,
            "on": self.on,
            "against": f"{REFERENCE} on the {self.against}",
            "bd_rate_percent": told.get("mean"),
            "least_percent": told.get("least"),
            "most_percent": told.get("most"),
            "psnr_from": told.get("psnr_from"),
            "psnr_to": told.get("psnr_to"),
            "fewer_bytes_everywhere": fewer,
        }


class Report:
    """Rows of one field, kept in a JSON file as they come, so that a stopped run goes on."""

    def __init__(self, path: Path, field: Field) -> None:
        self.path = path
        self.about = describe(field)
        self.rows: list[Row] = []
        self.unreached: list[dict[str, Any]] = []
        self.machines: list[dict[str, Any]] = []
        if path.exists():
            self._read()

    def _read(self) -> None:
        try:
            told = json.loads(self.path.read_text(encoding="utf-8"))
            about, self.machines = told["field"], told["machines"]
            self.rows = [Row(**row) for row in told["rows"]]
            self.unreached = told["unreached"]
        except (ValueError, KeyError, TypeError) as error:
            raise CainrError(f"{self.path} holds no table of this benchmark; move it.") from error
        if about != self.about:
            raise CainrError(
                f"{self.path} holds another field or other times; choose a new folder."
            )

    def has(self, codec: str, on: str, mode: str, wanted: int) -> bool:
        """Whether this was measured, or found out of reach (0: of all sizes), before."""
        return any(
            (row.codec, row.on, row.mode, row.wanted) == (codec, on, mode, wanted)
            for row in self.rows
        ) or any(
            (one["codec"], one["on"], one["mode"]) == (codec, on, mode)
            and one["wanted"] in (0, wanted)
            for one in self.unreached
        )

    def add(self, row: Row) -> None:
        """Keep a row, measured on this machine today; the same point twice is kept once."""
        same = (row.codec, row.on, row.mode, row.setting, row.wanted)
        if any(same == (one.codec, one.on, one.mode, one.setting, one.wanted) for one in self.rows):
            return
        self.rows.append(replace(row, machine=self._machine()))

    def add_unreached(self, codec: str, on: str, mode: str, wanted: int, reason: str) -> None:
        """Keep that a mode does not come to a size (0: to any), and why."""
        told = {"codec": codec, "on": on, "mode": mode, "wanted": wanted, "reason": reason}
        if told not in self.unreached:
            self.unreached.append(told)

    def of_fit(self, codec: str, on: str, mode: str) -> list[Row]:
        """The rows of one fit, at whatever sizes."""
        return [row for row in self.rows if (row.codec, row.on, row.mode) == (codec, on, mode)]

    def curve(self, codec: str, on: str) -> NDArray[np.float64]:
        """(bytes, PSNR), shape (n, 2), ascending: the best of all modes of the codec.

        Of two sizes less than 2 percent apart the better one: modes meet a size nearly alike.
        """
        rows = [row for row in self.rows if (row.codec, row.on) == (codec, on)]
        points = frontier((row.bytes, row.psnr) for row in rows)
        following = np.append(points[1:, 0], np.inf)[: len(points)]
        return points[following > ALIKE * points[:, 0]]

    def curves(self) -> list[tuple[str, str]]:
        """(codec, on) of every curve, in the order that they were measured."""
        return list(dict.fromkeys((row.codec, row.on) for row in self.rows))

    def reference_psnr(self, codec: str) -> float:
        """The best PSNR of SPERR on the field, which other codecs are to reach; else -infinity."""
        reference = self.curve(REFERENCE, FIELD)
        return -math.inf if codec == REFERENCE or not len(reference) else float(reference[-1, 1])

    def comparisons(self) -> list[Comparison]:
        """Every curve against SPERR on the field, and against SPERR on the anomaly."""
        return [
            Comparison(
                codec,
                on,
                against,
                rate_difference(self.curve(codec, on), self.curve(REFERENCE, against)),
            )
            for codec, on in self.curves()
            for against in (FIELD, ANOMALY)
            if (REFERENCE, against) in self.curves()
        ]

    def save(self) -> None:
        """Write the JSON file, and beside it the rows as CSV."""
        summary = [one.to_dict() for one in self.comparisons()]
        told = {
            "field": self.about,
            "machines": self.machines,
            "rows": [asdict(row) for row in self.rows],
            "unreached": self.unreached,
            "summary": summary,
        }
        atomic_write(self.path, (json.dumps(told, indent=1, ensure_ascii=False) + "\n").encode())
        columns = [one.name for one in fields(Row)]
        write_csv(self.path.with_suffix(".csv"), columns, map(asdict, self.rows))
        if summary:
            name = self.path.with_name(f"{self.path.stem}_summary.csv")
            write_csv(name, list(summary[0]), summary)

    def _machine(self) -> int:
        here = machine()
        if here not in self.machines:
            self.machines.append(here)
        return self.machines.index(here)


def describe(field: Field) -> dict[str, Any]:
    """What tells a field from others: its names, shape and a digest of its values; no paths."""
    return {
        "variable": field.name,
        "units": field.units,
        "shape": list(field.shape),
        "first_time": field.time.label(0),
        "last_time": field.time.label(len(field.time) - 1),
        "original_bytes": field.original_bytes,
        "digest": hashlib.sha256(np.ascontiguousarray(field.values).tobytes()).hexdigest()[:32],
    }


def machine() -> dict[str, Any]:
    """The date, the processors and the versions; nothing of names, users or paths."""
    import torch

    versions = {}
    for package in PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return {
        "date": date.today().isoformat(),
        "cpu": _cpu(),
        "threads": torch.get_num_threads(),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "python": platform.python_version(),
        "versions": versions,
    }


def _cpu() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def write_csv(path: Path, columns: list[str], rows: Iterable[dict[str, Any]]) -> None:
    """Write rows below the names of their columns."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    atomic_write(path, text.getvalue().encode())
