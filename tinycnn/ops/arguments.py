"""What an operation takes, said once: its definition and its twin refuse the same, in the same words."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import wraps
from importlib import import_module
from numbers import Integral, Real
from typing import Any, NamedTuple, TypeVar

import numpy as np

from tinycnn.errors import ShapeError
from tinycnn.ops.types import FLOATS

_MISSING = inspect.Parameter.empty

Operation = TypeVar("Operation", bound=Callable[..., Any])


def takes(also: Callable[..., object] | None = None, **axes: str) -> Callable[[Operation], Operation]:
    """Check what an operation is called with before it runs.

    Parameters
    ----------
    also : function, optional
        Called after that with those of the operation's arguments that it names; raises what letters cannot
        say.
    **axes
        For each array the letters of its axes, such as ``x="n c h w"``. A letter stands for the same size in
        all of them; ``...`` for any axes, the same in all. Signals may be of another number, ``t``, than the
        n images: as many, or any number for one image. All arrays are of one precision, float32 or float64;
        those that begin with ``int`` hold whole numbers. What is no array is a ``number``, a ``count`` (a
        whole number of at least 1) or a ``pair`` of them. A default is taken as it is: where it is None,
        an argument may be None.

    Returns
    -------
    decorator
        The operation then raises ShapeError, naming itself and the array.
    """

    def decorate(definition: Operation) -> Operation:
        signature = inspect.signature(definition)
        blank = [each.default for each in signature.parameters.values()]
        required = blank.count(_MISSING)
        places = {name: place for place, name in enumerate(signature.parameters)}
        wanted = [_Wanted.of(name, text, places[name], blank[places[name]]) for name, text in axes.items()]
        needed = [places[name] for name in inspect.signature(also).parameters] if also else []

        def checked(operation: Callable[..., Any]) -> Any:
            @wraps(operation)
            def call(*args: Any, **options: Any) -> Any:
                given = [*args, *blank[len(args) :]]
                for name, value in options.items():
                    if places.get(name, -1) < len(args):  # there is none of that name, or it was given before
                        return definition(*args, **options)  # which raises Python's own TypeError
                    given[places[name]] = value
                if len(given) > len(blank) or (len(args) < required and any(v is _MISSING for v in given)):
                    return definition(*args, **options)  # as well
                try:
                    _fit(given, wanted)
                    if also:
                        also(*[given[place] for place in needed])
                except ShapeError as error:
                    raise ShapeError(f"{operation.__name__}: {error}") from None
                return operation(*given)

            call.__signature__, call.like = signature, checked  # type: ignore[attr-defined]
            return call

        return checked(definition)

    return decorate


def twin(operation: Callable[..., Any]) -> Any:
    """A fast operation takes what its definition takes, the function of its name in `tinycnn.ops`.

    It is called with all arguments, in the definition's order. Types and defaults are stated there alone.
    """
    definition = getattr(import_module("tinycnn.ops"), operation.__name__)
    checked = definition.like(operation)
    checked.__doc__ = f"Twin of `tinycnn.ops.{operation.__name__}`."
    return checked


class _Wanted(NamedTuple):
    """What one argument must be: what a word says, or an array with axes of these letters."""

    name: str
    place: int
    default: Any
    word: Callable[[str, Any], None] | None
    whole: bool
    letters: list[str]

    @classmethod
    def of(cls, name: str, text: str, place: int, default: Any) -> _Wanted:
        first, *rest = letters = text.split()
        whole = first == "int"
        return cls(name, place, default, WORDS.get(first), whole, rest if whole else letters)


def _fit(given: Sequence[Any], wanted: Sequence[_Wanted]) -> None:
    sizes: dict[str, Any] = {}
    dtype = None
    for name, place, default, word, whole, letters in wanted:
        array = given[place]
        if array is default:
            continue
        if word:
            word(name, array)
            continue
        if not isinstance(array, np.ndarray):
            raise ShapeError(f"{name} must be an array, got {type(array).__name__}")
        if whole:
            if array.dtype.kind not in "iu" or not array.dtype.isnative:
                raise ShapeError(
                    f"{name} must hold whole numbers of this machine's byte order, got {array.dtype}"
                )
        else:
            if array.dtype not in FLOATS:
                raise ShapeError(f"{name} must be float32 or float64, got {array.dtype}")
            if dtype is not None and dtype != array.dtype:
                raise ShapeError(f"{name} is {array.dtype}, but the arrays before it are {dtype}")
            dtype = array.dtype
        _fit_axes(name, array.shape, letters, sizes)
    images = sizes.get("n", 1)
    if images != 1 and sizes.get("t", images) != images:
        raise ShapeError(f"{sizes['t']} signals for {images} images: one each, or any number for one image")


def _fit_axes(name: str, shape: tuple[int, ...], letters: list[str], sizes: dict[str, Any]) -> None:
    sides: tuple[Any, ...] = shape
    if letters[-1] == "..." and len(shape) >= len(letters) - 1:
        sides = *shape[: len(letters) - 1], shape[len(letters) - 1 :]
    if len(sides) != len(letters):
        raise ShapeError(f"{name} must be ({', '.join(letters)}), got shape {shape}")
    known = tuple(map(sizes.setdefault, letters, sides))
    for letter, size, other in zip(letters, sides, known, strict=True) if known != sides else ():
        if size != other:
            raise ShapeError(f"{name} ({', '.join(letters)}) has shape {shape}, but {letter} is {other}")


def _number(name: str, value: Any) -> None:
    if not isinstance(value, (float, int, Real)):
        raise ShapeError(f"{name} must be a number, got {value!r}")


def _count(name: str, value: Any) -> None:
    if not isinstance(value, (int, Integral)) or value < 1:
        raise ShapeError(f"{name} must be a whole number of at least 1, got {value!r}")


def _pair(name: str, value: Any) -> None:
    if not isinstance(value, (tuple, Sequence)) or len(value) != 2:
        raise ShapeError(f"{name} must be (height, width), got {value!r}")
    for size in value:
        _count(name, size)


WORDS: dict[str, Callable[[str, Any], None]] = {"number": _number, "count": _count, "pair": _pair}
"""What is no array."""
