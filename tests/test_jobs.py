"""Fits as jobs: on a worker of our own, on a cluster, cancelled, killed, refused."""

from __future__ import annotations

import gc
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import dask
import numpy as np
import psutil
import pytest
from distributed import Client, LocalCluster, Variable, get_client

from cainr_core.choices import Choices, DataChoice, Target
from cainr_core.cluster import GIVEN_UP, connect, disconnect, gpus
from cainr_core.codec.reconstruction import read
from cainr_core.data.choices import ContextChoice
from cainr_core.errors import CainrError
from cainr_core.fit.recipe import Recipe
from cainr_core.job import FINAL, Job
from cainr_core.jobs import Jobs
from cainr_core.model.architecture import Architecture
from cainr_core.queue import Pace

PATIENCE = 90.0


def choices(steps: int, **others: object) -> Choices:
    """A fit of a few seconds, or, with many steps, one that does not end by itself."""
    return Choices(
        data=DataChoice(time="0:3"),
        contexts=[ContextChoice.parse("topography@resolution=4")],
        architecture=Architecture(depth=3, width=12),
        recipe=Recipe(steps=steps, batch=4096),
        device=str(others.pop("device", "cpu")),
        **others,  # type: ignore[arg-type]
    )


def wait_for(condition: Callable[[], object], job: Job | None = None) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "took too long"
        assert job is None or job.state not in FINAL, (job.state, job.error)
        time.sleep(0.02)


def learning(job: Job, step: int = 5) -> Callable[[], bool]:
    return lambda: job.latest.progress is not None and job.latest.progress.step >= step


@pytest.fixture(scope="module")
def own_worker() -> Iterator[Jobs]:
    jobs = Jobs()
    jobs.start()
    yield jobs
    jobs.close()


@pytest.fixture
def jobs(own_worker: Jobs) -> Iterator[Jobs]:
    """The worker of our own, for which a test that fails leaves nothing to do."""
    yield own_worker
    for job in list(own_worker._jobs):
        job.cancel()
    wait_for(lambda: all(job.state in FINAL for job in list(own_worker._jobs)))


def other_cluster(workers: int, threads: int) -> LocalCluster:
    """A scheduler that is not ours, which gives up no worker that takes its time to start again."""
    dask.config.set({"distributed.deploy.lost-worker-timeout": GIVEN_UP})
    return LocalCluster(
        n_workers=workers,
        threads_per_worker=threads,
        host="127.0.0.1",
        dashboard_address=None,
        scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
        silence_logs=logging.CRITICAL,
    )


@pytest.fixture
def cluster() -> Iterator[LocalCluster]:
    """Another's scheduler, with two workers of two threads each."""
    with other_cluster(2, 2) as cluster:
        yield cluster


@pytest.fixture
def one_worker() -> Iterator[tuple[LocalCluster, Client]]:
    """Another's scheduler with one worker, to be killed, and a client to do so."""
    with other_cluster(1, 1) as cluster, Client(cluster, set_as_default=False) as client:
        yield cluster, client


# --- the worker of our own -----------------------------------------------------------


def test_a_fit_moves_and_ends_with_a_file(jobs: Jobs) -> None:
    wanted = choices(300)
    job = jobs.submit(wanted)
    job.look_at(2)
    seen = []
    while job.state not in FINAL:
        if not seen or seen[-1] is not job.latest:
            seen.append(job.latest)
        time.sleep(0.02)
    fitted = job.result()
    assert (job.state, job.error) == ("done", None)
    assert fitted is not None
    reconstruction = read(fitted.data)
    assert reconstruction.shape == (3, 192, 288)
    assert fitted.metrics.file_bytes == len(fitted.data)
    assert len(fitted.curve) == np.unique(fitted.curve.step).size
    assert fitted.curve.step[-1] == wanted.recipe.steps + wanted.recipe.tail_steps
    assert [moment.step for moment in fitted.history][:2] == [0, 5]
    assert read(fitted.history[-1].source).shape == (3, 192, 288)
    assert fitted.seconds > 0
    lengths = [len(snapshot.curve) for snapshot in seen]
    assert len(set(lengths)) > 3
    assert lengths == sorted(lengths)
    time_index, values = next(s.frame for s in reversed(seen) if s.frame is not None)
    assert time_index == 2
    assert values.dtype == np.float32
    assert values.shape == (192, 288)
    assert 150 < values.mean() < 350
    assert job.latest.message.startswith("Done: ")


