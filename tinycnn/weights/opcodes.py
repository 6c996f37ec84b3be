"""A pickle is a program; this machine runs only the part of the language that builds dicts, lists and notes.

A note is one of our own objects that writes down what an array would be made from. Nothing is imported, and
no class of the file's choosing is made. A step costs no more than its bytes in the file: no opcode here can
be asked for a large allocation, and keys are strings or integers, whose hashes are cheap.
"""

from __future__ import annotations

import pickle
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from tinycnn.weights.source import Source

STEPS = 500_000
"""A file of a thousand arrays needs some thirty thousand."""

Makers: TypeAlias = Mapping[tuple[str, str], Callable[..., Any] | None]
"""For each (module, name) that a pickle may mention, our stand-in; None if it may not be called."""


@dataclass(frozen=True)
class Named:
    """A class or function that the pickle mentions."""

    module: str
    name: str


@dataclass(frozen=True)
class Span:
    """A run of bytes in the file, not yet read."""

    source: Source
    offset: int
    size: int


class Note:
    """Base of the stand-ins; a pickle may give each of them a state."""

    state: Any = None


def ordered_dict(pairs: Any = None) -> dict[str, Any]:
    """Stands in for ``collections.OrderedDict``, which Python 2 made from a list of pairs."""
    if pairs is None:
        return {}
    if type(pairs) is not list:  # a list's length has been paid for in steps
        raise ValueError("an OrderedDict is made from something that is not a list")
    return {_key(key): value for key, value in pairs}


def _key(key: Any) -> str:
    if type(key) not in (str, int):
        raise ValueError(f"a key is of type {type(key).__name__}, not a string or an integer")
    return str(key)


class Machine:
    """Runs one pickle.

    Parameters
    ----------
    source : Source
    offset : int
        Where the pickle starts.
    makers : mapping
        All that it may mention.
    persistent : callable, optional
        Stands in for data outside the pickle; without it there may be none.
    """

    def __init__(
        self, source: Source, offset: int, makers: Makers, persistent: Callable[[Any], Any] | None = None
    ) -> None:
        self.source, self.position = source, offset
        self.makers, self.persistent = makers, persistent
        self.stack: list[Any] = []
        self.below: list[list[Any]] = []
        self.memo: dict[int, Any] = {}
        self.steps = 0

    def run(self) -> Any:
        """Run to the end of the pickle, where `position` then is, and give what it built."""
        while (code := self.take(1)) != pickle.STOP:
            step = STEP.get(code)
            if step is None:
                raise ValueError(f"opcode {code!r} at byte {self.position - 1} is not one that arrays need")
            self.spend(1)
            try:
                step(self)
            except (IndexError, KeyError) as error:
                raise ValueError(f"opcode {code!r} at byte {self.position} lacks its arguments") from error
        if not self.stack:
            raise ValueError("it builds nothing")
        return self.stack.pop()

    def spend(self, steps: int) -> None:
        """Count steps, so that no pickle runs for long."""
        self.steps += steps
        if self.steps > STEPS:
            raise ValueError(f"it takes more than {STEPS} steps")

    def take(self, count: int) -> bytes:
        """The next bytes."""
        data = self.source.read(self.position, count)
        self.position += count
        return data

    def number(self, width: int, signed: bool = False) -> int:
        """The next bytes as an integer."""
        return int.from_bytes(self.take(width), "little", signed=signed)

    def real(self) -> float:
        """The next bytes as a float."""
        return float(struct.unpack(">d", self.take(8))[0])

    def line(self) -> str:
        """The next line, as the arguments of GLOBAL are."""
        start = self.source.read(self.position, min(256, self.source.size - self.position))
        text, newline, _ = start.partition(b"\n")
        if not newline:
            raise ValueError("a name does not end")
        self.position += len(text) + 1
        return text.decode()

    def span(self, width: int) -> Span:
        """The next bytes, counted in `width` bytes, left where they are."""
        size = self.number(width)
        span = Span(self.source, self.position, size)
        self.position += size
        if self.position > self.source.size:
            raise ValueError(f"{size} bytes are announced, past the end of the file")
        return span

    def since_mark(self) -> list[Any]:
        """Everything above the last mark."""
        items, self.stack = self.stack, self.below.pop()
        return items

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def mention(self, module: str, name: str) -> None:
        """Push a name, if it is allowed."""
        if (module, name) not in self.makers:
            raise ValueError(
                f"it names {module[:60]}.{name[:60]}, which is not allowed: weights are arrays in dicts"
            )
        self.push(Named(module, name))


def _mark(m: Machine) -> None:
    m.below.append(m.stack)
    m.stack = []


def _proto(m: Machine) -> None:
    if m.number(1) > pickle.HIGHEST_PROTOCOL:
        raise ValueError("its pickle protocol is unknown")


def _put(m: Machine, index: int) -> None:
    m.memo[index] = m.stack[-1]


