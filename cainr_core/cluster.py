"""Where jobs run: a worker process of one's own, or a dask scheduler that others run."""

from __future__ import annotations

import asyncio
import logging
import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from distributed import Client, LocalCluster, Nanny

PATIENCE = 10.0  # seconds until a scheduler that does not answer counts as gone
# After so long dask gives up a worker that ended, for good; its own 15 s are less than a busy
# machine takes to start the next.
GIVEN_UP = "1 hour"


def connect(scheduler: str | None) -> tuple[LocalCluster | None, Client]:
    """A client of that scheduler, or of one in this process with a worker process for each GPU,
    one where there is none."""
    import dask
    from distributed import Client

    # a field travels with its task, so that it is still there when a worker dies
    warnings.filterwarnings("ignore", message="Sending large graph", category=UserWarning)
    if scheduler:
        return None, Client(scheduler, timeout=PATIENCE, set_as_default=False)
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    dask.config.set({"distributed.deploy.lost-worker-timeout": GIVEN_UP})  # read as workers end
    devices = gpus()
    share = max(1, len(os.sched_getaffinity(0)) // max(1, len(devices)))
    cores = os.environ.get("OMP_NUM_THREADS") or str(share)
    # in place of dask's own, which has memory given back to the system after every operation: a
    # step of a fit would take three times as long
    environment = {"OMP_NUM_THREADS": cores, "MKL_NUM_THREADS": cores}
    with dask.config.set({"distributed.nanny.pre-spawn-environ": environment}):
        cluster = _local_cluster(devices)
    # what a worker had asked for that was killed in the meantime is no news either
    cluster.loop.asyncio_loop.set_exception_handler(lambda loop, context: None)  # type: ignore[union-attr]
    return cluster, Client(cluster, timeout=PATIENCE, set_as_default=False)


def gpus() -> list[str]:
    """The GPUs of this machine that a process may use, as CUDA calls them. Torch is not asked, for
    it takes seconds to load."""
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    if named is None:
        found = (path.name.removeprefix("nvidia") for path in Path("/dev").glob("nvidia[0-9]*"))
        return sorted(found, key=int)
    return [device for device in map(str.strip, named.split(",")) if device and device != "-1"]


def _local_cluster(devices: list[str]) -> LocalCluster:
    from distributed import LocalCluster

    class OneEach(LocalCluster):
        """Gives each worker a GPU of its own."""

        def new_worker_spec(self) -> dict[Any, Any]:
            [(number, spec)] = super().new_worker_spec().items()
            own = {"CUDA_VISIBLE_DEVICES": devices[number % len(devices)]} if devices else {}
            options = spec["options"]
            env = {**(options.get("env") or {}), **own}
            return {number: {**spec, "options": {**options, "env": env}}}

    cluster = OneEach(
        n_workers=0,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address=None,
        scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},  # where no dashboard is served
        memory_limit=0,
        silence_logs=logging.CRITICAL,
        preload=["cainr_core.worker"],
    )
    cluster.scale(max(1, len(devices)))
    cluster.sync(cluster._correct_state)  # as LocalCluster itself waits for its first workers
    return cluster


def disconnect(cluster: LocalCluster | None, client: Client | None) -> None:
    """Leave the scheduler; one's own worker ends at once, whatever it does."""
    if client is not None:
        client.close()
    if cluster is not None:
        cluster.sync(_end, list(cluster.workers.values()))  # one that ended may go meanwhile
        cluster.close()


async def _end(nannies: list[Nanny]) -> None:
    # a fit under way would not let go for seconds: it is killed, and that may take its time
    closing = (nanny.close(timeout=1) for nanny in nannies)
    for problem in await asyncio.gather(*closing, return_exceptions=True):
        if isinstance(problem, BaseException) and not isinstance(problem, TimeoutError):
            raise problem
