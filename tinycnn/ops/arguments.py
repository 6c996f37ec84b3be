"""What an operation takes, said once: its definition and its twin refuse the same, in the same words."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from importlib import import_module
from numbers import Integral, Real
from typing import Any, TypeVar

import numpy as np

from tinycnn.errors import ShapeError
from tinycnn.ops.types import FLOATS

Operation = TypeVar("Operation", bound=Callable[..., Any])


def takes(also: Callable[..., None] | None = None, **axes: str) -> Callable[[Operation], Operation]:
    """Check what an operation is called with before it runs.

    Parameters
    ----------
    also : function, optional
        Called after that with the operation's arguments; raises what letters cannot say.
    **axes
        For each array the letters of its axes, such as ``x="n c h w"``. A letter stands for the same size in
        all of them; ``...`` for any axes, the same in all. Signals may be of another number, ``t``, than the
        n images: as many, or any number for one image. All arrays are of one precision, float32 or float64;
        those that begin with ``int`` hold whole numbers. What is no array is a ``number``, a ``count`` (a
        whole number of at least 1) or a ``pair`` of them. An argument whose default is None may be None.

    Returns
    -------
    decorator
        The operation then raises ShapeError, naming itself and the array.
    """
    table = {name: text.split() for name, text in axes.items()}

    def decorate(operation: Operation) -> Operation:
        parameters = inspect.signature(operation).parameters
        names = list(parameters)
        places = [(names.index(name), name, parameters[name].default) for name in table]

        @wraps(operation)
        def call(*args: Any, **options: Any) -> Any:
            found = (
                (name, value, table[name])
                for place, name, default in places
                if (value := args[place] if place < len(args) else options.get(name, default)) is not default
            )
            try:
                _fit(found)
                if also is not None:
                    also(*args, **options)
            except ShapeError as error:
                raise ShapeError(f"{operation.__name__}: {error}") from None
            return operation(*args, **options)

        call.like = decorate  # type: ignore[attr-defined]
        return call  # type: ignore[return-value]

    return decorate


def twin(operation: Operation) -> Operation:
    """A fast operation takes what its definition takes, the function of its name in `tinycnn.ops`."""
    definition = getattr(import_module("tinycnn.ops"), operation.__name__)
    checked: Operation = definition.like(operation)
    checked.__doc__ = f"Twin of `tinycnn.ops.{operation.__name__}`."
    return checked


def _fit(arrays: Iterator[tuple[str, Any, list[str]]]) -> None:
    sizes: dict[str, Any] = {}
    dtype = None
    for name, array, letters in arrays:
        if letters[0] in WORDS:
            WORDS[letters[0]](name, array)
            continue
        if not isinstance(array, np.ndarray):
            raise ShapeError(f"{name} must be an array, got {type(array).__name__}")
        whole = letters[0] == "int"
        if whole and (array.dtype.kind not in "iu" or not array.dtype.isnative):
            raise ShapeError(
                f"{name} must hold whole numbers of this machine's byte order, got {array.dtype}"
            )
        if not whole:
            if array.dtype not in FLOATS:
                raise ShapeError(f"{name} must be float32 or float64, got {array.dtype}")
            if dtype is not None and dtype != array.dtype:
                raise ShapeError(f"{name} is {array.dtype}, but the arrays before it are {dtype}")
            dtype = array.dtype
        _fit_axes(name, array.shape, letters[whole:], sizes)
    if sizes.get("n", 1) != 1 and sizes.get("t", sizes["n"]) != sizes["n"]:
        raise ShapeError(
            f"{sizes['t']} signals for {sizes['n']} images: one each, or any number for one image"
        )


def _fit_axes(name: str, shape: tuple[int, ...], letters: list[str], sizes: dict[str, Any]) -> None:
    rest = letters[-1] == "..."
    if len(shape) != len(letters) if not rest else len(shape) < len(letters) - 1:
        raise ShapeError(f"{name} must be ({', '.join(letters)}), got shape {shape}")
    for place, letter in enumerate(letters):
        size = shape[place:] if letter == "..." else shape[place]
        if sizes.setdefault(letter, size) != size:
            raise ShapeError(
                f"{name} ({', '.join(letters)}) has shape {shape}, but {letter} is {sizes[letter]}"
            )


def _number(name: str, value: Any) -> None:
    if not isinstance(value, Real):
        raise ShapeError(f"{name} must be a number, got {value!r}")


def _count(name: str, value: Any) -> None:
    if not isinstance(value, Integral) or value < 1:
        raise ShapeError(f"{name} must be a whole number of at least 1, got {value!r}")


def _pair(name: str, value: Any) -> None:
    if not isinstance(value, Sequence) or len(value) != 2:
        raise ShapeError(f"{name} must be (height, width), got {value!r}")
    for size in value:
        _count(name, size)


WORDS: dict[str, Callable[[str, Any], None]] = {"number": _number, "count": _count, "pair": _pair}
"""What is no array."""
