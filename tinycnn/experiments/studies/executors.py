"""Where the work is done: processes on this machine, or a dask.distributed cluster."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import CancelledError, Executor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tinycnn.errors import TinycnnError
from tinycnn.experiments.studies.pool import Pool
from tinycnn.ops.engine import get_num_threads, set_num_threads


@dataclass(frozen=True)
class Workers:
    """An executor, and how many tasks it works on at once."""

    executor: Executor
    count: int


@contextmanager
def processes(count: int | None = None) -> Iterator[Workers]:
    """Processes on this machine, which share its cores evenly.

    Parameters
    ----------
    count : int, optional
        One for each core, unless given.
    """
    cores = get_num_threads()
    count = count or cores
    with Pool(count, max(1, cores // count)) as pool:
        yield Workers(pool, count)


@contextmanager
def cluster(address: str) -> Iterator[Workers]:
    """A dask.distributed cluster, whose scheduler listens at `address`, such as ``tcp://host:8786``.

    A worker that dies costs nothing: the scheduler gives its tasks to another.

    Raises
    ------
    TinycnnError
        The extra ``[scale]`` is not installed; nobody answers; the cluster is lost on the way.
    """
    try:
        from distributed import KilledWorker
        from distributed.comm.core import CommClosedError
    except ImportError:
        raise TinycnnError("a cluster needs the extra [scale]: pip install 'tinycnn[scale]'") from None
    with _connect(address) as client:
        try:
            yield Workers(client.get_executor(pure=False), sum(client.nthreads().values()))
        except (KilledWorker, CommClosedError, CancelledError) as error:
            raise TinycnnError(
                f"the cluster at {address} was lost ({type(error).__name__}); what is done is kept: "
                "run the same command again"
            ) from error


def _connect(address: str) -> Any:
    """A client of a cluster that has a worker at least."""
    from distributed import Client, WorkerPlugin

    class OneThread(WorkerPlugin):
        """A worker runs as many tasks as it has threads, so each task takes one."""

        def setup(self, worker: object) -> None:
            set_num_threads(1)

    connect: Any = Client
    try:
        client = connect(address, timeout=10)
        client.wait_for_workers(1, timeout=60)
    except (OSError, TimeoutError, ValueError) as error:
        raise TinycnnError(f"no dask cluster with workers at {address}: {error}") from error
    client.register_plugin(OneThread())
    return client
