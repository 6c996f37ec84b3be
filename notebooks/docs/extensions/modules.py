"""The reference: each module under a heading of its own, so that a new file cannot be forgotten.

A fence ``{modules}`` names modules, one a line; a trailing ``.*`` stands for all modules of a package. What a
package imports from its modules is described there, and only there.
"""

import pkgutil
import re
from collections.abc import Iterator
from importlib import import_module

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

import tinycnn

FENCE = re.compile(r"^```\{modules\}\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HIDDEN = re.compile(r"tinycnn\.(cli|embedded)\b|.*\.__main__$")
"""The commands have a page made from their parsers; `embedded` holds files, not code."""

ENTRY = """## {name}

```{{eval-rst}}
.. automodule:: {name}
   :ignore-module-all:
```
"""

SHADOWED = {"tinycnn.zoo.build"}
"""Modules behind a function of the same full name: links to that name lead to the function."""

SHADOWED_ENTRY = """## {name} (the module)

```{{eval-rst}}
.. automodule:: {name}
   :no-index:
   :no-members:

{members}
```
"""


def public() -> set[str]:
    """The names of all modules that the reference must have."""
    names = {module.name for module in pkgutil.walk_packages(tinycnn.__path__, "tinycnn.")}
    return {"tinycnn"} | {name for name in names if not HIDDEN.match(name)}


def listed(lines: str) -> Iterator[str]:
    """The modules that a fence stands for, in its order."""
    for line in lines.split():
        package = line.removesuffix(".*")
        inside = [name for name in public() if name.startswith(f"{package}.")] if package != line else []
        yield from [package, *sorted(inside)]


def entry(name: str) -> str:
    """The heading of a module, and what autodoc is to describe below it."""
    if name not in SHADOWED:
        return ENTRY.format(name=name)
    things = vars(import_module(name)).values()
    own = [thing for thing in things if getattr(thing, "__module__", "") == name and thing.__name__[0] != "_"]
    kinds = ("class" if isinstance(thing, type) else "function" for thing in own)
    members = (f".. auto{kind}:: {name}.{thing.__name__}" for kind, thing in zip(kinds, own, strict=True))
    return SHADOWED_ENTRY.format(name=name, members="\n".join(members))


def expand(app: Sphinx, page: str, source: list[str]) -> None:
    """Write the headings of a page's modules into its text."""

    def entries(fence: re.Match) -> str:
        return "\n".join(entry(name) for name in listed(fence[1]))

    source[0] = FENCE.sub(entries, source[0])


def complete(app: Sphinx) -> None:
    """Refuse a reference that lacks a module, or has one that is not there."""
    pages = (app.srcdir / "docs" / "reference").glob("*.md")
    fences = [fence[1] for page in pages for fence in FENCE.finditer(page.read_text("utf-8"))]
    shown = [name for fence in fences for name in listed(fence)]
    if sorted(shown) != sorted(public()):
        twice = {name for name in shown if shown.count(name) > 1}
        raise ExtensionError(f"reference: amiss {public() ^ set(shown)}, twice {twice}")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("builder-inited", complete)
    app.connect("source-read", expand)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
