"""Other codecs on one field, in a process that makes way for others and ends with its parent.

    python -m cainr_core.benchmark.process

It reads one line of JSON: the `data` of a choice, the `path` of the report, `sizes` in bytes, and
the names of `codecs`.
It writes lines of JSON before each mode of a codec: `done` of `total` modes, the `part` of the time
that is over, and `words`; or a `problem`.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any

from cainr_core.benchmark.classical import base_of, measure_codecs, part_done
from cainr_core.choices import DataChoice
from cainr_core.errors import CainrError

NICE = 10  # steps behind fits and pages


def main() -> None:
    """Measure what the line on standard input asks for."""
    with suppress(OSError, AttributeError):
        os.nice(NICE)
    asked = json.loads(sys.stdin.readline())
    Thread(target=_end_with_parent, daemon=True).start()
    try:
        _measure(asked)
    except CainrError as problem:
        _say(problem=str(problem))
        sys.exit(2)


def _measure(asked: dict[str, Any]) -> None:
    from cainr_core.compression import open_data
    from cainr_core.evaluate.report import Report

    field = open_data(DataChoice(**asked["data"]))
    path = Path(asked["path"])
    path.parent.mkdir(parents=True, exist_ok=True)

    def tell(done: int, total: int, words: str = "") -> None:
        part = part_done(asked["codecs"], done, total)
        _say(done=done, total=total, part=part, words=words)

    report = Report(path, field)
    measure_codecs(
        report, field, base_of(field, []), asked["sizes"], asked["codecs"], tell, reach=False
    )  # fmt: skip
    report.save()


def _say(**told: object) -> None:
    print(json.dumps(told), flush=True)


def _end_with_parent() -> None:
    """Standard input ends when the parent does, however that ends."""
    sys.stdin.read()
    os._exit(1)


if __name__ == "__main__":
    main()
