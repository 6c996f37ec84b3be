"""Pickles of nested dicts of NumPy arrays, such as Flax's checkpoints."""

from __future__ import annotations

import codecs
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinycnn.ops.types import Array
from tinycnn.weights.opcodes import Key, Machine, Makers, Named, Note, Span, StandIn, ordered_dict
from tinycnn.weights.source import Source
from tinycnn.weights.stored import (
    ALONE,
    NAMES,
    Found,
    Kind,
    Skipped,
    Stored,
    Unsupported,
    check_shape,
    in_place,
    kind,
)

NODES, DEPTH, LETTERS = 250_000, 32, 256
"""A tree has at most so many nodes; it is searched so deep, and the names of arrays are at most so long."""

PLAIN = {plain: Skipped(plain.__name__) for plain in (bool, int, float, str, type(None))}
"""For types of things that hold nothing, what is said of each: most things in a file are of these."""


class DtypeNote(Note):
    """A dtype: its code and, in the state, its byte order."""

    def __init__(self, code: Any, *_: Any) -> None:
        self.code = code

    def kind(self) -> Kind:
        """What numbers it stands for."""
        if type(self.code) is Named and self.code.name in NAMES:  # of the package ml_dtypes
            return kind(self.code.name)
        if type(self.code) is not str or len(self.code) > 8:
            raise Unsupported("of a dtype that is not of numbers")
        state = self.state if type(self.state) is tuple and len(self.state) > 1 else (3, "<")
        dtype = np.dtype(self.code)
        return kind(dtype.name, ">" if type(state[1]) is str and state[1] == ">" else "<")


class ArrayNote(Note):
    """An array: its state is (version, shape, dtype, Fortran order, data); data of objects are a list."""

    def __init__(self, *_: Any) -> None:
        self.state = None

    @property
    def objects(self) -> list[Any] | None:
        """What an array of objects holds."""
        data = self.state[-1] if type(self.state) is tuple and len(self.state) == 5 else None
        return data if type(data) is list else None

    def stored(self) -> Stored:
        """The array, still in the file."""
        if type(self.state) is not tuple or len(self.state) != 5:
            raise ValueError("an array was left without its data")
        _, shape, dtype, fortran, data = self.state
        return _stored(data, dtype, shape, fortran is True)


class BufferNote(Note):
    """An array as protocol 5 writes it."""

    def __init__(self, data: Any, dtype: Any, shape: Any, order: Any) -> None:
        self.arguments = data, dtype, shape, type(order) is str and order == "F"

    def stored(self) -> Stored:
        """The array, still in the file."""
        return _stored(*self.arguments)


@dataclass(frozen=True)
class Latin:
    """Bytes that protocol 2 wrote as a string, to be encoded when they are asked for."""

    text: Any
    encoding: Any


def no_weight(*_: Any) -> StandIn:
    """Stands for a NumPy scalar, such as an accuracy kept in a checkpoint."""
    return StandIn("numpy scalar")


NUMPY: Makers = {
    ("numpy", "ndarray"): None,
    ("numpy", "dtype"): DtypeNote,
    ("numpy.core.multiarray", "_reconstruct"): ArrayNote,
    ("numpy._core.multiarray", "_reconstruct"): ArrayNote,
    ("numpy.core.multiarray", "scalar"): no_weight,
    ("numpy._core.multiarray", "scalar"): no_weight,
    ("numpy.core.numeric", "_frombuffer"): BufferNote,
    ("numpy._core.numeric", "_frombuffer"): BufferNote,
    ("_codecs", "encode"): Latin,
    ("collections", "OrderedDict"): ordered_dict,
    ("flax.core.frozen_dict", "FrozenDict"): lambda tree={}: tree,
}
"""All that the arrays in a pickle are made by."""


def index(source: Source, start: int = 0) -> Iterator[tuple[str, Found]]:
    """Find the arrays of a pickle; the names of nested dicts are joined by "/"."""
    tree = Machine(source, start, NUMPY).run()
    return found(tree, (ArrayNote, BufferNote), "/", lambda note: note.stored())


