"""What an operation takes, said once: its definition and its twin refuse the same, in the same words."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, TypeVar

import numpy as np

from tinycnn.errors import ShapeError
from tinycnn.ops.types import FLOATS

Operation = TypeVar("Operation", bound=Callable[..., Any])


def takes(also: Callable[..., None] | None = None, **axes: str) -> Callable[[Operation], Operation]:
    """Check the arrays that an operation is called with before it runs.

    Parameters
    ----------
    also : function, optional
        Called after that with the operation's arguments; raises what letters cannot say.
    **axes
        For each array the letters of its axes, such as ``x="n c h w"``. A letter stands for the same size in
        all of them; ``...`` for any axes, the same in all. Signals may be of another number, ``t``, than the
        n images: as many, or any number for one image. All arrays are of one precision, float32 or float64;
        those that begin with ``int`` hold whole numbers. None is passed over.

    Returns
    -------
    decorator
        The operation then raises ShapeError, naming itself and the array.
    """
    table = {name: text.split() for name, text in axes.items()}

    def decorate(operation: Operation) -> Operation:
        names = list(inspect.signature(operation).parameters)
        places = [(names.index(name), name, letters) for name, letters in table.items()]

        @wraps(operation)
        def call(*args: Any, **options: Any) -> Any:
            found = (
                (name, args[place] if place < len(args) else options.get(name), letters)
                for place, name, letters in places
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


def twin(definition: Any) -> Callable[[Operation], Operation]:
    """A fast operation under the name of its definition: the same arguments, the same refusals."""

    def decorate(operation: Operation) -> Operation:
        checked: Operation = definition.like(operation)
        checked.__doc__ = f"Twin of `{definition.__module__}.{definition.__name__}`."
        return checked

    return decorate


def _fit(arrays: Iterator[tuple[str, Any, list[str]]]) -> None:
    sizes: dict[str, Any] = {}
    dtype = None
    for name, array, letters in arrays:
        if array is None:
            continue
        if not isinstance(array, np.ndarray):
            raise ShapeError(f"{name} must be an array, got {type(array).__name__}")
        whole = letters[0] == "int"
        if whole and array.dtype.kind not in "iu":
            raise ShapeError(f"{name} must hold whole numbers, got {array.dtype}")
        if not whole:
            if array.dtype not in FLOATS:
                raise ShapeError(f"{name} must be float32 or float64, got {array.dtype}")
            if dtype not in (None, array.dtype):
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
