"""Where the work is done: processes on this machine, or a dask.distributed cluster."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError, Executor, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import parent_process
from multiprocessing.connection import wait
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Any

from tinycnn.errors import TinycnnError
from tinycnn.ops.engine import get_num_threads, set_num_threads


class DeadWorkerError(TinycnnError):
    """A worker died.

    Parameters
    ----------
    then : str
        What to do about it.
    cause : str
        Why, if that is known.
    """

    def __init__(self, then: str, cause: str = "a worker died") -> None:
        super().__init__(f"{cause}; {then}")
        self.then = then


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

    Raises
    ------
    DeadWorkerError
        One that was raised inside says also how the worker died.
    """
    cores = get_num_threads()
    count = count or cores
    context = _Context()
    pool = ProcessPoolExecutor(count, context, _start, (max(1, cores // count),))
    over = threading.Event()
    threading.Thread(target=_watch, args=(pool, context, over), daemon=True).start()
    try:
        yield Workers(pool, count)
    except DeadWorkerError as error:
        raise DeadWorkerError(error.then, context.cause()) from error
    finally:
        over.set()
        pool.shutdown(cancel_futures=True)


def _watch(pool: ProcessPoolExecutor, context: _Context, over: threading.Event) -> None:
    """Make the executor look for dead workers: it overlooks one that dies just after it was started.

    It waits for those that there were when it was last given work, so it is given some.
    """
    while not over.wait(1):
        if any(process.exitcode is not None for process in context.started):
            with suppress(RuntimeError):  # it knows by now, or is over
                pool.submit(os.getpid)


class _Context(SpawnContext):
    """Starts processes, and remembers them to say how the first of them ended."""

    def __init__(self) -> None:
        super().__init__()
        self.started: list[SpawnProcess] = []

    def Process(self, *arguments: Any, **named: Any) -> SpawnProcess:  # type: ignore[override]
        self.started.append(SpawnProcess(*arguments, **named))
        return self.started[-1]

    def cause(self) -> str:
        """Why a worker died. When one does, the executor terminates the others.

        It collects them in a thread of its own: what has ended there has no exit code here for a moment.
        """
        until = time.monotonic() + 5
        while any(process.exitcode is None for process in self.started) and time.monotonic() < until:
            time.sleep(0.01)
        codes = [process.exitcode for process in self.started]
        found = next((code for code in codes if code not in (None, 0, -signal.SIGTERM)), None)
        if found is None:
            return "a worker died"
        if found < 0:
            memory = ", perhaps for want of memory" if found == -signal.SIGKILL else ""
            return f"a worker was killed by {signal.Signals(-found).name}{memory}"
        return (
            f"a worker could not start, or ended with status {found} (a script starts a study only below "
            "if __name__ == '__main__')"
        )


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