def test_looking_at_another_time_brings_its_frame(jobs: Jobs) -> None:
    job = jobs.submit(choices(1_000_000))
    try:
        for asked, shown in ((0, 0), (2, 2), (1, 1), (99, 2)):
            job.look_at(asked)
            wait_for(lambda: job.latest.frame is not None and job.latest.frame[0] == shown, job)  # noqa: B023
    finally:
        job.cancel()
    job.result(PATIENCE)


def test_a_cancelled_fit_keeps_what_it_learned(jobs: Jobs) -> None:
    job = jobs.submit(choices(1_000_000))
    wait_for(learning(job, 100), job)
    before = time.monotonic()
    job.cancel()
    assert time.monotonic() - before < 0.05
    fitted = job.result(PATIENCE)
    assert job.state == "cancelled"
    assert fitted is not None
    assert 100 <= fitted.curve.step[-1] < 1_000_000
    assert read(fitted.data).info()["file_bytes"] == len(fitted.data)


def test_what_is_left_of_a_fit_goes_by_its_own_pace(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "_pace", Pace())
    jobs._pace.take(100.0, 1_000.0)  # of earlier fits, slow ones
    job = SimpleNamespace(_pace_so_far=(0.0, 0.0), _work_left=60.0)
    assert jobs._seconds_left(job) == 600
    job._pace_so_far = (40.0, 80.0)
    assert jobs._seconds_left(job) == 120
    job._work_left = None
    assert jobs._seconds_left(job) is None


def test_jobs_wait_for_each_other_and_say_so(jobs: Jobs) -> None:
    first, second, third = (jobs.submit(choices(1_000_000)) for _ in range(3))
    wait_for(learning(first), first)
    wait_for(lambda: third.latest.message == "Waiting for 2 other fits.", third)
    assert (second.state, second.latest.message) == ("queued", "Waiting for 1 other fit.")
    third.cancel()
    assert third.result(PATIENCE) is None
    assert third.state == "cancelled"
    first.cancel()
    wait_for(learning(second), second)
    assert first.state == "cancelled"
    second.cancel()
    second.result(PATIENCE)


def test_people_take_turns_and_see_their_places(jobs: Jobs) -> None:
    first, again = (jobs.submit(choices(1_000_000), person="a") for _ in range(2))
    other = jobs.submit(choices(1_000_000), person="b")
    wait_for(learning(first, 50), first)
    for job in (again, other):
        wait_for(lambda: job.latest.place is not None and job.latest.place.seconds, job)  # noqa: B023
    places = [job.latest.place for job in (other, again)]
    assert [place and place.before for place in places] == [1, 2]
    assert 0 < places[0].seconds < places[1].seconds
    first.cancel()
    wait_for(learning(other), other)
    assert (again.state, other.latest.place) == ("queued", None)
    again.cancel()
    other.cancel()
    for job in (again, other):
        job.result(PATIENCE)


