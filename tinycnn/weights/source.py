"""A file that is read at offsets: claims are checked before anything is allocated."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np

from tinycnn.ops.types import Array

BLOCK = 1 << 20
"""Bytes that are read at a time when nothing large is to be held."""


class Source:
    """A seekable file or a part of one, its size, and reads that never go past its end.

    Parameters
    ----------
    file : binary file
    start : int
        Where the part begins; offsets count from there.
    size : int, optional
        Of the part; to the end of the file if not given.
    """

    def __init__(self, file: BinaryIO, start: int = 0, size: int | None = None) -> None:
        self.file, self.start = file, start
        rest = file.seek(0, os.SEEK_END) - start
        self.size = rest if size is None else size
        if not 0 <= self.size <= rest:
            raise ValueError(f"a part of {self.size} bytes is announced where {rest} are left")

    def part(self, offset: int, size: int | None = None) -> Source:
        """A part of this part."""
        return Source(self.file, self.start + offset, self.size - offset if size is None else size)

    def _seek(self, offset: int, count: int) -> None:
        if not 0 <= offset <= offset + count <= self.size:
            raise ValueError(
                f"bytes {offset} to {offset + count} are asked for, but the file has {self.size}"
            )
        self.file.seek(self.start + offset)

    def read(self, offset: int, count: int) -> bytes:
        """Exactly `count` bytes from `offset` on."""
        self._seek(offset, count)
        data = self.file.read(count)
        if len(data) != count:
            raise ValueError(f"it ends {count - len(data)} bytes early")
        return data

    def blocks(self, offset: int, count: int, step: int = BLOCK) -> Iterator[bytes]:
        """`count` bytes from `offset` on, at most `step` at a time."""
        for start in range(offset, offset + count, step):
            yield self.read(start, min(step, offset + count - start))

    def unpack(self, layout: str, offset: int) -> tuple[Any, ...]:
        """The values of a `struct` layout at `offset`."""
        return struct.unpack(layout, self.read(offset, struct.calcsize(layout)))

    def numbers(self, offset: int, count: int, dtype: np.dtype[Any]) -> Array:
        """`count` numbers of `dtype` from `offset` on, read without an intermediate copy."""
        self._seek(offset, count * dtype.itemsize)
        array = np.empty(count, dtype)
        _fill(array, self.file)
        return array


def _fill(array: Array, file: Any) -> None:
    """Fill a one-dimensional array from a binary file, block by block."""
    target = array.view(np.uint8).data if array.size else memoryview(b"")
    position = 0
    while position < len(target):
        got = file.readinto(target[position : position + (1 << 24)])
        if not got:
            raise ValueError(f"it ends {len(target) - position} bytes early")
        position += got
