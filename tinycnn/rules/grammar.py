"""How people write a rule down: a name, and options in brackets. Nothing is evaluated.

    rule   = name [ "(" [ option { "," option } ] ")" ]
    option = [ key "=" ] value
    value  = number | word | rule

``"guided"``, ``"lrp-epsilon(epsilon=0.1)"``, ``"smoothgrad(guided, sigma=0.1, n=50)"``. Options without a key
come first, in the order of the list that ``tinycnn list rules`` prints. Spaces do not matter.
"""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from tinycnn.errors import TinycnnError, UnknownNameError

DEEPEST = 20
"""How many brackets a rule may have."""


class Call(NamedTuple):
    """A name and its options as they were written."""

    name: str
    positional: tuple[str, ...]
    named: Mapping[str, str]


def split(text: str) -> list[str]:
    """Split at the commas that stand outside of brackets.

    Raises
    ------
    TinycnnError
        Brackets do not match.
    """
    parts, depth = [""], 0
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        if depth < 0:
            break
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    if depth:
        raise TinycnnError(f"brackets do not match in {text!r}")
    return [part.strip() for part in parts]


def read(text: str) -> Call:
    """Read a rule as it is written.

    Raises
    ------
    TinycnnError
        It is not of the form ``name(option, key=option)``, or nested more than `DEEPEST` times.
    """
    if text.count("(") > DEEPEST:
        raise TinycnnError(f"at most {DEEPEST} pairs of brackets are read, got {text.count('(')}")
    name, bracket, inside = text.strip().partition("(")
    if not bracket:
        return Call(name, (), {})
    if not inside.endswith(")"):
        raise TinycnnError(f"options are written name(option, key=option), got {text!r}")
    options = split(inside[:-1]) if inside[:-1].strip() else []
    positional: list[str] = []
    named: dict[str, str] = {}
    for option in options:
        key, value = _pair(option)
        if not value or key in named or (named and not key):
            raise TinycnnError(f"option {option!r} of {text!r} is empty, given twice, or without its key")
        if key:
            named[key] = value
        else:
            positional.append(value)
    return Call(name.strip(), tuple(positional), named)


def call(make: Callable[..., Any], wanted: Call, kinds: Mapping[str, Callable[[str], Any]]) -> Any:
    """Call a function with options as they were written, each read as its annotation says.

    Parameters
    ----------
    make : function
    wanted : Call
    kinds : mapping
        From an annotation to what reads a value of that kind, or raises ValueError.

    Raises
    ------
    TinycnnError
        An option is too many, or cannot be read.
    UnknownNameError
        The function has no such option.
    """
    taken = inspect.signature(make).parameters
    if len(wanted.positional) > len(taken):
        most = "one option" if len(taken) == 1 else f"{len(taken)} options"
        raise TinycnnError(f"{wanted.name} takes at most {most}, got {len(wanted.positional)}")
    given = dict(zip(taken, wanted.positional, strict=False))
    for key, value in wanted.named.items():
        if key not in taken:
            raise UnknownNameError(f"option of {wanted.name}", key, taken)
        if key in given:
            raise TinycnnError(f"option {key} of {wanted.name} is given twice")
        given[key] = value
    return make(**{key: _value(wanted.name, taken[key], text, kinds) for key, text in given.items()})


def options(make: Callable[..., Any]) -> str:
    """Options and their defaults in brackets, as they would be written; empty if there are none."""
    taken = inspect.signature(make).parameters.values()
    shown = [f"{option.name}={_shown(option.default)}" for option in taken]
    return f"({', '.join(shown)})" if shown else ""


def number(text: str) -> float:
    """A finite decimal number."""
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", text, re.ASCII):
        raise ValueError(f"expected a number, got {text!r}")
    found = float(text)
    if math.isinf(found):
        raise ValueError(f"expected a number of at most 1.8e308, got {text!r}")
    return found


def whole(text: str) -> int:
    """A whole number of at most nine digits."""
    if not re.fullmatch(r"[+-]?\d{1,9}", text, re.ASCII):
        raise ValueError(f"expected a whole number, got {text!r}")
    return int(text)


def truth(text: str) -> bool:
    """True or False."""
    if text not in ("True", "False"):
        raise ValueError(f"expected True or False, got {text!r}")
    return text == "True"


def _pair(option: str) -> tuple[str, str]:
    """The key, if there is one, and the value."""
    found = re.fullmatch(r"([a-z_]+)\s*=(.*)", option, re.DOTALL)
    return (found[1], found[2].strip()) if found else ("", option)


def _value(name: str, option: inspect.Parameter, text: str, kinds: Mapping[str, Callable[[str], Any]]) -> Any:
    try:
        return kinds[str(option.annotation)](text)
    except TinycnnError:
        raise
    except ValueError as error:
        raise TinycnnError(f"option {option.name} of {name}: {error}") from None


def _shown(default: Any) -> str:
    unknown = default in (None, "", inspect.Parameter.empty)
    return "..." if unknown else str(getattr(default, "name", default))
