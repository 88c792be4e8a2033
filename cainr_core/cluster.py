"""Where jobs run: a worker process of one's own, or a dask scheduler that others run."""

from __future__ import annotations

import contextlib
import logging
import os
import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from distributed import Client, LocalCluster

PATIENCE = 10.0  # seconds until a scheduler that does not answer counts as gone


def connect(scheduler: str | None) -> tuple[LocalCluster | None, Client]:
    """A client of that scheduler, or of one in this process with one worker process."""
    import dask
    from distributed import Client

    # a field travels with its task, so that it is still there when a worker dies
    warnings.filterwarnings("ignore", message="Sending large graph", category=UserWarning)
    if scheduler:
        return None, Client(scheduler, timeout=PATIENCE, set_as_default=False)
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    cores = os.environ.get("OMP_NUM_THREADS") or str(len(os.sched_getaffinity(0)))
    # in place of dask's own, which has memory given back to the system after every operation: a
    # step of a fit would take three times as long
    environment = {"OMP_NUM_THREADS": cores, "MKL_NUM_THREADS": cores}
    with dask.config.set({"distributed.nanny.pre-spawn-environ": environment}):
        cluster = _local_cluster()
    # what a worker had asked for that was killed in the meantime is no news either
    cluster.loop.asyncio_loop.set_exception_handler(lambda loop, context: None)  # type: ignore[union-attr]
    return cluster, Client(cluster, timeout=PATIENCE, set_as_default=False)


def _local_cluster() -> LocalCluster:
    from distributed import LocalCluster

    return LocalCluster(
        n_workers=1,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address=None,
        scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},  # where no dashboard is served
        memory_limit=0,
        silence_logs=logging.CRITICAL,
        preload=["cainr_core.worker"],
    )


def disconnect(cluster: LocalCluster | None, client: Client | None) -> None:
    """Leave the scheduler; one's own worker ends at once, whatever it does."""
    if client is not None:
        client.close()
    if cluster is not None:
        for nanny in list(cluster.workers.values()):  # one that ended may go meanwhile
            # a fit under way would not let go for seconds: it is killed, and that may take its time
            with contextlib.suppress(TimeoutError):
                cluster.sync(nanny.close, timeout=1)
        cluster.close()
