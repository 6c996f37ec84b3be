"""An executor of processes of which each has a pipe and a thread of its own.

The processes share no queue and no lock, so one that is killed, at whatever moment, leaves nothing held that
another waits for: its pipe ends, and its thread says so. The standard library's pool may hang when a
worker dies while another is being started (Python 3.11).
"""

from __future__ import annotations

import signal
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import suppress
from multiprocessing import parent_process
from multiprocessing.connection import Connection
from multiprocessing.connection import wait as wait_for
from multiprocessing.context import SpawnContext, SpawnProcess
from os import _exit
from queue import Empty, SimpleQueue
from typing import Any

from tinycnn.errors import signal_name
from tinycnn.ops.engine import set_num_threads

_CONTEXT = SpawnContext()
_Task = tuple[Future[Any], Callable[..., Any], tuple[Any, ...]]


class Pool(Executor):
    """Processes that start at once, and are all given up when one of them dies.

    Parameters
    ----------
    count : int
    threads : int
        Of each process's kernels.
    """

    def __init__(self, count: int, threads: int) -> None:
        self._tasks: SimpleQueue[_Task | None] = SimpleQueue()
        self._handing_out = threading.Lock()
        self._death: str | None = None
        self._serving: list[tuple[SpawnProcess, threading.Thread]] = []
        try:
            for _ in range(count):
                self._start(threads)
        except BaseException:
            self.shutdown()
            raise

    def _start(self, threads: int) -> None:
        here, there = _CONTEXT.Pipe()
        process = _CONTEXT.Process(target=_work, args=(there, threads))
        process.start()
        there.close()
        thread = threading.Thread(target=self._serve, args=(process, here), daemon=True)
        try:
            thread.start()
        except BaseException:
            process.terminate()
            raise
        self._serving.append((process, thread))

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        """Hand out a task.

        Raises
        ------
        BrokenExecutor
            A worker has died.
        TypeError
            Arguments have names, which no caller needs.
        """
        if named:
            raise TypeError(f"tasks take arguments by place, not {', '.join(named)}")
        future: Future[Any] = Future()
        with self._handing_out:
            if self._death:
                raise BrokenExecutor(self._death)
            self._tasks.put((future, function, arguments))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End all processes, whatever they are at: who wants a result has waited for it.

        Both arguments are those of every executor, and make no difference here.
        """
        self._give_up("the executor was shut down")
        for process, _ in self._serving:
            process.terminate()
        for _, thread in self._serving:
            thread.join()

    def _serve(self, process: SpawnProcess, pipe: Connection) -> None:
        """Send one process its tasks, one after the other."""
        with pipe:
            while task := self._tasks.get():
                future, function, arguments = task
                if not future.set_running_or_notify_cancel():
                    continue
                try:
                    pipe.send((function, arguments))
                    result, error = pipe.recv()
                except (EOFError, OSError):
                    process.join()
                    self._give_up(_words(process.exitcode or 0))
                    result, error = None, BrokenExecutor(self._death)
                except Exception as unpicklable:
                    result, error = None, unpicklable
                if error is None:
                    future.set_result(result)
                else:
                    future.set_exception(error)
        process.join()

    def _give_up(self, death: str) -> None:
        """Take no more tasks, and fail those that wait. The first reason is kept."""
        with self._handing_out:
            self._death = self._death or death
            with suppress(Empty):  # threads take tasks, too, so none may be waited for here
                while True:
                    task = self._tasks.get_nowait()
                    if task and task[0].set_running_or_notify_cancel():
                        task[0].set_exception(BrokenExecutor(self._death))
            for _ in self._serving:
                self._tasks.put(None)


def _words(status: int) -> str:
    """Why a process ended that should not have."""
    if status < 0:
        memory = ", perhaps for want of memory" if status == -signal.SIGKILL else ""
        return f"a worker was killed by {signal_name(-status)}{memory}"
    return (
        f"a worker could not start, or ended with status {status} (a script starts a study only below "
        "if __name__ == '__main__')"
    )


def _work(pipe: Connection, threads: int) -> None:
    """What a process does. It leaves Ctrl-C to its parent, and does not outlive it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    set_num_threads(threads)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with suppress(EOFError):  # the parent needs no more
        while True:
            function, arguments = pipe.recv()
            try:
                pipe.send((function(*arguments), None))
            except Exception as error:
                _send_error(pipe, error)


def _send_error(pipe: Connection, error: Exception) -> None:
    """Send an error with where it came from or, if it cannot be pickled, its words."""
    error.add_note(f"in a worker:\n{traceback.format_exc()}")
    try:
        pipe.send((None, error))
    except Exception:
        pipe.send((None, RuntimeError(f"{type(error).__name__}: {error}")))


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        wait_for([parent.sentinel])
        _exit(1)
