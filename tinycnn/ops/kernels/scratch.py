"""Working memory that is used again: fresh pages cost more than many a kernel that works on them.

A system hands out memory page by page and clears each; a kernel that asks for megabytes at every call waits
for that longer than for its arithmetic. So what a kernel needs only while it runs is borrowed here.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from tinycnn.types import Array

_KEPT = 16 << 20
"""Bytes of the largest block that is kept: one for each call that was under way at the same time."""

_free: list[Array] = []


@contextmanager
def borrow(shape: tuple[int, ...], dtype: np.dtype | type) -> Iterator[Array]:
    """An array of any content, for as long as the context lasts; any number of threads may borrow at once.

    Parameters
    ----------
    shape : tuple of int
    dtype : dtype
        Of numbers.
    """
    length = math.prod(shape) * np.dtype(dtype).itemsize
    block = _block(length)
    try:
        yield block[:length].view(dtype).reshape(shape)
    finally:
        if block.size <= _KEPT:
            _free.append(block)


def _block(length: int) -> Array:
    try:
        block = _free.pop()
    except IndexError:
        return np.empty(length, np.uint8)
    return block if block.size >= length else np.empty(length, np.uint8)


os.register_at_fork(after_in_child=_free.clear)
