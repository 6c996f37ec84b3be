"""The table of claims, made from the claims themselves: formula, source, notebook, test, `verify` id."""

from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from tinycnn.theory.claims import CLAIMS

SECTIONS = {
    "limit": ("The limit of guided backprop", "04", "test_limit"),
    "recovery": ("How many filters, and how many hidden units", "06", "test_recovery"),
    "enough": ("How many are enough", "04", "test_recovery"),
    "noise": ("Saliency and DeconvNet", "05", "test_noise"),
    "pooling": ("Max-pooling", "07", "test_cones"),
    "pooled_family": ("Max-pooling, for other rules", "07", "test_cones"),
    "depth": ("Depth", "08", "test_depth"),
    "vgg": ("Depth with pools", "08", "test_pooled_depth"),
    "sensitivity": ("Class sensitivity", "08", "test_depth"),
    "family": ("The family of rules", "04", "test_family"),
    "bank": ("Filters that are not isotropic", "04", "test_rows"),
    "authors": ("The authors' own net", "04", "test_recovery"),
}
"""Of each section of claims: its title, the notebook that derives it, and the test of its formulas."""

REFUTED = {"holds": "", "fails": "**Refuted, and kept as such.**"}


class Claims(SphinxDirective):
    """``{claims}``: a section for each group of claims."""

    def run(self) -> list[nodes.Node]:
        found = {id.partition(".")[0] for id in CLAIMS}
        if not found <= SECTIONS.keys():
            raise ExtensionError(f"claims: no title, notebook and test for {found - SECTIONS.keys()}")
        return self.parse_text_to_nodes("\n".join(self.written(name) for name in SECTIONS if name in found))

    def written(self, name: str) -> str:
        """A group of claims as text."""
        title, number, test = SECTIONS[name]
        root = Path(self.env.srcdir)
        (notebook,) = root.glob(f"{number}-*.ipynb")
        path = f"tests/theory/{test}.py"
        if not (root.parent / path).exists():
            raise ExtensionError(f"claims: there is no {path}")
        lines = [
            f"**{title}.** Derived in [](/{notebook.stem}); formulas tested in `{path}`, claims in "
            "`tests/theory/test_claims.py`.\n",
            "| `verify` id | claim and formula | source |",
            "|---|---|---|",
        ]
        for id, claim in CLAIMS.items():
            if id.partition(".")[0] == name:
                formula = claim.latex.replace("|", r"\vert ")
                said = f"{claim.statement} {REFUTED[claim.recorded]} ${formula}$"
                cells = (f"`{id}`", said, claim.source)
                lines.append(f"| {' | '.join(cell.replace('<', chr(92) + '<') for cell in cells)} |")
        return "\n".join([*lines, ""])


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("claims", Claims)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
