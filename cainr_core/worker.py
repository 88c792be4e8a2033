"""What a dask worker does with a fit: it learns, tells how that goes, and gives back the file.

The fit and its client share three distributed Variables, in each of which the latest wins, so that
a slow reader misses steps and never piles them up:

- wishes, set by the client: {"look": time index, "cancel": bool, "aside": whether to let others
  have the worker};
- state, set by the worker: {"attempt", "progress", "curve", "message", "frame"}, the last of which
  is the number of the newest frame;
- frame, set by the worker: {"number", "time", "shape", "values"}, large and so apart.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import time as clock
from dataclasses import astuple, dataclass
from dataclasses import field as dataclass_field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cainr_core.cluster import PATIENCE
from cainr_core.curves import Curve
from cainr_core.errors import CainrError
from cainr_core.fit.progress import Progress
from cainr_core.one_fit import PERIOD, OneFit, unwanted

if TYPE_CHECKING:
    from dask.typing import Key
    from distributed import Client, Variable, Worker

    from cainr_core.choices import Choices
    from cainr_core.compression import Compression
    from cainr_core.data.contexts import Context
    from cainr_core.data.fields import Field
    from cainr_core.evaluate.metrics import Metrics
    from cainr_core.history import Moment

MOST_DEATHS = 2
TOO_LARGE = (
    f"The worker died {MOST_DEATHS} times during this fit, probably for want of memory: choose a "
    "smaller batch, fewer times or a smaller network."
)
REPLACED = "The worker process ended and was replaced."
SHOWN_POINTS = 2000  # of a curve, while it grows
FRAMES_APART = 0.2  # seconds at least
SHARE_FOR_FRAMES = 0.2  # of the time of a fit, at most, goes into showing it
LASTS = 60.0  # seconds that a message is told while steps are taken


@dataclass(frozen=True, eq=False)
class Fitted:
    """What a fit ends with: the bytes of the .cainr file, its measures, how it was learned, and
    states on the way."""

    data: bytes = dataclass_field(repr=False)
    metrics: Metrics
    curve: Curve = dataclass_field(repr=False)
    seconds: float
    history: tuple[Moment, ...] = dataclass_field(default=(), repr=False)


def variables(job_id: str, client: Client) -> dict[str, Variable]:
    """The three variables of a job: "wishes", "state" and "frame"."""
    from distributed import Variable

    return {
        name: Variable(f"cainr-{job_id}-{name}", client=client)
        for name in ("wishes", "state", "frame")
    }


def fit(job_id: str, choices: Choices, field: Field, contexts: list[Context]) -> Fitted | None:
    """Run a fit to its end, or to where it is cancelled; None where nothing was learned by then.

    Goes on from its checkpoint where a worker died. CainrError where workers die again and again.
    """
    from distributed import get_client, get_worker

    worker = get_worker()
    with OneFit() as turn:
        if unwanted(worker, key := worker.get_current_task()):
            return None
        reporter = _Reporter(job_id, get_client(), worker, key, turn)
        try:
            if reporter.attempt > MOST_DEATHS:
                raise CainrError(TOO_LARGE)
            return _fit(reporter, choices, field, contexts)
        finally:
            reporter.close()


def _fit(
    reporter: _Reporter, choices: Choices, field: Field, contexts: list[Context]
) -> Fitted | None:
    from cainr_core.compression import Compression

    _use_cores(reporter.threads)
    started = clock.monotonic()
    compression = Compression(
        field,
        contexts,
        choices.architecture,
        choices.recipe,
        choices.target,
        choices.device,
        keep_history=True,
    )
    reporter.follow(compression)
    folder = _checkpoint_folder(reporter.job_id)
    folder.mkdir(exist_ok=True)
    checkpoint = folder / "checkpoint"
    if reporter.attempt > 1 and not checkpoint.exists():
        reporter.starts_again()
    try:
        for progress in compression.run(checkpoint):
            reporter.take(progress)
            reporter.make_way()
    finally:  # which a worker that is killed does not reach
        if not reporter.deserted:
            forget(reporter.job_id)
    if compression.metrics is None or compression.curve[-1].step == 0:
        return None
    curve = Curve.of(compression.curve)
    return Fitted(
        compression.data,
        compression.metrics,
        curve,
        clock.monotonic() - started,
        compression.history,
    )


def forget(job_id: str) -> None:
    """Remove the checkpoint of a fit that nobody will take up, if it is on this machine."""
    shutil.rmtree(_checkpoint_folder(job_id), ignore_errors=True)


def _checkpoint_folder(job_id: str) -> Path:
    return Path(tempfile.gettempdir()) / f"cainr-{job_id}"


class _Reporter:
    """Keeps the client of a fit informed, and brings its wishes to the fit.

    The exchange has a thread of its own, so that neither a slow network holds up the fit nor a
    slow step a cancel. Frames are drawn by the fit's own thread, between two steps.
    """

    def __init__(self, job_id: str, client: Client, worker: Worker, key: Key, turn: OneFit) -> None:
        self.job_id, self.deserted = job_id, False
        self._turn = turn
        self._worker, self._key = worker, key
        self.threads = worker.state.nthreads
        self._variables = variables(job_id, client)
        state = self._get("state")
        self.attempt = state["attempt"] + 1
        self._message = REPLACED if self.attempt > 1 else ""
        self._said, self._said_at = "", 0.0
        self._compression: Compression | None = None
        self._progress: Progress | None = None
        # number, time, values: of a worker that died the number goes on
        self._frame: tuple[int, int, NDArray | None] = (state["frame"], 0, None)
        self._frame_due = 0.0
        self._looked, self._wishes = -1, self._get("wishes")
        self._told: tuple[Progress | None, int] | None = None
        self._closing = threading.Event()
        self._tell()
        self._thread = threading.Thread(target=self._exchange, daemon=True)
        self._thread.start()

    def follow(self, compression: Compression) -> None:
        """The fit that is to be told of."""
        self._compression = compression

    def starts_again(self) -> None:
        """Tell that nothing is left of what a worker learned before it ended."""
        self._message = f"{REPLACED} The fit starts again."

    def take(self, progress: Progress) -> None:
        """Take what the fit yielded, and a frame if one is due; called by the fit's thread."""
        self._progress = progress
        look, now = self._wishes["look"], clock.monotonic()
        if progress.message or not progress.step:  # what is told before the first step ends with it
            self._said, self._said_at = progress.message or "", now
        elif now - self._said_at > LASTS:
            self._message = self._said = ""
        if self._compression is None:
            return
        look = min(max(look, 0), self._compression.field.shape[0] - 1)
        if look == self._looked and now < self._frame_due:
            return
        values = self._compression.reconstruct(look)[0]
        cost = clock.monotonic() - now
        self._frame_due = now + max(FRAMES_APART, cost / SHARE_FOR_FRAMES)
        self._looked = look
        self._frame = (self._frame[0] + 1, look, values)

    def make_way(self) -> None:
        """Let others have the worker if that is wished; called by the fit's thread."""
        self._turn.lend(lambda: self._wishes["aside"], lambda: self.deserted or self._cancelled)

    @property
    def _cancelled(self) -> bool:
        return bool(self._wishes["cancel"])

    def close(self) -> None:
        """Tell the last that is to be told, and stop."""
        self._closing.set()
        self._thread.join()

    def _exchange(self) -> None:
        try:
            while not self._closing.wait(PERIOD):
                self._wishes = self._get("wishes")
                self.deserted = unwanted(self._worker, self._key) and not self._cancelled
                if self.deserted or self._cancelled:
                    self._stop()
                self._tell()
            self._tell()
        except Exception:  # the client has left, or the scheduler: nobody waits for this fit
            self.deserted = True
            self._stop()

    def _stop(self) -> None:
        if self._compression is not None:
            self._compression.cancel()

    def _tell(self) -> None:
        progress, (number, time, values) = self._progress, self._frame
        if self._told == (progress, number):
            return
        if values is not None and self._told is not None and number != self._told[1]:
            self._variables["frame"].set(pack_frame(number, time, values))
        curve = [] if self._compression is None else list(self._compression.curve)
        self._variables["state"].set(
            {
                "attempt": self.attempt,
                "progress": None if progress is None else astuple(progress),
                "curve": pack_curve(Curve.of(curve).thinned(SHOWN_POINTS)),
                "message": " ".join(filter(None, (self._message, self._said))),
                "frame": number,
            }
        )
        self._told = (progress, number)

    def _get(self, name: str) -> dict[str, Any]:
        return self._variables[name].get(timeout=PATIENCE)