def test_a_fit_that_nobody_looks_at_makes_way_and_goes_on(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = jobs.submit(choices(1_000_000))
    left.seen()
    wait_for(learning(left, 50), left)
    monkeypatch.setattr("cainr_core.job.AWAY", -1.0)
    time.sleep(0.5)
    assert left.latest.place is None  # as long as nobody waits it learns
    looked_at = jobs.submit(choices(100))
    assert looked_at.result(PATIENCE) is not None
    steps = left.latest.progress.step
    wait_for(learning(left, steps + 50), left)
    second = jobs.submit(choices(1_000_000))
    wait_for(lambda: left.latest.place is not None and left.latest.place.before == 1, left)
    wait_for(learning(second), second)
    left.cancel()  # aside, too, it keeps what it learned
    assert left.result(PATIENCE) is not None
    assert second.state == "running"
    second.cancel()
    second.result(PATIENCE)


def test_where_left_fits_are_stopped_they_free_their_places(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    running, waiting = (jobs.submit(choices(1_000_000)) for _ in range(2))
    for job in (running, waiting):
        job.seen()
    wait_for(learning(running, 50), running)
    monkeypatch.setattr("cainr_core.job.GRACE", -1.0)
    monkeypatch.setattr(jobs, "stop_left", True)
    assert running.result(PATIENCE) is not None
    assert waiting.result(PATIENCE) is None
    assert running.state == waiting.state == "cancelled"


def test_a_fit_of_a_given_field(jobs: Jobs) -> None:
    from cainr_core.data.sources import open_sample

    field = open_sample("4:6")
    fitted = jobs.submit(choices(20), field).result(PATIENCE)
    assert fitted is not None
    np.testing.assert_array_equal(read(fitted.data).time.coordinate, field.time.coordinate)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (choices(10, target=Target(kind="bytes", value=20)), "too small"),
        (choices(10, device="cuda"), "CUDA"),
        (Choices(data=DataChoice(path="/no/such/file.nc")), "file.nc"),
        (Choices(contexts=[ContextChoice(source="/no/such.nc:PHIS")]), "such.nc"),
    ],
    ids=["budget", "device", "file", "context"],
)
def test_what_cannot_be_fitted_fails_with_a_sentence(
    jobs: Jobs, wanted: Choices, expected: str
) -> None:
    if expected == "CUDA":
        import torch

        if torch.cuda.is_available():
            pytest.skip("there is a CUDA device")
    job = jobs.submit(wanted)
    with pytest.raises(CainrError, match=expected) as refused:
        job.result(PATIENCE)
    assert job.state == "failed"
    assert job.error == str(refused.value)
    assert "\n" not in job.error


