"""NumPy's .npz and .npy: arrays whose headers are matched rather than evaluated."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from tinycnn.ops.types import Array
from tinycnn.weights import pickles
from tinycnn.weights.source import Source
from tinycnn.weights.stored import ALONE, Found, Kind, Skipped, Stored, Unsupported, in_place, kind
from tinycnn.weights.zips import Archive

MAGIC = b"\x93NUMPY"

HEADER = re.compile(
    rb"\{'descr': '([<>|=])([fiub])(\d{1,2})', "
    rb"'fortran_order': (True|False), 'shape': \(([\dL, ]*)\),? *\}\s*"
)
"""The header of an array of numbers; object and structured arrays have others."""

OBJECTS = re.compile(rb"\{'descr': '\|?O\d?', 'fortran_order': (?:True|False), 'shape': \([\d, ]*\),? *\}\s*")
"""The header of a pickle, such as that of a dict."""

LONGEST = 1 << 12
"""Bytes of a member in which its header must end."""


def index(archive: Archive) -> Iterator[tuple[str, Found]]:
    """Find the arrays of an .npz."""
    for name in archive.members:
        try:
            yield name.removesuffix(".npy"), _member(archive, name)
        except Unsupported as reason:
            if not name.endswith("/"):
                yield name.removesuffix(".npy"), Skipped(str(reason))


def index_npy(source: Source) -> Iterator[tuple[str, Found]]:
    """Find the array of an .npy, or those of the dict that is pickled in it."""
    start, header = _header(source.read(0, min(LONGEST, source.size)))
    if OBJECTS.fullmatch(header):
        yield from pickles.index(source, start)
        return
    shape, numbers, fortran = _described(header)
    if start + math.prod(shape) * numbers.raw.itemsize != source.size:
        raise ValueError(f"an array of shape {shape} has {source.size - start} bytes")
    if not fortran:
        yield ALONE, in_place(shape, numbers, source, start)
        return

    def load() -> Array:
        return source.numbers(start, math.prod(shape), numbers.raw).reshape(shape, order="F")

    yield ALONE, Stored(shape, numbers, load)


def _member(archive: Archive, name: str) -> Stored:
    if name.startswith("__MACOSX/"):
        raise Unsupported("a file of macOS")
    start, header = _header(archive.head(name, LONGEST))
    shape, numbers, fortran = _described(header)
    count, size = math.prod(shape), archive.member(name).size
    if start + count * numbers.raw.itemsize != size:
        raise ValueError(f"array {name[:60]!r} of shape {shape} has {size - start} bytes")

    def load() -> Array:
        flat = archive.numbers(name, start, count, numbers.raw)
        return flat.reshape(shape, order="F" if fortran else "C")

    return Stored(shape, numbers, load)


def _header(head: bytes) -> tuple[int, bytes]:
    """Where the numbers begin, and the text before them."""
    if head[:6] != MAGIC:
        raise Unsupported("not an array")
    if head[6:7] not in (b"\x01", b"\x02", b"\x03"):
        raise ValueError("an array's header is of an unknown version")
    begin = 10 if head[6] == 1 else 12
    end = begin + int.from_bytes(head[8:begin], "little")
    if end > len(head):
        raise ValueError("an array's header does not end")
    return end, head[begin:end]


def _described(header: bytes) -> tuple[tuple[int, ...], Kind, bool]:
    """Shape, kind of numbers, and whether the first axis is the fastest."""
    match = HEADER.fullmatch(header)
    if match is None:
        described = re.match(rb"\{'descr': ('[^']{1,20}'|\[)", header)
        what = "" if described is None else f" but of {described[1].decode('latin-1')}"
        raise Unsupported(f"not of numbers{what}, or its header is damaged")
    order, letter, width, fortran, sides = (group.decode() for group in match.groups())
    shape = tuple(int(side) for side in sides.replace("L", "").split(",") if side.strip())
    name = {"f": "float", "i": "int", "u": "uint", "b": "bool"}[letter] + f"{8 * int(width)}"
    numbers = kind(name.replace("bool8", "bool"), order.replace("=", "<").replace("|", "<"))
    return shape, numbers, fortran == "True"
