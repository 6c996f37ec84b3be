"""Every error raised on purpose: one line that names the thing, what was expected, and what came."""

from __future__ import annotations

import difflib
import signal
from collections.abc import Iterable
from os import PathLike, fspath
from typing import Any

LONGEST = 100
"""Letters of a wrong name that an error repeats."""


MOST = 12
"""Names that an error lists."""

LISTS = {
    "claim": "explain",
    "law": "laws",
    "model": "list models",
    "rule": "list rules",
    "sample image": "list samples",
    "target": "list targets",
    "weights": "list weights",
}
"""Which command lists the names of a kind."""


class TinycnnError(ValueError):
    """Base of all errors that tinycnn raises on purpose; it comes whole through a pickle."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (type(self), self.args, vars(self))


def _again(kind: type[TinycnnError], args: tuple[Any, ...], state: dict[str, Any]) -> TinycnnError:
    """An error as it was, without the arguments that its message was once made of."""
    error = kind.__new__(kind, *args)
    vars(error).update(state)
    return error


def signal_name(number: int) -> str:
    """What a process was killed by, such as SIGKILL; signals without a name by their number."""
    return signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"


def interrupted(error: BaseException | None) -> bool:
    """Whether Ctrl-C is behind an error: what it strikes may fail in its own way while it is left."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__context__
    return error is not None


class ShapeError(TinycnnError):
    """An array has the wrong shape or dtype for the operation that met it."""


class NonFiniteError(TinycnnError):
    """A NaN or an infinity where only finite numbers make sense."""


class MissingRowError(TinycnnError):
    """A rule was asked for a type of layer that its table does not have."""


class WriteError(TinycnnError):
    """A row of a rule writes to what it was only lent: a signal, or the trace."""


class ImageError(TinycnnError):
    """An image file is missing, truncated, or not an image."""


class OutputError(TinycnnError):
    """A result could not be written."""


class FetchError(TinycnnError):
    """Weights could not be had: no network, a server's refusal, or a wrong hash."""


class CheckError(TinycnnError, AssertionError):
    """A property that was checked does not hold; below the first line stands the case, as code to paste."""


class UnknownNameError(TinycnnError):
    """A model, rule, target, class or preset that does not exist; the message names the nearest ones.

    Parameters
    ----------
    kind : str
        What was looked for, such as ``"rule"``.
    name : str
        The name that was asked for.
    known : iterable of str
        The names that exist.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        names = list(known)
        near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
        hint = f"did you mean {', '.join(near)}?" if near else f"known: {_listed(kind, names)}"
        shown = name if len(name) <= LONGEST else f"{name[:LONGEST]}..."
        super().__init__(f"unknown {kind} {shown!r}; {hint}")


def _listed(kind: str, names: list[str]) -> str:
    """The first names and, if there are more, how many and which command lists all."""
    if len(names) <= MOST:
        return ", ".join(names)
    command = f" ('tinycnn {LISTS[kind]}' lists all)" if kind in LISTS else ""
    return f"{', '.join(names[:MOST])} and {len(names) - MOST} more{command}"


class AmbiguousNameError(TinycnnError):
    """A name that several classes share; the message gives their indices."""


class WeightFileError(TinycnnError):
    """A weight file that cannot be trusted or understood.

    Parameters
    ----------
    path : path-like
        The file.
    format : str
        The format it was read as, such as ``"torch zip"``.
    reason : str
        What is wrong with it: the layer or array, what was expected, what was found.
    """

    def __init__(self, path: str | PathLike[str], format: str, reason: str) -> None:
        self.path, self.format, self.reason = fspath(path), format, reason
        super().__init__(f"{self.path}: not a usable {format} file: {reason}")


class ModelFileError(TinycnnError):
    """A network that cannot be read: its file is damaged, or it does what no layer here does.

    Parameters
    ----------
    place : str
        The file or the module and, where one is to blame, its node.
    reason : str
        What is wrong, and what to do about it.
    """

    def __init__(self, place: str | PathLike[str], reason: str) -> None:
        self.place, self.reason = fspath(place), reason
        text = f"{self.place}: {reason}"
        super().__init__("".join(c if c.isprintable() else " " for c in text)[:1000])