def _stack_global(m: Machine) -> None:
    name, module = m.stack.pop(), m.stack.pop()
    if type(name) is not str or type(module) is not str:
        raise ValueError("a name is not a string")
    m.mention(module, name)


def _reduce(m: Machine) -> None:
    arguments, named = m.stack.pop(), m.stack.pop()
    make = m.makers.get((named.module, named.name)) if type(named) is Named else None
    if make is None or type(arguments) is not tuple:
        raise ValueError("it calls something that is not to be called")
    m.spend(sum(len(argument) for argument in arguments if type(argument) is list))
    m.push(make(*arguments))


def _build(m: Machine) -> None:
    state = m.stack.pop()
    made = m.stack[-1]
    if isinstance(made, Note):
        made.state = state
    elif type(made) is not dict:  # an OrderedDict may carry attributes, which are not weights
        raise ValueError("it gives a state to something that has none")


def _set_items(m: Machine, items: list[Any]) -> None:
    target = m.stack[-1]
    if type(target) is not dict or len(items) % 2:
        raise ValueError("it sets items of something that is not a dict")
    for key, value in zip(items[::2], items[1::2], strict=True):
        target[_key(key)] = value


def _append(m: Machine, items: list[Any]) -> None:
    if type(m.stack[-1]) is not list:
        raise ValueError("it appends to something that is not a list")
    m.stack[-1].extend(items)


def _tuple(m: Machine, count: int) -> None:
    if len(m.stack) < count:
        raise ValueError("a tuple lacks items")
    m.stack[-count:] = [tuple(m.stack[-count:])]


def _persistent(m: Machine) -> None:
    if m.persistent is None:
        raise ValueError("it refers to data outside itself")
    m.push(m.persistent(m.stack.pop()))


STEP: dict[bytes, Callable[[Machine], Any]] = {
    pickle.PROTO: _proto,
    pickle.FRAME: lambda m: m.take(8),
    pickle.MARK: _mark,
    pickle.NONE: lambda m: m.push(None),
    pickle.NEWTRUE: lambda m: m.push(True),
    pickle.NEWFALSE: lambda m: m.push(False),
    pickle.BININT: lambda m: m.push(m.number(4, signed=True)),
    pickle.BININT1: lambda m: m.push(m.number(1)),
    pickle.BININT2: lambda m: m.push(m.number(2)),
    pickle.LONG1: lambda m: m.push(m.number(m.number(1), signed=True)),
    pickle.BINFLOAT: lambda m: m.push(m.real()),
    pickle.SHORT_BINUNICODE: lambda m: m.push(m.take(m.number(1)).decode()),
    pickle.BINUNICODE: lambda m: m.push(m.take(m.number(4)).decode()),
    pickle.SHORT_BINSTRING: lambda m: m.push(m.take(m.number(1)).decode("latin-1")),
    pickle.BINSTRING: lambda m: m.push(m.take(m.number(4)).decode("latin-1")),
    pickle.SHORT_BINBYTES: lambda m: m.push(m.span(1)),
    pickle.BINBYTES: lambda m: m.push(m.span(4)),
    pickle.BINBYTES8: lambda m: m.push(m.span(8)),
    pickle.BYTEARRAY8: lambda m: m.push(m.span(8)),
    pickle.EMPTY_TUPLE: lambda m: m.push(()),
    pickle.TUPLE: lambda m: m.push(tuple(m.since_mark())),
    pickle.TUPLE1: lambda m: _tuple(m, 1),
    pickle.TUPLE2: lambda m: _tuple(m, 2),
    pickle.TUPLE3: lambda m: _tuple(m, 3),
    pickle.EMPTY_LIST: lambda m: m.push([]),
    pickle.EMPTY_DICT: lambda m: m.push({}),
    pickle.APPEND: lambda m: _append(m, [m.stack.pop()]),
    pickle.APPENDS: lambda m: _append(m, m.since_mark()),
    pickle.SETITEM: lambda m: _set_items(m, [m.stack.pop(-2), m.stack.pop()]),
    pickle.SETITEMS: lambda m: _set_items(m, m.since_mark()),
    pickle.BINPUT: lambda m: _put(m, m.number(1)),
    pickle.LONG_BINPUT: lambda m: _put(m, m.number(4)),
    pickle.MEMOIZE: lambda m: _put(m, len(m.memo)),
    pickle.BINGET: lambda m: m.push(m.memo[m.number(1)]),
    pickle.LONG_BINGET: lambda m: m.push(m.memo[m.number(4)]),
    pickle.GLOBAL: lambda m: m.mention(m.line(), m.line()),
    pickle.STACK_GLOBAL: _stack_global,
    pickle.REDUCE: _reduce,
    pickle.BUILD: _build,
    pickle.BINPERSID: _persistent,
}
"""The opcodes that are allowed; what INST, OBJ, NEWOBJ, EXT and the rest would do, nothing here does."""
