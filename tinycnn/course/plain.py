"""What an answer gives to a check: plain numbers, arrays and collections of them, which cannot lie.

An object of a class of the student's own may say that it is equal to everything.
"""

from __future__ import annotations

from typing import Any

import numpy as np

EXACT = {bool, int, float, complex, str, bytes, type(None)}
NUMBERS = {"__index__": int, "__float__": float, "__complex__": complex}
COLLECTIONS = (list, tuple, set, frozenset)


def plainly(function: Any) -> Any:
    """A function that gives another one copies of its arrays, and returns plain values.

    What is no function is returned as it is: to call it is the error.
    """
    if not callable(function):
        return function

    def called(*arguments: Any, **named: Any) -> Any:
        return plain(function(*map(_copy, arguments), **{key: _copy(value) for key, value in named.items()}))

    called.__name__ = str(getattr(function, "__name__", "row"))
    return called


def plain(value: Any) -> Any:
    """A value as one of NumPy's or Python's own types: array, number, text, or collection of them.

    Raises
    ------
    TypeError
        It is nothing of the kind.

    Examples
    --------
    >>> plain(x * x for x in (1, 2))
    [1, 4]
    """
    kind = type(value)
    if kind in EXACT:
        return value
    if hasattr(kind, "__array__"):
        array = np.array(value)
        if array.dtype.hasobject:
            raise TypeError("the answer returns an array of objects that are no numbers")
        return array[()] if issubclass(kind, np.generic) else array
    if issubclass(kind, str):
        return str.__str__(value)
    for method, number in NUMBERS.items():
        if hasattr(kind, method):
            return number(value)
    if issubclass(kind, dict):
        return {plain(key): plain(held) for key, held in dict.items(value)}
    if hasattr(kind, "__iter__"):
        return next((own for own in COLLECTIONS if issubclass(kind, own)), list)(map(plain, value))
    raise TypeError(f"the answer returns a {kind.__name__}, and should return numbers or arrays")


def _copy(value: Any) -> Any:
    """A copy of an array that can be written if the array can; all else as it is."""
    if type(value) is not np.ndarray:
        return value
    copy = value.copy()
    copy.flags.writeable = value.flags.writeable
    return copy
