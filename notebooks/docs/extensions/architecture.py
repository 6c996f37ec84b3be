"""The picture of the architecture, drawn from the import contract that CI checks."""

from configparser import ConfigParser
from html import escape
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

CONTRACT = "importlinter:contract:layers"
ROLES = {
    "cli": "one file per command",
    "experiments": "the paper's questions, asked again",
    "theory": "laws, predictions, a course, a page",
    "checks": "what the literature asks of rules",
    "visualize": "the main job",
    "zoo": "networks by name",
    "fused": "the fast path: maps or logits only",
    "weights": "files of every format, and their names",
    "model": "layers, preprocessing, classes",
    "pictures": "what goes in, what comes out",
    "rules": "how signals pass back",
    "layers": "what a network is made of",
    "trace": "the main loop",
    "ops": "definitions and their fast twins",
    "files": "written whole or not at all",
    "errors": "what all share",
}
"""What a row of the contract is for, by one of its packages."""

WIDTH, ROW, BOX = 400, 50, 28


class Architecture(SphinxDirective):
    """``{architecture}``: the rows of the contract, from top to bottom."""

    def run(self) -> list[nodes.Node]:
        contract = Path(self.env.srcdir).parent / "setup.cfg"
        self.env.note_dependency(str(contract))
        return [nodes.raw("", drawing(rows(contract)), format="html")]


def rows(contract: Path) -> list[str]:
    """The lines of the contract; what runs as a module is no part of it."""
    config = ConfigParser()
    config.read(contract, "utf-8")
    return [line for line in config[CONTRACT]["layers"].split("\n") if line and line != "__main__"]


def role(row: str) -> str:
    """What a row is for, if any of its packages says so."""
    return next((ROLES[name] for name in row.split(" | ") if name in ROLES), "")


def drawing(rows: list[str]) -> str:
    """An SVG in the colours of the page, as wide as a phone."""
    height = ROW * len(rows) + 8
    words = "; ".join(f"{row.replace(' | ', ', ')}: {role(row)}" for row in rows)
    body = "".join(boxes(row, 8 + ROW * at) for at, row in enumerate(rows))
    return (
        f'<figure class="architecture"><svg viewBox="0 0 {WIDTH + 44} {height}" role="img" '
        'aria-labelledby="architecture-title architecture-words">'
        '<title id="architecture-title">The packages of tinycnn, each above those it may import</title>'
        f'<desc id="architecture-words">From top to bottom: {escape(words)}.</desc>'
        f'<path class="arrow" d="M 418 12 V {height - 16} m -6 -9 l 6 9 l 6 -9"/>'
        f'<text class="arrow" transform="translate(431 {height / 2}) rotate(90)">imports point down</text>'
        f"{body}</svg></figure>"
    )


def boxes(row: str, top: int) -> str:
    """A box for each package of a row, and below them what they are for."""
    names = row.split(" | ")
    letters = sum(len(name) for name in names)
    left, drawn = 0.0, []
    for name in names:
        width = (WIDTH - 6 * (len(names) - 1)) * (len(name) + 4) / (letters + 4 * len(names))
        drawn.append(
            f'<rect x="{left:.1f}" y="{top}" width="{width:.1f}" height="{BOX}" rx="4"/>'
            f'<text class="name" x="{left + width / 2:.1f}" y="{top + 19}">{name}</text>'
        )
        left += width + 6
    return f'{"".join(drawn)}<text class="role" x="{WIDTH / 2}" y="{top + BOX + 13}">{role(row)}</text>'


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("architecture", Architecture)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
