"""The tables of claims, made from the claims themselves: formula, source, notebook, test, `verify` id."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from tinycnn.theory.claim import Claim
from tinycnn.theory.claims import CLAIMS


class Section(NamedTuple):
    """A group of claims: its title, the numbers of its notebooks, and what tests its formulas."""

    title: str
    notebooks: str
    tests: str


SECTIONS = {
    "limit": Section("The limit of guided backprop", "04", "test_limit"),
    "recovery": Section("Filters and hidden units", "04 06", "test_recovery test_moments"),
    "enough": Section("How many are enough", "04", "test_recovery"),
    "noise": Section("Saliency and DeconvNet", "05", "test_noise"),
    "pooling": Section("Max-pooling", "07", "test_cones"),
    "pooled_family": Section("Max-pooling, other rules", "07", "test_cones"),
    "depth": Section("Depth", "08", "test_depth"),
    "vgg": Section("Depth with pools", "08 09", "test_pooled_depth"),
    "sensitivity": Section("Class sensitivity", "05 08 10", "test_depth test_rows"),
    "family": Section("The family of rules", "04", "test_family"),
    "bank": Section("Filters that are not isotropic", "09", "test_limit test_trained_stages"),
    "identity": Section("What holds for any weights", "09", "test_trained_identity"),
    "authors": Section("The authors' own net", "04", "test_recovery"),
    "thousand": Section("A thousand filters", "04 06", "test_rows"),
    "any_head": Section("Under any head", "06", "test_new_laws"),
    "averaged": Section("Average pools and tiles", "07", "test_new_laws"),
    "residual": Section("Residual nets", "08", "test_new_laws"),
    "mprt": Section("Layers drawn anew", "12", "test_check_claims"),
    "complete": Section("What maps sum up to", "13", "test_check_claims"),
    "csc": Section("Signals that become alike", "08 12", "test_check_claims"),
    "smoothgrad": Section("Averages over noise", "", "test_check_claims"),
    "gradient": Section("The gradient as a random vector", "05", "test_check_claims"),
    "invariance": Section("Nets that give the same answers", "14", "test_check_claims"),
    "perturbed": Section("A changed image", "10", "test_new_laws"),
    "smooth": Section("Other activations", "04", "test_new_laws"),
    "head": Section("Trained filters under a random head", "09", "test_new_laws"),
    "paths": Section("Active paths of trained nets", "09", "test_trained_claims"),
    "draws": Section("Independent nets", "", "test_subtle_faults"),
}

PAGE = "CLAIMS.md"
"""The course's own table, if it has one: a page beside the notebooks."""


def groups() -> list[str]:
    """The groups of claims, in the order of the derivations."""
    return list(dict.fromkeys(id.partition(".")[0] for id in CLAIMS))


def section(name: str) -> Section:
    """What is known of a group; of a new one, only that its claims are tested."""
    return SECTIONS.get(name, Section(name.replace("_", " ").capitalize(), "", "test_claims"))


class Table(SphinxDirective):
    """``{claims-table}``: a row for each group of claims."""

    def run(self) -> list[nodes.Node]:
        head = ["| claims | derived in | formulas tested in | `tinycnn verify` |", "|---|---|---|---|"]
        return self.parse_text_to_nodes("\n".join([*self.course(), *head, *map(self.summary, groups())]))

    def course(self) -> Iterator[str]:
        """The way to the course's own table."""
        if Path(self.env.srcdir, PAGE).exists():
            yield f"The course has its own table, claim by claim of the paper: [](/{PAGE}).\n"
            yield "```{toctree}\n:hidden:\n\n/CLAIMS\n```\n"

    def summary(self, name: str) -> str:
        """A row of the table of groups."""
        title, notebooks, tests = section(name)
        root = Path(self.env.srcdir)
        found = sorted(path.name for number in notebooks.split() for path in root.glob(f"{number}-*.ipynb"))
        paths = [f"tests/theory/{test}.py" for test in tests.split()]
        if missing := [path for path in paths if not (root.parent / path).exists()]:
            raise ExtensionError(f"claims: there is no {missing}")
        derived = ", ".join(f"[{notebook[:2]}](/{notebook})" for notebook in found)
        tested = ", ".join(f"`{Path(path).name}`" for path in paths)
        return f"| [{title}](#{anchor(title)}) | {derived or '-'} | {tested} | `'{name}.*'` |"


class Claims(SphinxDirective):
    """``{claims}``: a section for each group of claims."""

    def run(self) -> list[nodes.Node]:
        text = "\n".join(line for name in groups() for line in group(name))
        return self.parse_text_to_nodes(text, allow_section_headings=True)


def group(name: str) -> Iterator[str]:
    """The claims of a group, and above those that share a formula and a source, these."""
    yield f"## {section(name).title}\n"
    said = None
    for id, claim in CLAIMS.items():
        if id.partition(".")[0] == name:
            if said != (said := (claim.latex, claim.source)):
                yield f"$$\n{claim.latex}\n$$\n\n*{claim.source}.*\n"
            yield described(id, claim)


def described(id: str, claim: Claim) -> str:
    """A claim under its formula."""
    refuted = " **Refuted, and kept as such.**" if claim.recorded == "fails" else ""
    return f"- `{id}`: {claim.statement}{refuted}\n"


def anchor(title: str) -> str:
    """The name that Markdown gives to a heading."""
    return "".join(letter for letter in title.lower().replace(" ", "-") if letter.isalnum() or letter == "-")


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("claims-table", Table)
    app.add_directive("claims", Claims)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
