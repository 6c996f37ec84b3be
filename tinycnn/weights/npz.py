"""NumPy's .npz: a zip of .npy members, whose headers are matched rather than evaluated."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

import numpy as np

from tinycnn.ops.types import Array
from tinycnn.weights.stored import Stored, kind
from tinycnn.weights.zips import Archive

HEADER = re.compile(
    rb"\{'descr': '([<>|=])([fiub])(\d{1,2})', "
    rb"'fortran_order': (True|False), 'shape': \(([\dL, ]*)\),? *\}\s*"
)
"""The header of an array of numbers; object and structured arrays have others."""

LONGEST = 1 << 12
"""Bytes of a member in which its header must end."""


def index(archive: Archive) -> Iterator[tuple[str, Stored]]:
    """Find the arrays of an .npz."""
    for name in archive.names:
        yield name.removesuffix(".npy"), _stored(archive, name)


def _stored(archive: Archive, name: str) -> Stored:
    start, header = _header(archive.head(name, LONGEST))
    match = HEADER.fullmatch(header)
    if match is None:
        raise ValueError(f"array {name[:60]!r} is not of numbers, or its header is damaged")
    order, letter, width, fortran, sides = (group.decode() for group in match.groups())
    shape = tuple(int(side) for side in sides.replace("L", "").split(",") if side.strip())
    numbers = kind(np.dtype(f"{letter}{width}").name, order.replace("=", "<").replace("|", "<"))
    count = math.prod(shape)
    if start + count * numbers.raw.itemsize != archive.size(name):
        raise ValueError(f"array {name[:60]!r} of shape {shape} has {archive.size(name) - start} bytes")

    def load() -> Array:
        flat = archive.numbers(name, start, count, numbers.raw)
        return flat.reshape(shape, order="F" if fortran == "True" else "C")

    return Stored(shape, numbers, load)


def _header(head: bytes) -> tuple[int, bytes]:
    """Where the numbers begin, and the text before them."""
    if head[:6] != b"\x93NUMPY" or head[6:7] not in (b"\x01", b"\x02", b"\x03"):
        raise ValueError("a member is not an array")
    begin = 10 if head[6] == 1 else 12
    end = begin + int.from_bytes(head[8:begin], "little")
    if end > len(head):
        raise ValueError("an array's header does not end")
    return end, head[begin:end]
