"""Spread a kernel over threads: each takes the next range of outputs until none is left.

Kernels release the interpreter lock and never share an output, so the result depends neither on timing nor
on the number of threads. The calling thread works too, and helpers that are busy for another caller are not
waited for: any number of Python threads may call at once. After a fork the child starts helpers of its own.
"""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable
from typing import Any

from numba.core import config

_RANGES = 4
"""Ranges per thread: enough that one that is held up does not hold up the rest."""

_idle: list[_Helper] = []
_started = 0
_count: int = config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]


def get_num_threads() -> int:
    """How many threads a kernel is spread over."""
    return _count


def set_num_threads(count: int) -> None:
    """Spread kernels over `count` threads; the default is ``NUMBA_NUM_THREADS``, else one per core."""
    global _count
    if count < 1:
        raise ValueError(f"at least one thread is needed, got {count}")
    _count = count


def run(kernel: Callable[..., None], length: int, *args: Any, least: int = 1) -> None:
    """Call ``kernel(start, stop, *args)`` on ranges that together cover ``range(length)``.

    Parameters
    ----------
    kernel : callable
        A compiled function that writes the outputs ``start <= index < stop`` and nothing else.
    length : int
        How many outputs there are.
    *args
        Passed on unchanged.
    least : int
        Outputs that are worth a range of their own.
    """
    ranges = min(length // least, _RANGES * _count)
    if _count == 1 or ranges <= 1:
        kernel(0, length, *args)
        return
    job = _Job(kernel, length, ranges, args)
    for helper in _helpers(min(_count, ranges) - 1):
        helper.start(job)
    job.work()
    job.done.acquire()
    if job.error is not None:
        raise job.error


class _Job:
    """One kernel on one range of outputs, cut into ranges that any thread may take."""

    def __init__(self, kernel: Callable[..., None], length: int, ranges: int, args: tuple[Any, ...]) -> None:
        self.kernel, self.length, self.ranges, self.args = kernel, length, ranges, args
        self.taken, self.finished = itertools.count(), itertools.count(1)
        self.error: BaseException | None = None
        self.done = threading.Lock()
        self.done.acquire()

    def work(self) -> None:
        """Take ranges until none is left; whoever finishes the last one says so."""
        while (part := next(self.taken)) < self.ranges:
            start, stop = (self.length * edge // self.ranges for edge in (part, part + 1))
            try:
                self.kernel(start, stop, *self.args)
            except BaseException as error:  # to be raised where the kernel was called
                self.error = error
            if next(self.finished) == self.ranges:
                self.done.release()


class _Helper:
    """A thread that sleeps until it is given a job, and joins the idle ones again after it."""

    def __init__(self) -> None:
        self.job: _Job | None = None
        self.awake = threading.Lock()
        self.awake.acquire()
        threading.Thread(target=self._serve, name="tinycnn", daemon=True).start()

    def start(self, job: _Job) -> None:
        self.job = job
        self.awake.release()

    def _serve(self) -> None:
        while self.awake.acquire():
            job, self.job = self.job, None
            if job is not None:
                job.work()
            _idle.append(self)


def _helpers(wanted: int) -> list[_Helper]:
    """Up to `wanted` idle helpers; new ones as long as there are fewer than the threads asked for."""
    global _started
    found: list[_Helper] = []
    while len(found) < wanted:
        try:
            found.append(_idle.pop())
        except IndexError:
            if _started >= _count - 1:
                break
            _started += 1
            found.append(_Helper())
    return found


def _forget_helpers() -> None:
    global _started
    _idle.clear()
    _started = 0


os.register_at_fork(after_in_child=_forget_helpers)
