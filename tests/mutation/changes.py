"""The kinds of fault that can be planted in any piece of code: what may stand there instead of what does."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Gt: ">=",
    ast.GtE: ">",
    ast.Lt: "<=",
    ast.LtE: "<",
    ast.Eq: "!=",
    ast.NotEq: "==",
}
OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "-",
    ast.Sub: "+",
    ast.Mult: "+",
    ast.Div: "*",
    ast.FloorDiv: "+",
    ast.Mod: "+",
    ast.MatMult: "+",
}
NAMES = {
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
    "input": "output",
}
SYMMETRIC = ("max", "min", "range", "isinstance")

Change = tuple[str, str]
"""The kind of a fault, and the code that would stand there."""


def changes(node: ast.AST, written: Callable[[ast.AST], str]) -> Iterator[Change]:
    """Every single fault in one expression or statement; `written` gives the source of a part of it."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in COMPARISONS:
        sign = COMPARISONS[type(node.ops[0])]
        yield "comparison", f"({written(node.left)} {sign} {written(node.comparators[0])})"
    elif isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        sign = OPERATORS[type(node.op)]
        yield "arithmetic", f"({written(node.left)} {sign} {written(node.right)})"
    elif isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add):
        yield "accumulation", f"{written(node.target)} = {written(node.value)}"
        yield "accumulation", f"{written(node.target)} -= {written(node.value)}"
    elif isinstance(node, ast.Constant) and type(node.value) is int:
        yield "off by one", str(node.value + 1)
    elif isinstance(node, ast.Constant) and type(node.value) is bool:
        yield "logic", str(not node.value)
    elif isinstance(node, ast.IfExp):
        yield "logic", f"({written(node.orelse)} if {written(node.test)} else {written(node.body)})"
    elif isinstance(node, ast.BoolOp):
        sign = " or " if isinstance(node.op, ast.And) else " and "
        yield "logic", f"({sign.join(map(written, node.values))})"
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        yield "logic" if isinstance(node.op, ast.Not) else "sign dropped", f"({written(node.operand)})"
    elif isinstance(node, ast.Attribute | ast.Name) and isinstance(node.ctx, ast.Load):
        yield from _other_names(node, written)
    elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
        yield "slice dropped", written(node.value)
    elif isinstance(node, ast.Tuple) and len(node.elts) == 2 and not _is_index_or_target(node):
        yield "exchanged pair", f"({written(node.elts[1])}, {written(node.elts[0])})"
    elif isinstance(node, ast.Return) and node.value is not None:
        yield "result doubled", f"return ({written(node.value)}) * 2"
    elif isinstance(node, ast.Call):
        yield from _other_calls(node, written)


def _other_names(node: ast.Attribute | ast.Name, written: Callable[[ast.AST], str]) -> Iterator[Change]:
    if isinstance(node, ast.Name):
        if node.id in NAMES and node.id != "input":
            yield "wrong function", NAMES[node.id]
    elif node.attr == "T":
        yield "transposition dropped", written(node.value)
    elif node.attr in NAMES:
        yield (
            "wrong array" if node.attr == "input" else "wrong function",
            (f"{written(node.value)}.{NAMES[node.attr]}"),
        )


def _other_calls(call: ast.Call, written: Callable[[ast.AST], str]) -> Iterator[Change]:
    """Two arguments exchanged, a copy not made, single precision whatever was asked for."""
    function, arguments = written(call.func), [written(argument) for argument in call.args]
    named = all(isinstance(argument, ast.Name) for argument in call.args)
    if len(arguments) == 2 and named and function not in SYMMETRIC:
        yield "exchanged pair", f"{function}({arguments[1]}, {arguments[0]})"
    if function == "np.array":
        yield "copy not made", f"np.asarray({', '.join([*arguments, *map(written, call.keywords)])})"
    for index, argument in enumerate(call.args):
        if isinstance(argument, ast.Attribute) and argument.attr == "dtype":
            kept = [*arguments[:index], "np.float32", *arguments[index + 1 :]]
            yield "single precision", f"{function}({', '.join([*kept, *map(written, call.keywords)])})"


def _is_index_or_target(node: ast.Tuple) -> bool:
    sliced = any(isinstance(entry, ast.Slice | ast.Constant) for entry in node.elts)
    return sliced or not isinstance(node.ctx, ast.Load)
