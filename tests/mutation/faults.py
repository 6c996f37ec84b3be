"""Faults, one at a time: small changes to a source file, each of which ought to break some test."""

from __future__ import annotations

import ast
import dataclasses
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.mutation.changes import changes


@dataclass(frozen=True)
class Fault:
    """A change of one piece of one file.

    Parameters
    ----------
    kind : str
        What sort of mistake it is.
    file : str
        Relative to the project.
    function : str
        Around it; empty at the top of the file.
    start, stop : int
        Where the piece lies in the file, in bytes.
    old, new : str
        What stands there, and what would.
    count : int
        From 1, if the same change is possible at several places of a function.
    """

    kind: str
    file: str
    function: str
    start: int
    stop: int
    old: str
    new: str
    count: int = 1

    def apply(self, source: bytes) -> bytes:
        """The file with the fault."""
        return source[: self.start] + self.new.encode() + source[self.stop :]

    def __str__(self) -> str:
        """Its name: it stays the same when lines move."""
        old, new = " ".join(self.old.split()), " ".join(self.new.split())
        where = f"{self.file.removeprefix('tinycnn/').removesuffix('.py')} {self.function}".strip()
        return f"{where}: {old} -> {new}{f' #{self.count}' if self.count > 1 else ''}"


def faults(root: Path, file: str) -> Iterator[Fault]:
    """All single faults in the functions of a file; annotations, docstrings and messages are left alone."""
    source = (root / file).read_bytes()
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))

    def place(node: ast.AST) -> tuple[int, int]:
        return (
            starts[node.lineno - 1] + node.col_offset,  # type: ignore[attr-defined]
            starts[node.end_lineno - 1] + node.end_col_offset,  # type: ignore[attr-defined]
        )

    def text(node: ast.AST) -> str:
        start, stop = place(node)
        return source[start:stop].decode()

    seen: set[tuple[int, int, str]] = set()
    counts: Counter[str] = Counter()
    for function, node in _code(ast.parse(source)):
        start, stop = place(node)
        for kind, new in changes(node, text):
            if (start, stop, new) not in seen:
                seen.add((start, stop, new))
                fault = Fault(kind, file, function, start, stop, text(node), new)
                counts[str(fault)] += 1
                yield dataclasses.replace(fault, count=counts[str(fault)])


def planted(root: Path, file: str, kind: str, old: str, new: str) -> Fault:
    """A fault made by hand, where `old` stands once in a file."""
    source = (root / file).read_bytes()
    if source.count(old.encode()) != 1:
        raise ValueError(
            f"{old!r} is expected once in {file}, it is there {source.count(old.encode())} times"
        )
    start = source.index(old.encode())
    return Fault(kind, file, "", start, start + len(old.encode()), old, new)


def _code(tree: ast.AST, function: str = "") -> Iterator[tuple[str, ast.AST]]:
    """Expressions and statements that run when a function is called, or that build a table."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Raise | ast.Import | ast.ImportFrom | ast.JoinedStr | ast.arguments):
            continue
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        if isinstance(node, ast.AnnAssign):
            if node.value is not None:
                yield from _code(ast.Expression(node.value), function)
            continue
        if isinstance(node, ast.keyword) and node.arg in ("least", "optimize", "strict"):
            continue  # they change nothing but speed, or only what an assertion says
        if isinstance(node, ast.Assign) and not any(
            isinstance(n, ast.Name | ast.Call) for n in ast.walk(node.value)
        ):
            continue  # a constant of the tuning
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            inner = f"{function}.{node.name}".lstrip(".")
            for statement in node.body:
                yield from _code(ast.Module([statement], []), inner)
            continue
        if hasattr(node, "lineno"):
            yield function, node
        yield from _code(node, function)