# --- several GPUs -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("named", "expected"), [("0,1", ["0", "1"]), ("", []), ("-1", []), (" GPU-a1 ", ["GPU-a1"])]
)
def test_gpus_are_those_that_a_process_may_use(
    monkeypatch: pytest.MonkeyPatch, named: str, expected: list[str]
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", named)
    assert gpus() == expected


def test_each_gpu_has_a_worker_and_the_line_is_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine without any, whose workers take the CPU."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "5,7")
    jobs = Jobs()
    try:
        with Client(jobs.address(), set_as_default=False) as client:
            seen = client.run(lambda: os.environ["CUDA_VISIBLE_DEVICES"])
            assert sorted(seen.values()) == ["5", "7"]
        first, second, third = (jobs.submit(choices(1_000_000)) for _ in range(3))
        for job in (first, second):
            wait_for(learning(job), job)
        wait_for(lambda: third.latest.place is not None, third)
        second.cancel()
        wait_for(learning(third), third)
        assert first.state == "running"
    finally:
        jobs.close()


# --- another's scheduler ----------------------------------------------------------------


def test_the_scheduler_named_by_the_environment_is_used(
    cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAINR_SCHEDULER", cluster.scheduler_address)
    jobs = Jobs()
    assert jobs.scheduler == cluster.scheduler_address
    try:
        both = [jobs.submit(choices(100_000)) for _ in range(2)]
        for job in both:  # side by side, for there are two workers
            wait_for(learning(job), job)
        with Client(cluster, set_as_default=False) as client:
            busy = [keys for keys in client.processing().values() if keys]
        assert len(busy) == 2
        for job in both:
            job.cancel()
        assert all(job.result(PATIENCE) is not None for job in both)
    finally:
        jobs.close()


def test_a_fit_whose_client_left_ends(one_worker: tuple[LocalCluster, Client]) -> None:
    cluster, client = one_worker
    jobs = Jobs(cluster.scheduler_address)
    job = jobs.submit(choices(1_000_000))
    wait_for(learning(job), job)
    assert _tasks_of_workers(client) == 1
    jobs.close()
    with pytest.raises(CainrError, match="closed"):
        job.result(PATIENCE)
    wait_for(lambda: _tasks_of_workers(client) == 0)


def test_a_killed_worker_is_replaced_and_the_fit_goes_on(
    one_worker: tuple[LocalCluster, Client],
) -> None:
    cluster, client = one_worker
    client.run(_checkpoint_often)
    jobs = Jobs(cluster.scheduler_address)
    try:
        job = jobs.submit(choices(800))
        wait_for(learning(job, 100), job)
        _kill_workers(client)
        wait_for(lambda: "Going on from step" in job.latest.message, job)
        assert job.latest.message.startswith("The worker process ended and was replaced. Going")
        fitted = job.result(PATIENCE)
        assert job.state == "done"
        assert fitted is not None
        assert np.all(np.diff(fitted.curve.step) >= 0)
        assert fitted.metrics.file_bytes == len(fitted.data)
        assert read(fitted.data).shape == (3, 192, 288)
    finally:
        jobs.close()


def test_a_fit_that_kills_every_worker_fails(one_worker: tuple[LocalCluster, Client]) -> None:
    cluster, client = one_worker
    jobs = Jobs(cluster.scheduler_address)
    try:
        job = jobs.submit(choices(1_000_000))
        for said in ("", "The worker process ended and was replaced. The fit starts again."):
            wait_for(lambda: learning(job)() and said in job.latest.message, job)  # noqa: B023
            _kill_workers(client)
        with pytest.raises(CainrError, match="The worker died 2 times"):
            job.result(PATIENCE)
        again = jobs.submit(choices(20))  # and the next fit finds a worker
        assert again.result(PATIENCE) is not None
    finally:
        jobs.close()


def test_a_worker_that_was_killed_while_it_asked_leaves_no_traceback(
    caplog: pytest.LogCaptureFixture,
) -> None:
    cluster, client = connect(None)
    try:
        asked = client.submit(_ask_for_what_is_not_there, pure=False)
        wait_for(lambda: any(client.processing().values()))
        time.sleep(1)
        _kill_workers(client)
        time.sleep(2)
        del asked
    finally:
        disconnect(cluster, client)
    gc.collect()
    assert "Task exception was never retrieved" not in caplog.text


def _ask_for_what_is_not_there() -> None:
    Variable("missing", client=get_client()).get(timeout=2)


def test_a_scheduler_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cainr_core.cluster.PATIENCE", 1.0)
    jobs = Jobs("tcp://127.0.0.1:1")
    job = jobs.submit(choices(10))
    with pytest.raises(CainrError, match=r"The scheduler at tcp://127.0.0.1:1 cannot be reached"):
        job.result(PATIENCE)
    jobs.close()


def test_a_scheduler_that_leaves_is_told(cluster: LocalCluster) -> None:
    jobs = Jobs(cluster.scheduler_address)
    job = jobs.submit(choices(1_000_000))
    wait_for(learning(job), job)
    cluster.close()
    with pytest.raises(CainrError, match=r"cannot be reached|has lost this fit"):
        job.result(PATIENCE)
    jobs.close()


# --- the server process -----------------------------------------------------------------

SERVER = """
import sys, time
from cainr_core.jobs import Jobs
from tests.test_jobs import choices, learning, wait_for

if __name__ == "__main__":
    job = Jobs().submit(choices(1_000_000))
    wait_for(learning(job), job)
    print("torch" in sys.modules, flush=True)
    time.sleep(600)
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_worker_outlives_its_server(end: signal.Signals, tmp_path: Path) -> None:
    script = tmp_path / "server.py"
    script.write_text(SERVER)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    with subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, text=True, env=environment
    ) as server:
        try:
            assert server.stdout is not None
            assert server.stdout.readline() == "False\n"  # fits load torch in the worker only
            children = psutil.Process(server.pid).children(recursive=True)
            assert children
            server.send_signal(end)
            server.wait(120)
        finally:
            server.kill()
    assert psutil.wait_procs(children, timeout=20)[1] == []


def _checkpoint_often() -> None:
    import cainr_core.fit.fitting as fitting

    fitting.CHECKPOINT_SECONDS = 0.2


def _tasks_of_workers(client: Client) -> int:
    return sum(client.run(lambda dask_worker: len(dask_worker.state.tasks)).values())


def _kill_workers(client: Client) -> None:
    for pid in client.run(os.getpid).values():
        os.kill(pid, signal.SIGKILL)
