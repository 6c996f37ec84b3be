"""safetensors: the length of a JSON header, the header, and the numbers.

The ``safetensors`` package reads through a memory map, which turns a file that is cut short while it is
open into a crash, and it gives NumPy no bfloat16. The format is simple enough to be checked here.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterator
from typing import Any

from tinycnn.weights.source import Source
from tinycnn.weights.stored import Found, Skipped, check_shape, in_place, kind

KINDS = {
    "F64": "float64",
    "F32": "float32",
    "F16": "float16",
    "BF16": "bfloat16",
    **{
        f"{letter}{bits}": f"{name}{bits}"
        for letter, name in (("I", "int"), ("U", "uint"))
        for bits in (8, 16, 32, 64)
    },
    "BOOL": "bool",
}

LONGEST, MARKS = 1 << 24, 600_000
"""A header has at most so many bytes, and brackets, commas and colons: forty thousand arrays' worth."""

ORDER = "order"
"""The entry of the metadata in which `tinycnn.weights.convert` keeps the order of the names, as JSON."""


class Header:
    """The header of a safetensors file; `ordered` says whether it keeps the order of a net."""

    def __init__(self, source: Source) -> None:
        self.source, self.ordered = source, False

    def index(self) -> Iterator[tuple[str, Found]]:
        """Find the arrays of the file; they must fill it without gaps or overlaps."""
        (length,) = self.source.unpack("<Q", 0)
        header = parsed(self.source.read(8, length))
        metadata = header.pop("__metadata__", None)
        rows = sorted((_span(row), name) for name, row in header.items())
        position = 0
        for (begin, end), name in rows:
            if begin != position or end < begin:
                raise ValueError(f"array {name[:60]!r} overlaps another, or leaves a gap")
            position = end
        start = 8 + length
        if start + position != self.source.size:
            raise ValueError(
                f"its arrays take {position} bytes, but {self.source.size - start} follow the header"
            )
        places = {name: span for span, name in rows}
        order = order_of(metadata, places)
        self.ordered = bool(order)
        for name in order or places:
            begin, end = places[name]
            yield name, _found(self.source, start + begin, end - begin, header[name])


def order_of(metadata: Any, names: Collection[str]) -> list[str]:
    """The order that the metadata give to exactly these names; empty if they give none."""
    text = metadata.get(ORDER) if type(metadata) is dict else None
    order = json.loads(text) if type(text) is str and _marks(text.encode()) <= MARKS else None
    if type(order) is not list or not all(type(name) is str for name in order):
        return []
    return order if len(order) == len(names) and set(order) == set(names) else []


def parsed(text: bytes) -> dict[str, Any]:
    """A JSON object, refused before it is parsed if it would take far more memory than its text."""
    if len(text) > LONGEST or _marks(text) > MARKS:
        raise ValueError("its header is larger than that of any net")
    table = json.loads(text, object_pairs_hook=_unique)
    if type(table) is not dict:
        raise ValueError("its header is not a table of arrays")
    return table


def _marks(text: bytes) -> int:
    return sum(map(text.count, (b"{", b"[", b",", b":")))


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise ValueError("its header names something twice")
    return table


def _span(row: Any) -> tuple[int, int]:
    span = row.get("data_offsets") if type(row) is dict else None
    if type(span) is not list or len(span) != 2 or not all(type(end) is int for end in span):
        raise ValueError("an array has no offsets")
    return span[0], span[1]


def _found(source: Source, offset: int, size: int, row: dict[str, Any]) -> Found:
    code, sides = row.get("dtype"), row.get("shape")
    if type(code) is not str or type(sides) is not list:
        raise ValueError("an array has no type, or no shape")
    check_shape(tuple(sides))
    if code not in KINDS:
        return Skipped(f"of {code[:40]!r}, not of numbers that are supported")
    shape, numbers = tuple(sides), kind(KINDS[code])
    if math.prod(shape) * numbers.raw.itemsize != size:
        raise ValueError(f"an array of shape {shape} and {numbers.name} has {size} bytes")
    return in_place(shape, numbers, source, offset)
