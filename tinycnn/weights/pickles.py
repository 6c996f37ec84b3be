"""Pickles of nested dicts of NumPy arrays, such as Flax's checkpoints."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinycnn.ops.types import Array
from tinycnn.weights.opcodes import Machine, Makers, Note, Span, ordered_dict
from tinycnn.weights.source import Source
from tinycnn.weights.stored import Kind, Stored, check_shape, in_place, kind

NODES, DEPTH, LETTERS = 50_000, 32, 256
"""A tree has at most so many nodes, is at most so deep, and its names are at most so long."""


class DtypeNote(Note):
    """A dtype: its code and, in the state, its byte order."""

    def __init__(self, code: Any, *_: Any) -> None:
        self.code = code

    def kind(self) -> Kind:
        """What numbers it stands for."""
        if type(self.code) is not str or len(self.code) > 8:
            raise ValueError("a dtype is not of numbers")
        state = self.state if type(self.state) is tuple and len(self.state) > 1 else (3, "<")
        dtype = np.dtype(self.code)
        return kind(dtype.name, ">" if type(state[1]) is str and state[1] == ">" else "<")


class ArrayNote(Note):
    """An array: its state is (version, shape, dtype, Fortran order, data)."""

    def __init__(self, *_: Any) -> None:
        self.state = None

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


def no_weight(*_: Any) -> None:
    """Stands in for a NumPy scalar, such as an accuracy kept in a checkpoint."""


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
}
"""All that a pickle of arrays may mention."""


def index(source: Source) -> Iterator[tuple[str, Stored]]:
    """Find the arrays of a pickle; the names of nested dicts are joined by "/"."""
    tree = Machine(source, 0, NUMPY).run()
    for name, note in leaves(tree, (ArrayNote, BufferNote), "/"):
        yield name, note.stored()


def leaves(tree: Any, types: tuple[type, ...], joint: str) -> Iterator[tuple[str, Any]]:
    """The objects of some types in nested dicts, lists and tuples; other leaves are no weights."""
    stack: list[tuple[tuple[str, ...], Any]] = [((), tree)]
    for _ in range(NODES):
        if not stack:
            return
        path, node = stack.pop()
        if len(path) > DEPTH or sum(map(len, path)) > LETTERS:
            raise ValueError("its dicts are nested too deeply, or their names are too long")
        if isinstance(node, types):
            yield joint.join(path), node
        elif type(node) in (dict, list, tuple):
            if len(stack) + len(node) > NODES:
                raise ValueError(f"it holds more than {NODES} things")
            items = node.items() if type(node) is dict else ((str(i), child) for i, child in enumerate(node))
            stack.extend(((*path, name), child) for name, child in reversed(list(items)))
    raise ValueError(f"it holds more than {NODES} things")


def _stored(data: Any, dtype: Any, shape: Any, fortran: bool) -> Stored:
    if type(dtype) is not DtypeNote:
        raise ValueError("an array has no dtype")
    check_shape(shape)
    numbers, count = dtype.kind(), math.prod(shape)
    text = data.text if type(data) is Latin else data
    if type(data) is not Span and type(text) is not str:
        raise ValueError("an array's data are not bytes")
    size = data.size if type(data) is Span else len(text)
    if size != count * numbers.raw.itemsize:
        raise ValueError(f"an array of shape {shape} and {numbers.name} has {size} bytes")

    if type(data) is Span and not fortran:
        return in_place(shape, numbers, data.source, data.offset)

    def load() -> Array:
        if type(data) is Span:
            flat = data.source.numbers(data.offset, count, numbers.raw)
        else:
            flat = np.frombuffer(text.encode("latin-1"), numbers.raw)
        return flat.reshape(shape, order="F" if fortran else "C")

    return Stored(shape, numbers, load)
