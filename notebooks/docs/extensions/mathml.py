"""Formulas as MathML: written into the page, so that reading it takes no script and no network."""

import re

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.util import logging

BAR = re.compile(r"<mo([^>]*)>(\||&#x0007C;)</mo>")
NOT_UNDERSTOOD = re.compile(r"<m\w+[^>]*>(\\\w*|&(?![#\w]+;))")
WIDE = 40
log = logging.getLogger(__name__)


def mathml(node: nodes.Element, display: str) -> str:
    """A formula whose bars stand close to what they enclose: alone, a bar is taken for a relation."""
    formula = convert(node.astext().replace("{aligned}", "{align*}"), display=display)
    if found := NOT_UNDERSTOOD.search(formula):
        log.warning("formula not understood at %r: %s", found[1], node.astext(), location=node)
    return BAR.sub(r'<mo\1 lspace="0" rspace="0">|</mo>', formula)


def inline(writer, node: nodes.math) -> None:
    """A formula in a sentence; a long one may be scrolled where the page is narrow."""
    formula = mathml(node, "inline")
    writer.body.append(f'<span class="wide">{formula}</span>' if len(node.astext()) > WIDE else formula)
    raise nodes.SkipNode


def display(writer, node: nodes.math_block) -> None:
    """A formula on lines of its own, which may be scrolled where the page is narrow."""
    writer.body.append(f'<div class="math" tabindex="0">{mathml(node, "block")}</div>\n')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_html_math_renderer("mathml", (inline, None), (display, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
