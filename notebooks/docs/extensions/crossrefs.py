"""Links of docstrings: a name in single backticks may be as short as it is unique.

`patches.whole` finds ``tinycnn.theory.patches.whole``. A single word that finds nothing is the name of a
parameter; a dotted one that finds nothing is a warning.
"""

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.nodes import make_refnode


def resolve(app: Sphinx, env: BuildEnvironment, node: pending_xref, shown: nodes.Element) -> nodes.Element | None:
    """The one documented object whose name ends so, or the word itself."""
    if node.get("refdomain") != "py":
        return None
    target = node["reftarget"].removesuffix("()")
    found = [
        (name, entry)
        for name, entry in env.domains["py"].objects.items()
        if not entry.aliased and f".{name}".endswith(f".{target}")
    ]
    if len(found) > 1:
        found = nearest(found, node.get("py:module") or "")
    if len(found) == 1:
        name, entry = found[0]
        return make_refnode(app.builder, node["refdoc"], entry.docname, entry.node_id, shown, name)
    return shown if node["reftype"] == "obj" and "." not in target else None


def nearest(found: list, module: str) -> list:
    """Those of the same package as the docstring that names them."""
    package = module.rpartition(".")[0]
    return [(name, entry) for name, entry in found if name.startswith(f"{package}.")] if package else []


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("missing-reference", resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
