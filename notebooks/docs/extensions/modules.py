"""The reference: each module under a heading of its own, so that a new file cannot be forgotten.

A fence ``{modules}`` names modules, one a line; a trailing ``.*`` stands for all modules of a package, and
``*`` alone for all that no fence names. What a package imports from its modules is described there, and only
there.
"""

import pkgutil
import re
from importlib import import_module
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

import tinycnn

FOLDER = Path("docs", "reference")
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


def listed(fence: str) -> list[str]:
    """The modules that a fence names, in its order."""
    found = []
    for line in fence.split():
        package = line.removesuffix(".*")
        inside = [name for name in public() if name.startswith(f"{package}.")] if package != line else []
        found += [package, *sorted(inside)]
    return found


def named(pages: Path) -> list[str]:
    """What all fences of the reference name."""
    texts = (page.read_text("utf-8") for page in sorted(pages.glob("*.md")))
    fences = [fence[1] for text in texts for fence in FENCE.finditer(text)]
    return [name for fence in fences for name in listed(fence) if name != "*"]


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
        here = listed(fence[1])
        if "*" in here:
            here = [*here[:-1], *sorted(public() - set(named(app.srcdir / FOLDER)))]
        return "\n".join(entry(name) for name in here)

    source[0] = FENCE.sub(entries, source[0])


def check(app: Sphinx) -> None:
    """Refuse a reference that names a module twice, or one that is not there."""
    names = named(app.srcdir / FOLDER)
    if amiss := {name for name in names if names.count(name) > 1 or name not in public()}:
        raise ExtensionError(f"reference: named twice, or not there: {sorted(amiss)}")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("builder-inited", check)
    app.connect("source-read", expand)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
