"""Other codecs on the fields of a server: one run at a time, in a process of its own, kept on disk
and seen by every page."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import time as clock
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from threading import Lock, Thread

from app import shared
from app.settings import settings
from cainr_core.benchmark.classical import BASELINES
from cainr_core.choices import DataChoice, values_of
from cainr_core.data.fields import Field
from cainr_core.errors import CainrError
from cainr_core.evaluate.rate_distortion import Row
from cainr_core.evaluate.report import Report, describe

log = logging.getLogger("cainr.app")
FOLDER, REPORT = ".codecs", "rate_distortion.json"
AT_ONCE = 0.3  # seconds, within which a mode is read, not measured
RATIOS = (3000, 1000, 300, 100, 30)  # at which the codecs are measured
PACKAGES = ("numcodecs", *(f"numcodecs_wasm_{name}" for name in BASELINES if name != "bitround"))
MISSING = "Other codecs are not installed on this server: pip install 'cainr[codecs]'."
LOST = "The codecs ended in a way that cainr did not expect; what was measured is kept."


@dataclass(frozen=True)
class Standing:
    """How far the codecs are: modes done of all, and the one under way.

    digest: of the values of the field. state: "running", "stopped", "done" or "failed". part: of
    all the time that the modes take, which is over.
    """

    digest: str
    state: str = "running"
    done: int = 0
    total: int = 0
    part: float = 0.0
    words: str = ""
    problem: str = ""
    began: float = 0.0  # when the first mode began that was not `known` before, monotonic s
    known: float = 0.0  # the part that was measured before

    @property
    def seconds_left(self) -> float | None:
        """About how long the modes take that are left, by those done; None before any is."""
        measured = self.part - self.known
        if measured <= 0:
            return None
        return (clock.monotonic() - self.began) / measured * (1 - self.part)


class Codecs:
    """The run of codecs under way, or the last one; it goes on if all pages are closed."""

    def __init__(self) -> None:
        self.version = 0  # changes whenever `standing` does
        self.standing: Standing | None = None
        self._process: subprocess.Popen[str] | None = None
        self._lock = Lock()
        self._known: dict[str, tuple[float, list[Row]]] = {}  # with when the file was changed

    @property
    def running(self) -> bool:
        """Whether codecs are measured on some field."""
        return self.standing is not None and self.standing.state == "running"

    def rows(self, field: Field) -> list[Row]:
        """What was measured on a field; reads a file."""
        digest = describe(field)["digest"]
        path = _path(digest)
        if not path.exists():
            return []
        changed = path.stat().st_mtime
        if digest not in self._known or self._known[digest][0] != changed:
            self._known[digest] = changed, Report(path, field).rows
        return self._known[digest][1]

    def start(self, data: DataChoice, field: Field) -> None:
        """Measure what is not known of a field yet. CainrError where that cannot be."""
        settings.check_sweep()
        if any(find_spec(package) is None for package in PACKAGES):
            raise CainrError(MISSING)
        with self._lock:
            if self.running:
                raise CainrError(
                    "Codecs are being measured on another field of this server: wait for them or "
                    "stop them."
                )
            digest = describe(field)["digest"]
            self._process = subprocess.Popen(
                [sys.executable, "-m", "cainr_core.benchmark.process"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            )  # fmt: skip
            sizes = sorted(field.original_bytes // ratio for ratio in RATIOS)
            asked = {
                "data": values_of(data),
                "path": str(_path(digest)),
                "sizes": sizes,
                "codecs": BASELINES,
            }
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps(asked) + "\n")
            self._process.stdin.flush()
            self._set(Standing(digest, began=clock.monotonic()))
        Thread(target=self._follow, args=(self._process,), daemon=True).start()

    def stop(self) -> None:
        """End the run; what is measured is kept, and a later run goes on from there."""
        with self._lock:
            if self.running and self._process is not None and self.standing is not None:
                self._set(replace(self.standing, state="stopped"))
                self._process.terminate()

    def _follow(self, process: subprocess.Popen[str]) -> None:
        problem = ""
        assert process.stdout is not None
        for line in process.stdout:
            told = json.loads(line)
            problem = told.pop("problem", "")
            self._tell(**told)
        code = process.wait()
        if code and not problem:
            problem = LOST
            log.warning("codecs ended with exit code %s", code)
        self._tell(state="failed" if code else "done", problem=problem)

    def _tell(self, **news: object) -> None:
        with self._lock:
            before, now = self.standing, clock.monotonic()
            if self.running and before is not None:  # not what was stopped meanwhile
                standing = replace(before, **news)  # type: ignore[arg-type]
                if standing.part > before.part == before.known and now - before.began < AT_ONCE:
                    standing = replace(standing, known=standing.part)
                if standing.part == standing.known:
                    standing = replace(standing, began=now)
                self._set(standing)

    def _set(self, standing: Standing) -> None:
        self.standing = standing
        self.version += 1


codecs = Codecs()


def _path(digest: str) -> Path:
    return shared.kept_runs().root.resolve() / FOLDER / digest / REPORT
