"""HDF5 arrays that are kept in chunks, compressed or not."""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from tinycnn.ops.types import Array
from tinycnn.weights.hdf5_messages import UNDEFINED, Layout
from tinycnn.weights.stored import SPARE, Kind

DEFLATE, SHUFFLE = 1, 2

Fetch = Callable[[int, int], bytes]
"""Reads `count` bytes at an address, within a budget."""


@dataclass(frozen=True)
class Chunk:
    """One chunk: its first element, where its bytes are, and which filters it has skipped."""

    corner: tuple[int, ...]
    address: int
    size: int
    skipped: int


def read_chunks(
    fetch: Fetch, blob: Fetch, shape: tuple[int, ...], kind: Kind, layout: Layout, filters: tuple[int, ...]
) -> Array:
    """Put an array together from its chunks; every one must be there once."""
    sides, width = layout.chunk[:-1], kind.raw.itemsize
    array = np.empty(shape, kind.raw)
    seen = set()
    for chunk in _walk(fetch, layout.address, len(layout.chunk)):
        if chunk.corner in seen or any(
            c % s or c >= n for c, s, n in zip(chunk.corner, sides, shape, strict=True)
        ):
            raise ValueError("a chunk of an array lies outside it, or is there twice")
        seen.add(chunk.corner)
        data = _unfilter(
            blob(chunk.address, chunk.size), filters, chunk.skipped, math.prod(sides) * width, width
        )
        block = np.frombuffer(data, kind.raw).reshape(sides)
        inside = tuple(slice(min(s, n - c)) for c, s, n in zip(chunk.corner, sides, shape, strict=True))
        place = tuple(slice(c, c + s) for c, s in zip(chunk.corner, sides, strict=True))
        array[place] = block[inside]
    if len(seen) != math.prod(-(-n // s) for n, s in zip(shape, sides, strict=True)):
        raise ValueError("some of an array's chunks were never written")
    return array


def check_chunks(shape: tuple[int, ...], kind: Kind, layout: Layout, filters: tuple[int, ...]) -> None:
    """Refuse chunks that do not fit their array, and filters that would need a plug-in."""
    width = kind.raw.itemsize
    if len(layout.chunk) != len(shape) + 1 or min(layout.chunk) < 1 or layout.chunk[-1] != width:
        raise ValueError("an array's chunks have another rank or type than the array")
    if math.prod(layout.chunk) > max(SPARE, math.prod(shape) * width):
        raise ValueError(f"an array has chunks of {math.prod(layout.chunk)} bytes")
    if len(set(filters)) != len(filters) or not set(filters) <= {DEFLATE, SHUFFLE}:
        raise ValueError("an array is compressed by other means than gzip and shuffle")


def _walk(fetch: Fetch, address: int, rank: int) -> Iterator[Chunk]:
    """The chunks under a B-tree of version 1; levels must fall, so that no tree is endless."""
    key = 8 + 8 * rank
    stack = [(address, 256)] if address != UNDEFINED else []
    while stack:
        node, above = stack.pop()
        head = fetch(node, 24)
        level, count = head[5], int.from_bytes(head[6:8], "little")
        if head[:5] != b"TREE\1" or level >= above:
            raise ValueError("the tree of an array's chunks is damaged")
        body = fetch(node + 24, count * (key + 8))
        for start in range(0, len(body), key + 8):
            size, skipped, *corner, _, child = struct.unpack_from(f"<II{rank + 1}Q", body, start)
            if level:
                stack.append((child, level))
            else:
                yield Chunk(tuple(corner), child, size, skipped)


def _unfilter(data: bytes, filters: tuple[int, ...], skipped: int, size: int, width: int) -> bytes:
    """Undo the filters, last first; the result must have exactly `size` bytes."""
    for place in reversed(range(len(filters))):
        if skipped >> place & 1:
            continue
        if filters[place] == DEFLATE:
            data = zlib.decompressobj().decompress(data, size + 1)
        elif len(data) == size:
            data = np.frombuffer(data, np.uint8).reshape(width, -1).T.tobytes()
    if len(data) != size:
        raise ValueError(f"a chunk of an array has {len(data)} bytes, not {size}")
    return data
