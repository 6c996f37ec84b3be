"""What the options of rules and targets may be: each is checked where it is given, not where it is used."""

from __future__ import annotations

import math
import operator
from typing import Any

from tinycnn.errors import TinycnnError


def number(name: str, value: Any, least: float = -math.inf) -> float:
    """A finite number.

    Raises
    ------
    TinycnnError
        It is none, or below `least`.
    """
    bound = "" if least == -math.inf else f" and at least {least:g}"
    try:
        if isinstance(value, bool | str | bytes) or not least <= float(value) or math.isinf(value):
            raise ValueError
    except (TypeError, ValueError, OverflowError):
        raise TinycnnError(f"{name} must be a finite number{bound}, got {shown(value)}") from None
    return value if isinstance(value, int | float) else float(value)


def whole(name: str, value: Any, least: int | None = None) -> int:
    """A whole number.

    Raises
    ------
    TinycnnError
        It is none, or below `least`.
    """
    bound = "" if least is None else f" and at least {least}"
    try:
        found = operator.index(value)
    except TypeError:
        found = None
    if found is None or type(value) is bool or (least is not None and found < least):
        raise TinycnnError(f"{name} must be a whole number{bound}, got {shown(value)}")
    return found


def named(layer: Any) -> str | int:
    """A layer, by its name or its position.

    Raises
    ------
    TinycnnError
        It is neither.
    """
    return layer if isinstance(layer, str) else whole("a layer that is not given by its name", layer)


def shown(value: Any) -> str:
    """A value as errors repeat it: in one line, of so many letters at most."""
    return " ".join(repr(value).split())[:60]
