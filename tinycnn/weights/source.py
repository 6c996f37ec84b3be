"""A file that is read at offsets: claims are checked before anything is allocated."""

from __future__ import annotations

import os
import struct
from typing import Any, BinaryIO

import numpy as np

from tinycnn.ops.types import Array


class Source:
    """A seekable file, its size, and reads that never go past its end."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.size = file.seek(0, os.SEEK_END)

    def _seek(self, offset: int, count: int) -> None:
        if not 0 <= offset <= offset + count <= self.size:
            raise ValueError(
                f"bytes {offset} to {offset + count} are asked for, but the file has {self.size}"
            )
        self.file.seek(offset)

    def read(self, offset: int, count: int) -> bytes:
        """Exactly `count` bytes from `offset` on."""
        self._seek(offset, count)
        return self.file.read(count)

    def unpack(self, layout: str, offset: int) -> tuple[Any, ...]:
        """The values of a `struct` layout at `offset`."""
        return struct.unpack(layout, self.read(offset, struct.calcsize(layout)))

    def numbers(self, offset: int, count: int, dtype: np.dtype[Any]) -> Array:
        """`count` numbers of `dtype` from `offset` on, read without an intermediate copy."""
        self._seek(offset, count * dtype.itemsize)
        array = np.empty(count, dtype)
        fill(array, self.file)
        return array


def fill(array: Array, file: Any) -> None:
    """Fill a one-dimensional array from a binary file, block by block."""
    target = array.view(np.uint8).data if array.size else memoryview(b"")
    position = 0
    while position < len(target):
        got = file.readinto(target[position : position + (1 << 24)])
        if not got:
            raise ValueError(f"it ends {len(target) - position} bytes early")
        position += got
