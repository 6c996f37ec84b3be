"""``tinycnn explain``: the derivation of a claim, each step with the number computed for it right then."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from tinycnn.cli.options import add_seed
from tinycnn.cli.progress import status
from tinycnn.cli.terminal import show, show_table
from tinycnn.errors import OutputError
from tinycnn.files import atomic_write

if TYPE_CHECKING:  # scipy.stats takes a second to import
    from tinycnn.theory.claim import Claim, Setting
    from tinycnn.theory.judge import Finding

ENGINES = {"tectonic": (), "pdflatex": ("-interaction=nonstopmode", "-halt-on-error")}
"""What may make a PDF of it, and how."""

WIDTH = 100
"""Columns that a text is wrapped to."""


def add(commands: Any) -> None:
    """Declare the command's arguments."""
    parser = commands.add_parser(
        "explain",
        help="derive a claim of the theory, with the number of every step",
        description="What a claim says and assumes, its derivation step by step with the numbers computed "
        "for one setting, and what nets say to it. Without a claim, list them.",
    )
    parser.add_argument("claim", nargs="?", metavar="CLAIM", help="an id, such as limit.mean")
    parser.add_argument(
        "--full", action="store_true", help="the numbers of the full setting; measuring may take minutes"
    )
    parser.add_argument(
        "--tex",
        type=Path,
        metavar="FILE",
        help=(
            "write the derivation there, or all of them, as a LaTeX document, and as a PDF beside it where a "
            "TeX is installed"
        ),
    )
    add_seed(parser, "another seed means other nets")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the claims, or one claim's derivation."""
    from tinycnn.theory.claims import CLAIMS, get
    from tinycnn.theory.judge import judge

    if arguments.tex is not None:
        return _write(arguments.tex, arguments.claim)
    if arguments.claim is None:
        show_table([(claim.id, claim.statement) for claim in CLAIMS.values()])
        return 0
    claim = get(arguments.claim)
    setting = claim.full if arguments.full else claim.quick
    for paragraph in (claim.id, claim.statement, *_facts(claim, setting), *_steps(claim, setting)):
        _print(paragraph)
    with status("measuring"):
        finding = judge(claim, quick=not arguments.full, seed=arguments.seed)
    for line in ("", *_verdict(finding)):
        _print(line)
    return 0 if finding.as_recorded else 1


def _write(path: Path, id: str | None) -> int:
    """One claim, or all whose weights are there, as LaTeX, and as a PDF if it can be made."""
    from tinycnn.theory.claims import CLAIMS, get
    from tinycnn.theory.tex import document
    from tinycnn.weights import is_cached

    asked = list(CLAIMS.values()) if id is None else [get(id)]
    ready = [claim for claim in asked if id or not claim.weights or is_cached(claim.weights)]
    with status("computing the numbers of all derivations" if id is None else "computing its numbers"):
        text = document(ready)
    with atomic_write(path) as file:
        file.write(text.encode())
    show(path)
    if len(ready) < len(asked):
        show(
            f"{len(asked) - len(ready)} of {len(asked)} claims are left out: their weights have not been "
            "fetched"
        )
    engine = next(filter(shutil.which, ENGINES), None)
    if engine is None:
        show(f"no PDF: none of {', '.join(ENGINES)} is installed")
        return 0
    for _ in range(1 if engine == "tectonic" else 2):  # the second run knows the numbers of references
        made = subprocess.run(
            [engine, *ENGINES[engine], path.name], cwd=path.parent, capture_output=True, check=False
        )
    if made.returncode != 0:
        raise OutputError(f"{engine} could not set {path}; see {path.with_suffix('.log')}")
    show(path.with_suffix(".pdf"))
    return 0


def _print(text: str) -> None:
    """Print a text with its symbols or, where the terminal has none, their names."""
    from tinycnn.theory.symbols import named

    print(named(text, sys.stdout.encoding or "utf-8"))


def _wrapped(text: str, first: str) -> str:
    """A text below and behind its first word, as wide as the terminal or a page."""
    width = min(WIDTH, shutil.get_terminal_size((WIDTH, 0)).columns)
    return "\n".join(
        wrap(text, max(width, 2 * len(first)), initial_indent=first, subsequent_indent=" " * len(first))
    )


def _facts(claim: Claim, setting: Setting) -> Iterator[str]:
    from tinycnn.theory.letters import legend
    from tinycnn.theory.symbols import plain

    letters = legend(claim)
    facts = {
        "formula": plain(claim.latex),
        "assumes": claim.assumptions,
        "source": claim.source,
        "setting": str(setting),
        "note": claim.note,
    }
    yield ""
    for name, fact in facts.items():
        if fact:
            yield _wrapped(fact, f"{name:9}")
    if letters:
        yield "\nletters, where nothing else is said"
    for letter, meaning in letters.items():
        yield _wrapped(meaning, f"    {letter}  ")


def _steps(claim: Claim, setting: Setting) -> Iterator[str]:
    """A sentence, and below it the formula and its number."""
    from tinycnn.theory.derivations import steps_of

    steps = steps_of(claim.id)
    if not steps:
        yield "\nNo derivation is on record for this claim."
    for number, step in enumerate(steps, start=1):
        yield ""
        yield _wrapped(step.says, f"{number}. ".rjust(4))
        yield f"    {step.formula}  =  {step.number(setting)}"


def _verdict(finding: Finding) -> Iterator[str]:
    surprise = ", as recorded" if finding.as_recorded else f", but recorded as one that {finding.recorded}"
    yield f"predicted  {finding.predicted:.4g}"
    nets = f"({finding.nets} nets, seed {finding.seed})"
    yield f"measured   {finding.in_words} {nets}"
    yield f"rule       {finding.rule}"
    yield f"notices    an error of {finding.smallest}, 9 times in 10"
    yield f"verdict    {finding.verdict}{surprise}"
