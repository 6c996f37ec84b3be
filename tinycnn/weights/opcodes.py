"""A pickle is a program; this machine runs only the part of the language that builds dicts, lists and notes.

A note is one of our own objects that writes down what an array would be made from. Nothing is imported, and
no class of the file's choosing is made: what is no array becomes a `StandIn`, which keeps a name. A step
costs no more than its bytes in the file, and whatever a note is made from is charged as steps: no opcode here
can be asked for a large allocation, long strings stay in the file, and the hashes of keys are cheap.
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

LONG = 4096
"""Bytes from which a string is left in the file; up to there it costs a step for each `LETTERS`."""

LETTERS = 64

OBJECT = 4
"""Steps that a stand-in costs."""

WINDOW = 1 << 16
"""Bytes of the program that are read at a time."""

HARMFUL = {
    "code", "codeop", "commands", "ctypes", "importlib", "marshal", "nt", "os", "pickle", "popen2", "posix",
    "pty", "pydoc", "runpy", "shutil", "socket", "subprocess", "sys", "timeit", "webbrowser",
}  # fmt: skip
"""Modules that no checkpoint mentions in good faith. Nothing of them would be called; the file is refused."""

BUILTINS = {
    "__import__", "apply", "breakpoint", "compile", "delattr", "eval", "exec", "execfile", "file", "getattr",
    "globals", "input", "locals", "open", "setattr", "vars",
}  # fmt: skip
"""What of Python's builtins none mentions either."""

Makers: TypeAlias = Mapping[tuple[str, str], Callable[..., Any] | None]
"""For each (module, name) that arrays are made by, what makes our note; None if it may not be called."""


@dataclass(frozen=True)
class Named:
    """A class or function that the pickle mentions."""

    module: str
    name: str


@dataclass(frozen=True)
class Span:
    """A run of bytes in the file, not yet read; those of a `text` are letters in UTF-8."""

    source: Source
    offset: int
    size: int
    text: bool = False


class Note:
    """Base of what stands for arrays; a pickle may give each of them a state."""

    state: Any = None


