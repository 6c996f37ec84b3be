"""Spread a kernel over threads: each takes the next range of outputs until none is left.

Kernels release the interpreter lock and never share an output, so the result depends neither on timing nor
on the number of threads. The calling thread works too, and helpers that are busy for another caller are not
waited for: any number of Python threads may call at once. After a fork the child starts helpers of its own.
"""

from __future__ import annotations

import contextvars
import itertools
import os
import threading
from collections.abc import Callable
from operator import index
from typing import Any

import numpy as np
from numba.core import config

from tinycnn.errors import TinycnnError
from tinycnn.ops.kernels.machine.jit import jit
from tinycnn.ops.kernels.machine.simd import peek
from tinycnn.ops.types import Array

MOST = 1 << 10
"""Threads that may be asked for."""

_RANGES = 4
"""Ranges per thread: enough that one that is held up does not hold up the rest."""

_LOOKS = 0 if config.DISABLE_JIT else 1 << 20  # type: ignore[attr-defined]
"""Looks at a counter before a thread goes to sleep, about half a millisecond: the next layer comes sooner."""

_idle: list[_Helper] = []
_started = 0
_count: int = config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]


def get_num_threads() -> int:
    """How many threads a kernel is spread over."""
    return _count


def set_num_threads(count: int) -> None:
    """Spread kernels over `count` threads; the default is ``NUMBA_NUM_THREADS``, else one per core.

    Raises
    ------
    TinycnnError
        That is no whole number from 1 to 1,024.
    """
    global _count
    try:
        number = 0 if isinstance(count, bool) else index(count)
    except TypeError:
        number = 0
    if not 1 <= number <= MOST:
        raise TinycnnError(f"the number of threads is a whole number from 1 to {MOST:,}, got {count!r}")
    _count = number


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
    shares = min(_count, ranges)
    job = _Job(kernel, length, ranges, shares, args)
    for helper in _helpers(shares - 1):
        helper.start(job)
    job.work()
    _watch(job.over, 0, _LOOKS)
    job.done.acquire()
    if job.error is not None:
        raise job.error


class _Job:
    """One kernel on one range of outputs, cut into ranges that any thread may take.

    Each thread begins at a share of its own and helps the others when that is done. So threads write to
    places far apart: neighbouring ones would take cache lines from each other.
    """

    def __init__(
        self, kernel: Callable[..., None], length: int, ranges: int, shares: int, args: tuple[Any, ...]
    ) -> None:
        self.kernel, self.length, self.ranges, self.args = kernel, length, ranges, args
        self.edges = [ranges * share // shares for share in range(shares + 1)]
        self.taken = [itertools.count(first) for first in self.edges[:-1]]
        self.joined, self.finished = itertools.count(), itertools.count(1)
        self.error: BaseException | None = None
        self.over = np.zeros(1, np.int64)
        self.done = threading.Lock()
        self.done.acquire()

    def work(self) -> None:
        """Take ranges until none is left."""
        home, shares = next(self.joined), len(self.taken)
        for share in (*range(home, shares), *range(home)):
            while (part := next(self.taken[share])) < self.edges[share + 1]:
                self._run(part)

    def _run(self, part: int) -> None:
        """Run one range; whoever finishes the last one says so."""
        start, stop = (self.length * edge // self.ranges for edge in (part, part + 1))
        try:
            self.kernel(start, stop, *self.args)
        except BaseException as error:  # to be raised where the kernel was called
            self.error = error
        if next(self.finished) == self.ranges:
            self.over[0] = 1
            self.done.release()


class _Helper:
    """A thread that waits until it is given a job, and joins the idle ones again after it."""

    def __init__(self) -> None:
        self.job: _Job | None = None
        self.context = contextvars.Context()
        self.given = np.zeros(1, np.int64)
        self.awake = threading.Lock()
        self.awake.acquire()
        threading.Thread(target=self._serve, name="tinycnn", daemon=True).start()

    def start(self, job: _Job) -> None:
        """Give it a job, in the caller's context: what `numpy.errstate` says there holds here, too."""
        self.job, self.context = job, contextvars.copy_context()
        self.given[0] += 1
        self.awake.release()

    def _serve(self) -> None:
        for done in itertools.count():
            _watch(self.given, done, _LOOKS)
            self.awake.acquire()
            job, self.job = self.job, None
            if job is not None:
                self.context.run(job.work)
            del job  # and the arrays of it
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


@jit
def _watch(counter: Array, value: int, looks: int) -> None:
    """Return when a counter has left its value, or after so many looks at it.

    A system takes tens of microseconds to wake a thread that sleeps, and may wake it on the core where the
    caller goes on working: longer than most layers take.
    """
    while looks > 0 and peek(counter, 0) == value:
        looks -= 1


def _forget_helpers() -> None:
    global _started
    _idle.clear()
    _started = 0


os.register_at_fork(after_in_child=_forget_helpers)