def initial_state() -> dict[str, Any]:
    """The state of a job that no worker has begun."""
    return {"attempt": 0, "progress": None, "curve": b"", "message": "", "frame": 0}


def pack_curve(curve: Curve) -> bytes:
    """A curve as a state holds it."""
    return np.array([curve.step, curve.seconds, curve.loss, curve.psnr], "<f8").tobytes()


def unpack_curve(packed: bytes) -> Curve:
    """The curve in a state."""
    step, *others = np.frombuffer(packed, "<f8").reshape(4, -1)
    return Curve(step.astype(np.int64), *others)


def pack_frame(number: int, time: int, values: NDArray) -> dict[str, Any]:
    """One time of a reconstruction, of the shape of the grid, as its variable holds it."""
    shape = list(values.shape)
    return {
        "number": number,
        "time": time,
        "shape": shape,
        "values": values.astype("<f4").tobytes(),
    }


def unpack_frame(packed: dict[str, Any]) -> tuple[int, NDArray[np.float32]]:
    """Time index and values, of the shape of the grid, of a frame."""
    values = np.frombuffer(packed["values"], "<f4").reshape(packed["shape"])
    return packed["time"], values


def dask_setup(worker: Worker) -> None:
    """Load what a fit needs when a worker starts, while nobody waits for it (a dask preload)."""
    import torch

    import cainr_core.codec.rate
    import cainr_core.codec.reconstruction
    import cainr_core.compression
    import cainr_core.fit.fitting  # noqa: F401

    torch.optim.Adam([torch.zeros(1, requires_grad=True)])  # the first one loads a second's worth
    if torch.cuda.is_available():
        from cainr_core.fit.kernels.together import unserved
        from cainr_core.model.architecture import Architecture

        unserved(Architecture(), 1, torch.device("cuda"))  # whether kernels run takes seconds


def _use_cores(threads: int) -> None:
    """Let the fit have the cores that its worker was given: dask's default is one for each task."""
    import torch

    torch.set_num_threads(max(threads, int(os.environ.get("OMP_NUM_THREADS", 1))))
