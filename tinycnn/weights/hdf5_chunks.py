"""HDF5 arrays in chunks, compressed or not: found when the file is opened, put together when asked for."""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tinycnn.ops.types import Array
from tinycnn.weights.hdf5_messages import UNDEFINED, Storage
from tinycnn.weights.hdf5_objects import Objects
from tinycnn.weights.stored import SPARE, Kind, Unsupported

DEFLATE, SHUFFLE, FLETCHER32 = 1, 2, 3

CHUNK = 400
"""What a chunk costs, beyond the bytes that describe it, of the budget of a file's headers."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk: its first element, where its bytes are, and which filters it has skipped."""

    corner: tuple[int, ...]
    address: int
    size: int
    skipped: int


class Chunked:
    """An array in chunks, every one of which must be there once.

    Parameters
    ----------
    objects : Objects
        Reads the tree of the chunks, within its budget.
    shape : tuple of int
    kind : Kind
    layout : Storage
    filters : tuple of int
        What the bytes of a chunk went through, first to last.
    """

    def __init__(
        self, objects: Objects, shape: tuple[int, ...], kind: Kind, layout: Storage, filters: tuple[int, ...]
    ) -> None:
        _check(shape, kind, layout, filters)
        self.source, self.shape, self.kind, self.filters = objects.source, shape, kind, filters
        self.sides = layout.chunk[:-1]
        self.chunks = list(_walk(objects, layout.address, len(layout.chunk)))
        corners = {chunk.corner for chunk in self.chunks}
        outside = any(
            corner % side or corner >= end
            for chunk in self.chunks
            for corner, side, end in zip(chunk.corner, self.sides, shape, strict=True)
        )
        if outside or len(corners) != len(self.chunks):
            raise ValueError("a chunk of an array lies outside it, or is there twice")
        if len(corners) != math.prod(-(-end // side) for end, side in zip(shape, self.sides, strict=True)):
            raise Unsupported("an array of which some chunks were never written")

    @property
    def size(self) -> int:
        """Bytes of a chunk once it is inflated."""
        return math.prod(self.sides) * self.kind.raw.itemsize

    @property
    def touched(self) -> int:
        """Bytes of all chunks, those beyond the array's edges included."""
        return self.size * len(self.chunks)

    def read(self) -> Array:
        """The array."""
        array = np.empty(self.shape, self.kind.raw)
        for chunk in self.chunks:
            data = _unfilter(
                self.source.read(chunk.address, chunk.size),
                [code for place, code in enumerate(self.filters) if not chunk.skipped >> place & 1],
                self.size,
                self.kind.raw.itemsize,
            )
            block = np.frombuffer(data, self.kind.raw).reshape(self.sides)
            spans = list(zip(chunk.corner, self.sides, self.shape, strict=True))
            place = tuple(slice(corner, corner + side) for corner, side, _ in spans)
            array[place] = block[tuple(slice(min(side, end - corner)) for corner, side, end in spans)]
        return array


def _check(shape: tuple[int, ...], kind: Kind, layout: Storage, filters: tuple[int, ...]) -> None:
    """Refuse chunks that do not fit their array, and filters that would need a plug-in."""
    width = kind.raw.itemsize
    if len(layout.chunk) != len(shape) + 1 or min(layout.chunk) < 1 or layout.chunk[-1] != width:
        raise ValueError("an array's chunks have another rank or type than the array")
    if math.prod(layout.chunk) > max(SPARE, math.prod(shape) * width):
        raise ValueError(f"an array has chunks of {math.prod(layout.chunk)} bytes")
    if len(set(filters)) != len(filters):
        raise ValueError("an array is compressed twice")
    if not set(filters) <= {DEFLATE, SHUFFLE, FLETCHER32}:
        raise Unsupported("an array that is compressed by other means than gzip and shuffle")


def _walk(objects: Objects, address: int, rank: int) -> Iterator[Chunk]:
    """The chunks under a B-tree of version 1; levels must fall, so that no tree is endless."""
    key = 8 + 8 * rank
    stack = [(address, 256)] if address != UNDEFINED else []
    while stack:
        node, above = stack.pop()
        head = objects.fetch(node, 24)
        level, count = head[5], int.from_bytes(head[6:8], "little")
        if head[:5] != b"TREE\1" or level >= above:
            raise ValueError("the tree of an array's chunks is damaged")
        body = objects.fetch(node + 24, count * (key + 8))
        for start in range(0, len(body), key + 8):
            size, skipped, *corner, _, child = struct.unpack_from(f"<II{rank + 1}Q", body, start)
            if level:
                stack.append((child, level))
            else:
                objects.charge(CHUNK)
                yield Chunk(tuple(corner), child, size, skipped)


def _unfilter(data: bytes, filters: list[int], size: int, width: int) -> bytes:
    """Undo the filters, last first; the result must have exactly `size` bytes."""
    for code in reversed(filters):
        if code == DEFLATE:
            data = zlib.decompressobj().decompress(data, size + 5)  # a checksum may be inside
        elif code == FLETCHER32:
            data = _checked(data)
        elif len(data) == size:
            data = np.frombuffer(data, np.uint8).reshape(width, -1).T.tobytes()
    if len(data) != size:
        raise ValueError(f"a chunk of an array has {len(data)} bytes, not {size}")
    return data


def _checked(data: bytes) -> bytes:
    """The bytes before a checksum, which must be theirs: Fletcher's, of words of 16 bits, modulo 65535."""
    data, given = data[:-4], int.from_bytes(data[-4:], "little")
    words = np.frombuffer(data + b"\0" * (len(data) % 2), ">u2").astype(np.int64)
    weights = np.arange(len(words), 0, -1, dtype=np.int64) % 65535
    first, second = int(words.sum()) % 65535, int((words * weights % 65535).sum()) % 65535
    if (given & 0xFFFF) % 65535 != first or (given >> 16) % 65535 != second:
        raise ValueError("a chunk of an array is damaged: its checksum differs")
    return data