class StandIn(Note):
    """Stands for something that is no array. It is never built or called; items set in it are kept."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.items: dict[Any, Any] = {}


class Key:
    """Stands for a key that is no name, such as a tuple; no two are equal."""


def ordered_dict(pairs: Any = None) -> dict[Any, Any]:
    """Stands for ``collections.OrderedDict``, which Python 2 made from a list of pairs."""
    if pairs is None:
        return {}
    if type(pairs) is not list:  # a list's length has been paid for in steps
        raise ValueError("an OrderedDict is made from something that is not a list")
    return {_key(key): value for key, value in pairs}


def _key(key: Any) -> Any:
    return key if type(key) in (str, int, float, bool, type(None)) else Key()


class Machine:
    """Runs one pickle.

    Parameters
    ----------
    source : Source
    offset : int
        Where the pickle starts.
    makers : mapping
        What arrays are made by.
    persistent : callable, optional
        Stands in for data outside the pickle; without it there may be none.
    """

    def __init__(
        self, source: Source, offset: int, makers: Makers, persistent: Callable[[Any], Any] | None = None
    ) -> None:
        self.source, self.position = source, offset
        self.makers, self.persistent = makers, persistent
        self.window, self.begin = b"", offset
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
        data = self.ahead(count)
        if len(data) != count:
            raise ValueError(f"{count} bytes are announced at byte {self.position}, past the end of the file")
        self.position += count
        return data

    def ahead(self, count: int) -> bytes:
        """The next bytes, or as many of them as there are, still to be taken; at most `WINDOW`."""
        start = self.position - self.begin
        data = self.window[start : start + count]
        if len(data) == count:
            return data
        self.window = self.source.read(self.position, min(WINDOW, self.source.size - self.position))
        self.begin = self.position
        return self.window[:count]

    def number(self, width: int, signed: bool = False) -> int:
        """The next bytes as an integer."""
        return int.from_bytes(self.take(width), "little", signed=signed)

    def long(self) -> int:
        """The next integer, of as many bytes as it says; it costs what a string of so many letters does."""
        size = self.number(1)
        self.spend(size // LETTERS)
        return self.number(size, signed=True)

    def real(self) -> float:
        """The next bytes as a float."""
        return float(struct.unpack(">d", self.take(8))[0])

    def line(self) -> str:
        """The next line, as the arguments of GLOBAL are."""
        text, newline, _ = self.ahead(256).partition(b"\n")
        if not newline:
            raise ValueError("a name does not end")
        self.position += len(text) + 1
        return text.decode()

    def span(self, width: int, text: bool = False) -> Span:
        """The next bytes, counted in `width` bytes, left where they are."""
        size = self.number(width)
        span = Span(self.source, self.position, size, text)
        self.position += size
        if self.position > self.source.size:
            raise ValueError(f"{size} bytes are announced, past the end of the file")
        return span

    def string(self, width: int, encoding: str) -> str | Span:
        """The next string; a long one is left where it is."""
        size = int.from_bytes(self.ahead(width)[:width], "little")
        if size > LONG:
            return self.span(width, text=encoding == "utf-8")
        self.spend(size // LETTERS)
        self.position += width
        return self.take(size).decode(encoding, "surrogatepass" if encoding == "utf-8" else "strict")

    def since_mark(self) -> list[Any]:
        """Everything above the last mark."""
        items, self.stack = self.stack, self.below.pop()
        return items

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def mention(self, module: str, name: str) -> None:
        """Push a name."""
        root = module.partition(".")[0]
        builtin = root in ("builtins", "__builtin__")
        if root in HARMFUL or (builtin and name in BUILTINS):
            raise ValueError(
                f"it names {module[:60]}.{name[:60]}, which is not allowed: weights are arrays in dicts"
            )
        self.push(Named(module, name))

    def make(self, named: Any, arguments: Any) -> Any:
        """What a call gives: a note of an array, or a stand-in for whatever else it would be."""
        if type(arguments) is not tuple or type(named) not in (Named, StandIn):
            raise ValueError("it calls something that is not to be called")
        self.spend(_length(arguments) + sum(map(_length, arguments)))
        if type(named) is StandIn:
            self.spend(OBJECT)
            return StandIn(named.what)
        name = named.module, named.name
        if name not in self.makers:
            self.spend(OBJECT)
            inner = next((each for each in arguments[:1] if type(each) is Named), named)
            shown = inner if named.module in ("copyreg", "copy_reg") else named
            return StandIn(f"{shown.module}.{shown.name}"[:80])
        make = self.makers[name]
        if make is None:
            raise ValueError("it calls something that is not to be called")
        return make(*arguments)


def _length(value: Any) -> int:
    return len(value) if type(value) in (tuple, list, dict) else 0


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
    m.push(m.make(named, arguments))


def _new(m: Machine, keywords: bool) -> None:
    if keywords:
        m.stack.pop()
    _reduce(m)


def _build(m: Machine) -> None:
    state = m.stack.pop()
    made = m.stack[-1]
    if isinstance(made, Note):
        made.state = state
    elif type(made) is not dict:  # an OrderedDict may carry attributes, which are not weights
        raise ValueError("it gives a state to something that has none")


def _set_items(m: Machine, items: list[Any]) -> None:
    target = m.stack[-1].items if type(m.stack[-1]) is StandIn else m.stack[-1]
    if type(target) is not dict or len(items) % 2:
        raise ValueError("it sets items of something that is not a dict")
    for key, value in zip(items[::2], items[1::2], strict=True):
        target[_key(key)] = value


def _append(m: Machine, items: list[Any]) -> None:
    if type(m.stack[-1]) is list:
        m.stack[-1].extend(items)
    elif type(m.stack[-1]) is not StandIn:
        raise ValueError("it appends to something that is not a list")


def _add_items(m: Machine, items: list[Any]) -> None:
    if type(m.stack[-1]) is not StandIn:
        raise ValueError("it adds to something that is not a set")


def _frozen_set(m: Machine) -> None:
    m.since_mark()
    m.push(StandIn("frozenset"))


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
    pickle.LONG1: lambda m: m.push(m.long()),
    pickle.BINFLOAT: lambda m: m.push(m.real()),
    pickle.SHORT_BINUNICODE: lambda m: m.push(m.string(1, "utf-8")),
    pickle.BINUNICODE8: lambda m: m.push(m.string(8, "utf-8")),
    pickle.BINUNICODE: lambda m: m.push(m.string(4, "utf-8")),
    pickle.SHORT_BINSTRING: lambda m: m.push(m.string(1, "latin-1")),
    pickle.BINSTRING: lambda m: m.push(m.string(4, "latin-1")),
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
    pickle.EMPTY_SET: lambda m: m.push(StandIn("set")),
    pickle.ADDITEMS: lambda m: _add_items(m, m.since_mark()),
    pickle.FROZENSET: _frozen_set,
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
    pickle.NEWOBJ: lambda m: _new(m, keywords=False),
    pickle.NEWOBJ_EX: lambda m: _new(m, keywords=True),
    pickle.BUILD: _build,
    pickle.BINPERSID: _persistent,
    pickle.POP: lambda m: m.stack.pop(),
    pickle.POP_MARK: lambda m: m.since_mark(),
}
"""The opcodes that are allowed; what INST, OBJ, EXT and the text opcodes would do, nothing here does."""
