"""Spread a kernel over threads: each takes the next range of outputs until none is left.

Ranges never share an output, so the result depends neither on timing nor on the number of threads. Helpers
look for work at a board in memory and take it from there without the interpreter lock. The calling thread
works too. There is one board; who finds it taken by another Python thread works alone, so any number of them
may call at once. After a fork the child has a board and helpers of its own.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from operator import index
from typing import Any

import numpy as np
from numba._dispatcher import compute_fingerprint
from numba.core import config

from tinycnn.errors import TinycnnError
from tinycnn.ops.kernels.machine.jit import jit
from tinycnn.ops.kernels.machine.shared import add, address_of, call, offer, peek, rest
from tinycnn.ops.types import Array

MOST = 1 << 10
"""Threads that may be asked for."""

_EACH = 4
"""Ranges per thread: enough that one that is held up does not hold up the rest."""

_LOOKS = 1 << 20
"""Looks for work before a helper goes to sleep, about half a millisecond: the next layer comes sooner.

It does not offer its core to others meanwhile: with that, EfficientNet took as long as on one thread.
"""

_PATIENCE = 1 << 12
"""Looks at what others still do before their core is offered to them."""

_LINE = 8
"""Words of a cache line: what different threads write lies that far apart."""

_GIVEN, _INSIDE, _DONE, _FAILED, _JOB, _TAKEN = range(0, 6 * _LINE, _LINE)
_NEEDS, _LENGTH, _RANGES, _SHARES = range(_JOB + 1, _JOB + 5)
"""What stands where on the board: a number that is odd while there is work, how many helpers look at it, how
many ranges are done, and how many of them failed; the job, what it needs, and its size; and for each share,
in a line of its own, which range is next."""

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
        number = 0 if isinstance(count, bool | np.bool_) else index(count)
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

    Raises
    ------
    MemoryError
        There is none for what a kernel works with. What it has written by then is of no use.
    """
    ranges = min(length // least, _EACH * _count)
    if _count == 1 or ranges <= 1:
        kernel(0, length, *args)
    elif config.DISABLE_JIT:  # type: ignore[attr-defined]
        for part in range(ranges):
            kernel(length * part // ranges, length * (part + 1) // ranges, *args)
    else:
        _share(kernel, length, ranges, args)


def _share(kernel: Callable[..., None], length: int, ranges: int, args: tuple[Any, ...]) -> None:
    """Run a kernel together with helpers, if no other thread has them."""
    try:
        team = _free.pop()
    except IndexError:
        kernel(0, length, *args)
        return
    try:
        shares = min(_count, ranges)
        team.gather(shares - 1)
        if _launch(team.board, _address(kernel, args), length, ranges, shares, args):
            raise MemoryError(f"{kernel.__name__} found no memory for what it works with")
    finally:
        _free.append(team)


class _Team:
    """A board, and the helpers who look at it."""

    def __init__(self) -> None:
        self.board = np.zeros(_TAKEN + MOST * _LINE, np.int64)
        self.helpers: list[_Helper] = []

    def gather(self, count: int) -> None:
        """See that so many helpers are awake, or soon will be."""
        while len(self.helpers) < count:
            self.helpers.append(_Helper(self.board, len(self.helpers) + 1))
        for helper in self.helpers[:count]:
            if helper.asleep:
                helper.asleep = False
                helper.awake.release()


class _Helper:
    """A thread that works on one share of what is on a board, and sleeps when there was nothing for long."""

    def __init__(self, board: Array, share: int) -> None:
        self.asleep = False
        self.awake = threading.Lock()
        self.awake.acquire()
        threading.Thread(target=self._serve, args=(board, share), name="tinycnn", daemon=True).start()

    def _serve(self, board: Array, share: int) -> None:
        seen = 0
        while True:
            seen = _help(board, share, seen)
            self.asleep = True
            self.awake.acquire()


def _address(kernel: Callable[..., None], args: tuple[Any, ...]) -> int:
    """The address of a kernel as it is compiled for the types of these arguments."""
    key = kernel, compute_fingerprint(args)
    if key not in _addresses:
        _addresses[key] = address_of(kernel, args)
    return _addresses[key]


@jit
def _launch(board, address, length, ranges, shares, args):
    """Put work on the board, do a share of it, and return when all is done; how many ranges failed."""
    board[_JOB], board[_NEEDS] = offer(address, args)
    board[_LENGTH], board[_RANGES], board[_SHARES] = length, ranges, shares
    board[_DONE] = board[_FAILED] = 0
    for share in range(shares):
        board[_TAKEN + share * _LINE] = ranges * share // shares
    add(board, _GIVEN, 1)
    _work(board, 0)
    _wait(board, _DONE, ranges)
    add(board, _GIVEN, 1)
    _wait(board, _INSIDE, 0)  # who came late still reads the board
    return board[_FAILED]


@jit
def _help(board, share, seen):
    """Do one's share of all that comes, until nothing came for long; the number of what was seen last."""
    looks = 0
    while looks < _LOOKS:
        number = peek(board, _GIVEN)
        if number == seen or number % 2 == 0:
            looks += 1
            continue
        add(board, _INSIDE, 1)
        if peek(board, _GIVEN) == number and share < board[_SHARES]:  # nor can it until one leaves
            _work(board, share)
        add(board, _INSIDE, -1)
        seen, looks = number, 0
    return seen


@jit
def _work(board, home):
    """Take ranges until none is left: first those of one's own share, then those of the others.

    So threads write to places far apart: neighbouring ones would take cache lines from each other.
    """
    job, needs = board[_JOB], board[_NEEDS]
    length, ranges, shares = board[_LENGTH], board[_RANGES], board[_SHARES]
    for share in range(home, home + shares):
        share %= shares
        end = ranges * (share + 1) // shares
        part = add(board, _TAKEN + share * _LINE, 1)
        while part < end:
            if call(job, needs, length * part // ranges, length * (part + 1) // ranges):
                add(board, _FAILED, 1)
            add(board, _DONE, 1)
            part = add(board, _TAKEN + share * _LINE, 1)


@jit
def _wait(board, place, value):
    looks = 0
    while peek(board, place) != value:
        looks += 1
        if looks > _PATIENCE:
            rest()


_addresses: dict[tuple[Callable[..., None], bytes], int] = {}
_free = [_Team()]


def _start_anew() -> None:
    _free[:] = [_Team()]


if hasattr(os, "register_at_fork"):  # where processes can fork
    os.register_at_fork(after_in_child=_start_anew)
