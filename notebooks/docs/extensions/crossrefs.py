"""Links of docstrings: a name in single backticks may be as short as it is unique.

A name that its module knows is what the module means by it; otherwise `patches.whole` finds
``tinycnn.theory.patches.whole``. A single word that finds nothing is the name of a parameter; a dotted one
that finds nothing is a warning.
"""

from importlib import import_module
from typing import Any, TypeVar

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.nodes import make_refnode


def look_around(app: Sphinx, page: nodes.document) -> None:
    """Write names in full where their module knows them."""
    for node in page.findall(pending_xref):
        if node.get("refdomain") == "py" and node.get("py:module"):
            node["reftarget"] = home(f"{node['py:module']}.{node['reftarget']}") or node["reftarget"]


def resolve(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, shown: nodes.Element
) -> nodes.Element | None:
    """The one documented object whose name ends so, or the word itself."""
    if node.get("refdomain") != "py":
        return None
    target = node["reftarget"].removesuffix("()")
    if isinstance(meant(target), TypeVar):
        return shown
    found = candidates(env, home(target) or home(f"tinycnn.{target}") or target, node.get("py:module") or "")
    if len(found) == 1:
        ((name, entry),) = found.items()
        return make_refnode(app.builder, node["refdoc"], entry.docname, entry.node_id, shown, name)
    return shown if node["reftype"] == "obj" and "." not in target else None


def candidates(env: BuildEnvironment, target: str, module: str) -> dict:
    """Objects whose name ends so: of several, the nearest ones; or what a package passes on."""
    objects = {name: entry for name, entry in env.domains["py"].objects.items() if not entry.aliased}
    found = {name: entry for name, entry in objects.items() if f".{name}".endswith(f".{target}")}
    if len(found) > 1:
        near = f"{module.rpartition('.')[0]}."
        found = {name: entry for name, entry in found.items() if name.startswith(near)}
    package, _, last = target.rpartition(".")
    if not found and package.startswith("tinycnn."):
        found = {
            name: entry
            for name, entry in objects.items()
            if name.startswith(f"{package}.") and name.endswith(f".{last}")
        }
    return found


def meant(target: str) -> Any:
    """What a full name stands for, if it does."""
    module, _, name = target.rpartition(".")
    try:
        return getattr(import_module(module), name, None) if module.startswith("tinycnn") else None
    except ImportError:
        return None


def home(target: str) -> str | None:
    """Where a function or class of ours is described: packages pass on what their modules define."""
    thing = meant(target)
    name = f"{getattr(thing, '__module__', '')}.{getattr(thing, '__qualname__', '<none>')}"
    return name if name.startswith("tinycnn.") and "<" not in name else None


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("doctree-read", look_around)
    app.connect("missing-reference", resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
