"""What every format's index consists of: an array that lies somewhere in a file, described but not read."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from tinycnn.ops.types import Array
from tinycnn.weights.source import Source

NAMES = (
    *("float16", "bfloat16", "float32", "float64"),
    *("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "bool"),
)
"""The numbers that weights are made of. Arrays of anything else are skipped."""

SPARE, SWELL = 1 << 26, 16
"""A file may claim arrays of `SPARE` bytes plus `SWELL` times its size: weights hardly compress, bombs do."""


BLOCK = 1 << 24
"""Bytes that are read at a time when the layout is changed on the way."""

ALONE = "array"
"""The name of an array that is all there is in a file."""

LISTED = 1000
"""Things that are skipped are named up to so many."""


class Unsupported(ValueError):
    """What is there is sound as far as one can see, but no array that can be read."""


class NothingStored(ValueError):
    """A file without a single array that can be read."""


@dataclass(frozen=True)
class Kind:
    """The type of the numbers in a file.

    Parameters
    ----------
    name : str
        One of `NAMES`.
    raw : dtype
        How the bytes are read: bfloat16, which NumPy lacks, as uint16, and bool as uint8.
    """

    name: str
    raw: np.dtype[Any]

    @property
    def wide(self) -> int:
        """Bytes per number once it is read: half precision becomes float32."""
        return max(4, self.raw.itemsize) if "float" in self.name else self.raw.itemsize


def kind(name: str, order: str = "<") -> Kind:
    """The kind of a name in `NAMES`, in the byte order "<" or ">"."""
    if name not in NAMES:
        raise Unsupported(f"of {name[:40]!r}, not of numbers that are supported")
    raw = {"bfloat16": "uint16", "bool": "uint8"}.get(name, name)
    return Kind(name, np.dtype(raw).newbyteorder("<" if order == "<" else ">"))


@dataclass(frozen=True)
class Stored:
    """An array in a file.

    Parameters
    ----------
    shape : tuple of int
    kind : Kind
    load : callable
        Reads all the raw numbers.
    part : callable, optional
        Reads so many raw numbers from the so-manieth on, where they lie in row-major order in the file.
    touched : int
        Bytes that must be read or inflated for it, if they are more than its own.
    negative : bool
        The numbers in the file are those of the array with the other sign.
    """

    shape: tuple[int, ...]
    kind: Kind
    load: Callable[[], Array]
    part: Callable[[int, int], Array] | None = None
    touched: int = 0
    negative: bool = False

    def __post_init__(self) -> None:
        check_shape(self.shape)

    @property
    def size(self) -> int:
        """How many numbers."""
        return math.prod(self.shape)

    def read(self) -> Array:
        """The array, in native byte order, half precision as float32."""
        return self._finished(self.load().reshape(self.shape))

    def read_into(self, out: Array) -> None:
        """Fill another array of the same shape, with no more than a block besides."""
        if self.part is None or not self.size:
            out[...] = self.read()
            return
        row = self.size // len(out) if out.ndim else 1
        rows = max(1, BLOCK // (row * self.kind.raw.itemsize))
        for start in range(0, len(out) if out.ndim else 1, rows):
            place = out[start : start + rows] if out.ndim else out
            place[...] = self._finished(self.part(start * row, place.size)).reshape(place.shape)

    @property
    def cost(self) -> int:
        """Bytes in memory, or touched to get there."""
        return max(self.size * self.kind.wide, self.touched)

    def _finished(self, raw: Array) -> Array:
        wide = self._widened(raw)
        return -wide if self.negative else wide

    def _widened(self, raw: Array) -> Array:
        if self.kind.name == "bool":
            return raw != 0
        if self.kind.name == "bfloat16":
            return np.left_shift(raw, 16, dtype=np.uint32).view(np.float32)
        if self.kind.name == "float16":
            return raw.astype(np.float32)
        return raw.astype(raw.dtype.newbyteorder("="), copy=False)


def in_place(shape: tuple[int, ...], kind: Kind, source: Source, offset: int) -> Stored:
    """An array whose numbers lie at an offset of a file, in row-major order."""

    def part(start: int, count: int) -> Array:
        return source.numbers(offset + start * kind.raw.itemsize, count, kind.raw)

    return Stored(shape, kind, lambda: part(0, math.prod(shape)), part)


def check_shape(shape: Any) -> None:
    """Refuse a shape that is not a short tuple of counts; never print it, as printing can take forever."""
    if (
        type(shape) is not tuple
        or len(shape) > 32
        or not all(type(side) is int and side >= 0 for side in shape)
    ):
        raise ValueError("a shape is not a tuple of at most 32 counts")


@dataclass(frozen=True)
class Skipped:
    """Something in a file that is not read, and what it is."""

    what: str


Found: TypeAlias = Stored | Skipped
"""What the index of a format says of each thing in a file."""


@dataclass(frozen=True)
class Index:
    """What is in a file: its arrays, in its order, and what else there is, up to `LISTED` things."""

    arrays: dict[str, Stored]
    skipped: dict[str, str]


def gather(things: Iterable[tuple[str, Found]], size: int) -> Index:
    """The index of a file of `size` bytes, unless it has an array twice or claims too much."""
    index = Index({}, {})
    claimed = more = 0
    for name, found in things:
        if isinstance(found, Skipped):
            more += len(index.skipped) >= LISTED
            if not more:
                index.skipped[name] = found.what
            continue
        if name in index.arrays:
            raise ValueError(f"array {name[:60]!r} is there twice")
        index.arrays[name] = found
        claimed += found.cost
        if claimed > SPARE + SWELL * size:
            raise ValueError(f"{size} bytes claim to hold arrays of {claimed} bytes, or to spread so far")
    if more:
        index.skipped["..."] = f"{more} more things"
    if not index.arrays:
        raise NothingStored("; ".join(["it holds no arrays of numbers", *_said(index.skipped)]))
    return index


def _said(skipped: dict[str, str]) -> list[str]:
    """The first of the things that are skipped, for a message."""
    if not skipped:
        return []
    name, what = next(iter(skipped.items()))
    return [f"{name[:60]!r} is {what}" + (", and there is more" if len(skipped) > 1 else "")]
