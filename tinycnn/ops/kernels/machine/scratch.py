"""Memory for kernels: used again, and laid out on the edges of cache lines.

A system hands out memory page by page and clears each, which costs more than many a kernel that then works on
it. So what an array leaves behind is kept here for the next of its size. A register that crosses the edge
between two cache lines is read in two goes; so all but small arrays begin at such an edge.
"""

from __future__ import annotations

import atexit
import math
import os
import threading
import weakref
from typing import Any

import numpy as np

from tinycnn.ops.kernels.machine.jit import jit
from tinycnn.ops.types import Array

_LINE = 64
"""Bytes of a cache line."""
_LEAST = 1 << 15
"""Bytes below which memory costs nothing."""
_KEPT = 1 << 26
"""Bytes that are kept at most, while nobody needs them."""


class _Store:
    """Blocks of memory by their length. Any thread may take and give, and so may a collection of garbage."""

    def __init__(self) -> None:
        self.lent: dict[int, tuple[weakref.ref[Array], memoryview]] = {}
        self.forget()

    def forget(self) -> None:
        """Forget all blocks and make a new lock: at a fork, another thread may have held the old one."""
        self.blocks: dict[int, list[memoryview]] = {}
        self.bytes = 0
        self.lock = threading.RLock()

    def take(self, length: int) -> memoryview | None:
        """A block of this length, if there is one."""
        with self.lock:
            blocks = self.blocks.get(length)
            if not blocks:
                return None
            self.bytes -= length
            return blocks.pop()

    def give(self, block: memoryview) -> None:
        """Keep a block, unless it is large; where there is no room, all that lie unused make some."""
        length = block.nbytes
        if length > _KEPT // 4:
            return
        fresh: list[memoryview] = []  # made first: a new list may start a collection, which may give, too
        with self.lock:
            if self.bytes + length > _KEPT:
                self.blocks.clear()
                self.bytes = 0
            self.blocks.setdefault(length, fresh).append(block)
            self.bytes += length

    def lend(self, block: memoryview, array: Array) -> None:
        """Give the block when the array over it is gone, and with it all its views."""
        lent = weakref.ref(array, self._returned)
        self.lent[id(lent)] = lent, block

    def _returned(self, lent: weakref.ref[Array]) -> None:
        _, block = self.lent.pop(id(lent))
        self.give(block)


_store = _Store()


def empty(shape: tuple[int, ...], dtype: Any = np.float32) -> Array:
    """As ``numpy.empty``. When the array and all its views are gone, its memory is used again.

    Parameters
    ----------
    shape : tuple of int
    dtype : dtype
        Of numbers.
    """
    length = math.prod(shape) * np.dtype(dtype).itemsize
    if length < _LEAST:
        return np.empty(shape, dtype)
    block = _store.take(length) or _line_up(length)
    whole = np.frombuffer(block, dtype)  # every view keeps this one alive
    _store.lend(block, whole)
    return whole.reshape(shape)


def _line_up(length: int) -> memoryview:
    """So many new bytes that begin at the edge of a cache line."""
    room = np.empty(length + _LINE, np.uint8)
    first = -room.ctypes.data % _LINE
    return room[first : first + length].data


def zeros(shape: tuple[int, ...], dtype: Any = np.float32) -> Array:
    """As ``numpy.zeros``, in memory that is used again."""
    array = empty(shape, dtype)
    array[...] = 0
    return array


@jit
def lined(length):
    """So many float32 that begin at the edge of a cache line, for one range of a kernel."""
    room = np.empty(length + 16, np.float32)
    first = (-room.ctypes.data) % 64 // 4
    return room[first : first + length]


if hasattr(os, "register_at_fork"):  # where processes can fork
    os.register_at_fork(after_in_child=_store.forget)
atexit.register(_store.lent.clear)  # after that modules are taken apart, and what arrays leave is not kept
