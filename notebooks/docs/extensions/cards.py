"""The page of rules and laws, made from what the tests hold the rules to."""

from collections.abc import Iterator

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from tinycnn.experiments.sanity import foretold
from tinycnn.testing import LAWS
from tinycnn.testing.card import breaches, card
from tinycnn.testing.declared import TRIED

ARMS = [name for name in TRIED if "+" not in name]


class Laws(SphinxDirective):
    """``{laws-table}``: a row for each law."""

    def run(self) -> list[nodes.Node]:
        rows = (
            f"| {law.name} | {'yes' if law.required else ''} | {law.statement} |" for law in LAWS.values()
        )
        return self.parse_text_to_nodes(
            "\n".join(["| law | must hold | what it states |", "|---|---|---|", *rows])
        )


class Rules(SphinxDirective):
    """``{rules-table}``: a row for each rule, with what it reads and which laws it breaks."""

    def run(self) -> list[nodes.Node]:
        rows = (f"| `` {name} `` | {', '.join(card(name).reads)} | {breaches(name)} |" for name in ARMS)
        return self.parse_text_to_nodes("\n".join(["| rule | reads | breaks |", "|---|---|---|", *rows]))


class Cards(SphinxDirective):
    """``{rule-cards}``: each rule's card, with its counterexamples."""

    def run(self) -> list[nodes.Node]:
        return self.parse_text_to_nodes("\n\n".join(self.cards()))

    def cards(self) -> Iterator[str]:
        for name in ARMS:
            yield f"```{{rubric}} {name}\n```"
            yield f"```{{code-block}} text\n{card(name, foretold(name))}\n```"


def setup(app: Sphinx) -> dict[str, bool]:
    """Make the directives known."""
    for name, directive in (("laws-table", Laws), ("rules-table", Rules), ("rule-cards", Cards)):
        app.add_directive(name, directive)
    return {"parallel_read_safe": True}
