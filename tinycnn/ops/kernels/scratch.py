"""Memory for kernels: used again, and laid out on the edges of cache lines.

A system hands out memory page by page and clears each, which costs more than many a kernel that then works on
it. So what an array leaves behind is kept here for the next of its size. A register that crosses the edge
between two cache lines is read in two goes; so arrays begin at such an edge.
"""

from __future__ import annotations

import math
import os
import weakref
from collections import defaultdict
from typing import Any

import numpy as np

from tinycnn.ops.kernels.jit import jit
from tinycnn.types import Array

_LINE = 64
"""Bytes of a cache line."""
_LEAST = 1 << 15
"""Bytes below which memory costs nothing."""
_KEPT = 1 << 26
"""Bytes that are kept at most, while nobody needs them."""

_free: defaultdict[int, list[memoryview]] = defaultdict(list)
"""Blocks by their length; taken and given back in one step each, so that any number of threads may do so."""


def empty(shape: tuple[int, ...], dtype: Any = np.float32) -> Array:
    """As `numpy.empty`. When the array and all its views are gone, its memory is used again.

    Parameters
    ----------
    shape : tuple of int
    dtype : dtype
        Of numbers.
    """
    length = math.prod(shape) * np.dtype(dtype).itemsize
    if length < _LEAST:
        return np.empty(shape, dtype)
    try:
        block = _free[length].pop()
    except IndexError:
        block = np.empty(length + _LINE, np.uint8).data
    whole = np.frombuffer(block, np.uint8)  # every view keeps this one alive
    weakref.finalize(whole, _give_back, length, block).atexit = False
    first = -whole.ctypes.data % _LINE
    return whole[first : first + length].view(dtype).reshape(shape)


def zeros(shape: tuple[int, ...], dtype: Any = np.float32) -> Array:
    """As `numpy.zeros`, in memory that is used again."""
    array = empty(shape, dtype)
    array[...] = 0
    return array


def _give_back(length: int, block: memoryview) -> None:
    """Keep a block, unless it is large; where there is no room, all that lie unused make some."""
    if length > _KEPT // 4:
        return
    if sum(size * len(blocks) for size, blocks in list(_free.items())) + length > _KEPT:
        _free.clear()
    _free[length].append(block)


@jit
def lined(length):  # type: ignore[no-untyped-def]
    """So many float32 that begin at the edge of a cache line, for one range of a kernel."""
    room = np.empty(length + 16, np.float32)
    first = (-room.ctypes.data) % 64 // 4
    return room[first : first + length]


os.register_at_fork(after_in_child=_free.clear)
