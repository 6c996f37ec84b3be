"""What autodoc gets wrong about members: functions of others, aliases, long values, words before a colon."""

import inspect
import re
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

LONGEST = 60
"""Characters of a constant's value."""

ALIAS = re.compile(r"TypeAliasForwardRef\('([^']+)'\)")
"""How Sphinx writes an alias that stands inside of another type."""


def skip(app: Sphinx, what: str, name: str, thing: Any, skipped: bool, options: Any) -> bool | None:
    """Leave out functions that a module has from other packages."""
    return True if inspect.isfunction(thing) and not thing.__module__.startswith("tinycnn") else None


def keep(app: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Remember a docstring before napoleon has read it."""
    app.env.current_document["docstring"] = list(lines)


def restore(app: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Constants have no sections, but napoleon takes the words before their first colon for a type."""
    if what in ("data", "attribute", "property"):
        lines[:] = app.env.current_document["docstring"]


def readable(
    app: Sphinx, what: str, name: str, thing: Any, options: Any, signature: str | None, result: str | None
) -> tuple[str | None, str | None]:
    """Write what Sphinx cannot read: defaults made anew for each object, and aliases inside of unions."""
    return plain(signature), plain(result)


def plain(text: str | None) -> str | None:
    return text and ALIAS.sub(r"\1", text.replace("<factory>", "..."))


def tidy(app: Sphinx, domain: str, kind: str, content: addnodes.desc_content) -> None:
    """Leave out values that take more than a line; in types of properties, call aliases by their names."""
    for part in list(content.parent.findall(addnodes.desc_annotation)):
        if part.astext().lstrip().startswith("=") and len(part.astext()) > LONGEST:
            part.parent.remove(part)
        elif ALIAS.search(part.astext()):
            named = ALIAS.sub(lambda alias: alias[1].rpartition(".")[2], part.astext())
            part[:] = [nodes.Text(named)]


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("object-description-transform", tidy)
    app.connect("autodoc-skip-member", skip)
    app.connect("autodoc-process-signature", readable)
    app.connect("autodoc-process-docstring", keep, priority=400)
    app.connect("autodoc-process-docstring", restore, priority=600)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
