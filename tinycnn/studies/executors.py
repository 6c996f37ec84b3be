"""Where the work is done: processes on this machine, or a dask.distributed cluster."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from typing import Any

from tinycnn.errors import TinycnnError
from tinycnn.ops.kernels.threads import get_num_threads, set_num_threads


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
    pool = ProcessPoolExecutor(count, get_context("spawn"), _start, (max(1, cores // count),))
    try:
        yield Workers(pool, count)
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def cluster(address: str) -> Iterator[Workers]:
    """A dask.distributed cluster, whose scheduler listens at `address`, such as ``tcp://host:8786``.

    Raises
    ------
    TinycnnError
        The extra ``[scale]`` is not installed, or nobody answers.
    """
    try:
        from distributed import Client, WorkerPlugin
    except ImportError:
        raise TinycnnError("a cluster needs the extra [scale]: pip install 'tinycnn[scale]'") from None

    class OneThread(WorkerPlugin):
        """A worker runs as many tasks as it has threads, so each task takes one."""

        def setup(self, worker: object) -> None:
            set_num_threads(1)

    connect: Any = Client
    try:
        client = connect(address, timeout=10)
        client.wait_for_workers(1, timeout=300)
    except (OSError, TimeoutError, ValueError) as error:
        raise TinycnnError(f"no dask cluster with workers at {address}: {error}") from error
    with client:
        client.register_plugin(OneThread())
        yield Workers(client.get_executor(pure=False), sum(client.nthreads().values()))


def _start(threads: int) -> None:
    """Prepare a worker process: it leaves Ctrl-C to its parent, and does not outlive it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    set_num_threads(threads)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
