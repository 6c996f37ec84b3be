"""safetensors: the length of a JSON header, the header, and the numbers.

The ``safetensors`` package reads through a memory map, which turns a file that is cut short while it is
open into a crash, and it gives NumPy no bfloat16. The format is simple enough to be checked here.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

from tinycnn.weights.source import Source
from tinycnn.weights.stored import Stored, check_shape, in_place, kind

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

LONGEST = 1 << 24
"""Bytes of a header: a hundred thousand arrays' worth."""


def index(source: Source) -> Iterator[tuple[str, Stored]]:
    """Find the arrays of a safetensors file; they must fill it without gaps or overlaps."""
    (length,) = source.unpack("<Q", 0)
    header = json.loads(source.read(8, length), object_pairs_hook=_unique)
    if type(header) is not dict:
        raise ValueError("its header is not a table of arrays")
    header.pop("__metadata__", None)
    rows = sorted((_span(row), name) for name, row in header.items())
    position = 0
    for (begin, end), name in rows:
        if begin != position or end < begin:
            raise ValueError(f"array {name[:60]!r} overlaps another, or leaves a gap")
        position = end
    start = 8 + length
    if start + position != source.size:
        raise ValueError(f"its arrays take {position} bytes, but {source.size - start} follow the header")
    for (begin, end), name in rows:
        yield name, _stored(source, start + begin, end - begin, header[name])


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


def _stored(source: Source, offset: int, size: int, row: dict[str, Any]) -> Stored:
    code, sides = row.get("dtype"), row.get("shape")
    if type(code) is not str or code not in KINDS or type(sides) is not list:
        raise ValueError("an array is not of numbers, or has no shape")
    shape, numbers = tuple(sides), kind(KINDS[code])
    check_shape(shape)
    if math.prod(shape) * numbers.raw.itemsize != size:
        raise ValueError(f"an array of shape {shape} and {numbers.name} has {size} bytes")

    return in_place(shape, numbers, source, offset)