def found(
    tree: Any, types: tuple[type, ...], joint: str, stored: Callable[[Any], Stored]
) -> Iterator[tuple[str, Found]]:
    """The arrays in nested dicts, lists and tuples, under joined names, and what else there is.

    Parameters
    ----------
    tree : object
    types : tuple of types
        Of the notes that stand for arrays.
    joint : str
    stored : callable
        What a note says of its array.
    """
    for path, node in Leaves(types).of(tree):
        name = joint.join(path) or ALONE
        if type(node) is Skipped:
            yield name, node
            continue
        try:
            yield name, stored(node)
        except Unsupported as reason:
            yield name, Skipped(str(reason))


class Leaves:
    """The notes of arrays in a tree of what a pickle built, and the largest parts that have none."""

    def __init__(self, types: tuple[type, ...]) -> None:
        self.types, self.left = types, NODES

    def of(self, node: Any, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
        """Paths and notes; the path of a part without arrays has a `Skipped`."""
        self.left -= 1
        if self.left < 0:
            raise ValueError(f"it holds more than {NODES} things")
        if type(node) in PLAIN:
            return [(path, PLAIN[type(node)])]
        if isinstance(node, self.types) and _objects(node) is None:
            if sum(map(len, path)) > LETTERS:
                raise ValueError("the names of its arrays are too long")
            return [(path, node)]
        inside = [] if len(path) == DEPTH else _children(node)
        leaves = [leaf for name, child in inside for leaf in self.of(child, (*path, name))]
        if not leaves or (path and all(type(leaf) is Skipped for _, leaf in leaves)):
            return [(path, Skipped(_described(node)))]
        return leaves


def _children(node: Any) -> list[tuple[str, Any]]:
    """What can be looked into, by name."""
    node = node.items if type(node) is StandIn else node
    objects = _objects(node)
    if type(node) is dict:
        return [(str(key)[: LETTERS + 1], child) for key, child in node.items() if type(key) is not Key]
    if objects is not None and len(objects) == 1:  # as numpy.save wraps a dict
        return _children(objects[0])
    items = node if type(node) in (list, tuple) else objects or ()
    return [(str(place), child) for place, child in enumerate(items)]


def _objects(node: Any) -> list[Any] | None:
    return node.objects if isinstance(node, ArrayNote) else None


def _described(node: Any) -> str:
    if type(node) is StandIn:
        return node.what
    if type(node) in (list, tuple, dict):
        return f"{type(node).__name__} of {len(node)}"
    if isinstance(node, Named):
        return f"{node.module}.{node.name}"[:80]
    named = {Span: "bytes", Latin: "bytes", ArrayNote: "an array of objects, not of numbers"}
    return named.get(type(node), type(node).__name__)


def _stored(data: Any, dtype: Any, shape: Any, fortran: bool) -> Stored:
    if type(dtype) is not DtypeNote:
        raise ValueError("an array has no dtype")
    check_shape(shape)
    numbers, count = dtype.kind(), math.prod(shape)
    size = count * numbers.raw.itemsize
    coded = data.text if type(data) is Latin else data
    if type(coded) not in (Span, str):
        raise ValueError("an array's data are not bytes")
    given = coded.size if type(coded) is Span else len(coded)
    letters = type(coded) is Span and coded.text  # of which the upper half takes two bytes each
    if not (size <= given <= 2 * size if letters else given == size):
        raise ValueError(f"an array of shape {shape} and {numbers.name} has {given} bytes")

    if type(coded) is Span and not letters and not fortran:
        return in_place(shape, numbers, coded.source, coded.offset)

    def load() -> Array:
        if type(coded) is str:
            flat = np.frombuffer(coded.encode("latin-1"), numbers.raw)
        elif letters:
            flat = _decoded(coded, size).view(numbers.raw)
        else:
            flat = coded.source.numbers(coded.offset, count, numbers.raw)
        return flat.reshape(shape, order="F" if fortran else "C")

    return Stored(shape, numbers, load)


def _decoded(span: Span, size: int) -> Array:
    """The bytes that a long string stands for, as Python 2 wrote them: a letter for each."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    array, position = np.empty(size, np.uint8), 0
    for block in span.source.blocks(span.offset, span.size):
        part = np.frombuffer(decoder.decode(block).encode("latin-1"), np.uint8)
        if position + len(part) > size:
            break
        array[position : position + len(part)] = part
        position += len(part)
    if position != size:
        raise ValueError(f"an array of {size} bytes is given others")
    return array
