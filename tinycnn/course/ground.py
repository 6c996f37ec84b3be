"""What a check stands on: those statements of the lesson's own cells that bind the names it uses."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from symtable import SymbolTable, symtable


def ground(cells: Iterable[str], check: str) -> str:
    """Statements that a check needs, directly or by way of others, in their order.

    Parameters
    ----------
    cells : iterable of str
        The lesson's code above the check. What binds no name, such as a call that draws, is left out.
    check : str

    Returns
    -------
    str
        Code to run before the check.

    Examples
    --------
    >>> ground(["two = 2\\nfour = two * two", "print(four)", "five = 5"], "assert four == 4")
    'two = 2\\nfour = two * two'
    """
    needed, kept = set(_used(symtable(check, "check", "exec"))), []
    for statement in reversed([statement for cell in cells for statement in ast.parse(cell).body]):
        if not needed.isdisjoint(_bound(statement)):
            kept.append(ast.unparse(statement))
            needed.update(_used(symtable(kept[-1], "cell", "exec")))
    return "\n".join(reversed(kept))


def _used(table: SymbolTable) -> Iterator[str]:
    """Names of a module that its statements refer to, at any depth."""
    for symbol in table.get_symbols():
        if symbol.is_referenced() and (symbol.is_global() or table.get_type() == "module"):
            yield symbol.get_name()
    for inner in table.get_children():
        yield from _used(inner)


def _bound(statement: ast.stmt) -> Iterator[str]:
    """Names that a statement binds, or items or attributes of which it sets."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        yield statement.name
        return
    for node in ast.walk(statement):
        if isinstance(node, ast.alias):
            yield (node.asname or node.name).partition(".")[0]
        elif isinstance(node, ast.Name | ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Store):
            target: ast.expr = node
            while isinstance(target, ast.Subscript | ast.Attribute):
                target = target.value
            if isinstance(target, ast.Name):
                yield target.id
