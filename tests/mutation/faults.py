"""Faults, one at a time: small changes to a source file, each of which ought to break some test."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

SWAPPED_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Gt: ">=",
    ast.GtE: ">",
    ast.Lt: "<=",
    ast.LtE: "<",
    ast.Eq: "!=",
    ast.NotEq: "==",
}
SWAPPED_OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "-",
    ast.Sub: "+",
    ast.Mult: "+",
    ast.Div: "*",
    ast.FloorDiv: "+",
    ast.Mod: "+",
    ast.MatMult: "+",
}
SWAPPED_NAMES = {
    "max": "min",
    "min": "max",
    "zeros": "ones",
    "ones_like": "zeros_like",
    "argmax": "argmin",
    "maximum": "minimum",
    "minimum": "maximum",
    "relu": "abs",
    "log1p": "log",
    "abs": "sqrt",
    "derivative": "everywhere",
    "everywhere": "derivative",
    "identity": "positive",
    "positive": "identity",
    "reversed": "list",
    "broadcast_shapes": "maximum",
}


@dataclass(frozen=True)
class Fault:
    """A change of one piece of one file.

    Parameters
    ----------
    file : str
        Relative to the project.
    line : int
    start, stop : int
        Where the piece lies in the file, in bytes.
    old, new : str
        What stands there, and what would.
    """

    file: str
    line: int
    start: int
    stop: int
    old: str
    new: str

    def apply(self, source: bytes) -> bytes:
        """The file with the fault."""
        return source[: self.start] + self.new.encode() + source[self.stop :]

    def __str__(self) -> str:
        old, new = " ".join(self.old.split()), " ".join(self.new.split())
        return f"{self.file}:{self.line} ({self.start}): {old} -> {new}"


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

    seen = set()
    for node in _code(ast.parse(source)):
        start, stop = place(node)
        for new in _changes(node, text):
            if (start, stop, new) not in seen:
                seen.add((start, stop, new))
                yield Fault(file, node.lineno, start, stop, text(node), new)  # type: ignore[attr-defined]


def _code(tree: ast.AST) -> Iterator[ast.AST]:
    """Expressions and statements that run when a function is called, or that build a table."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Raise | ast.Import | ast.ImportFrom | ast.JoinedStr | ast.arguments):
            continue
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        if isinstance(node, ast.AnnAssign):
            if node.value is not None:
                yield from _code(ast.Expression(node.value))
            continue
        if isinstance(node, ast.keyword) and node.arg in ("least", "optimize", "strict"):
            continue  # they change nothing but speed, or only what an assertion says
        if isinstance(node, ast.Assign) and not any(
            isinstance(n, ast.Name | ast.Call) for n in ast.walk(node.value)
        ):
            continue  # a constant of the tuning
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            for statement in node.body:
                yield from _code(ast.Module([statement], []))
            continue
        if hasattr(node, "lineno"):
            yield node
        yield from _code(node)


def _changes(node: ast.AST, written: Callable[[ast.AST], str]) -> Iterator[str]:
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in SWAPPED_COMPARISONS:
        sign = SWAPPED_COMPARISONS[type(node.ops[0])]
        yield f"({written(node.left)} {sign} {written(node.comparators[0])})"
    elif isinstance(node, ast.BinOp) and type(node.op) in SWAPPED_OPERATORS:
        sign = SWAPPED_OPERATORS[type(node.op)]
        yield f"({written(node.left)} {sign} {written(node.right)})"
    elif isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add):
        yield f"{written(node.target)} = {written(node.value)}"
        yield f"{written(node.target)} -= {written(node.value)}"
    elif isinstance(node, ast.Constant) and type(node.value) is int:
        yield str(node.value + 1)
    elif isinstance(node, ast.Constant) and type(node.value) is bool:
        yield str(not node.value)
    elif isinstance(node, ast.IfExp):
        yield f"({written(node.orelse)} if {written(node.test)} else {written(node.body)})"
    elif isinstance(node, ast.BoolOp):
        sign = " or " if isinstance(node.op, ast.And) else " and "
        yield f"({sign.join(map(written, node.values))})"
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        yield f"({written(node.operand)})"
    elif isinstance(node, ast.Attribute) and node.attr == "T":
        yield written(node.value)
    elif isinstance(node, ast.Attribute) and node.attr in SWAPPED_NAMES:
        yield f"{written(node.value)}.{SWAPPED_NAMES[node.attr]}"
    elif isinstance(node, ast.Name) and node.id in SWAPPED_NAMES and isinstance(node.ctx, ast.Load):
        yield SWAPPED_NAMES[node.id]
    elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
        yield written(node.value)
    elif isinstance(node, ast.Tuple) and len(node.elts) == 2 and not _is_index_or_target(node):
        yield f"({written(node.elts[1])}, {written(node.elts[0])})"
    elif isinstance(node, ast.Call) and _can_swap(node):
        yield f"{written(node.func)}({written(node.args[1])}, {written(node.args[0])})"
    elif isinstance(node, ast.Return) and node.value is not None:
        yield f"return ({written(node.value)}) * 2"


def _is_index_or_target(node: ast.Tuple) -> bool:
    sliced = any(isinstance(entry, ast.Slice | ast.Constant) for entry in node.elts)
    return sliced or not isinstance(node.ctx, ast.Load)


def _can_swap(call: ast.Call) -> bool:
    """Whether two arguments, exchanged, make a call that could pass unnoticed."""
    named = all(isinstance(argument, ast.Name) for argument in call.args)
    symmetric = isinstance(call.func, ast.Name) and call.func.id in ("max", "min", "range", "isinstance")
    return len(call.args) == 2 and named and not symmetric
