"""An alternative text for every picture: figures of notebooks get the words that lead to them."""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

LONGEST = 280
log = logging.getLogger(__name__)


def describe(app: Sphinx, page: nodes.document) -> None:
    """Give each figure of a notebook its section and the text before it; elsewhere, ask for one."""
    before = ""
    for node in page.findall(lambda node: isinstance(node, (nodes.title, nodes.paragraph, nodes.image))):
        if not isinstance(node, nodes.image):
            before = node.astext() if isinstance(node, nodes.paragraph) else ""
        elif not node.get("alt"):
            if not in_output(node):
                log.warning("a picture without an alternative text", location=node)
            node["alt"] = shortened(f"Figure of the section '{heading(node)}'. {before}")


def in_output(node: nodes.Node) -> bool:
    """Does a cell of a notebook draw it?"""
    while node is not None and "cell_output" not in getattr(node, "attributes", {}).get("classes", []):
        node = node.parent
    return node is not None


def heading(node: nodes.Node) -> str:
    """The title of the section that it stands in."""
    while not isinstance(node, nodes.section):
        node = node.parent
    return node.next_node(nodes.title).astext()


def shortened(text: str) -> str:
    """Its first sentences, as many as can be listened to."""
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else text[:LONGEST].rpartition(" ")[0] + " ..."


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("doctree-read", describe)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
