"""``tinycnn check``: try the laws of backward rules on a rule of one's own."""

from __future__ import annotations

import argparse
import importlib.util
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from tinycnn.cli.progress import track
from tinycnn.errors import TinycnnError, UnknownNameError
from tinycnn.rules import Rule, table

if TYPE_CHECKING:
    from tinycnn.testing import Verdict


def add(commands: Any) -> None:
    """Declare the command's arguments."""
    parser = commands.add_parser(
        "check",
        help="try the laws of backward rules on a rule of your own",
        description="Try laws on a rule, each on many small networks, and print the smallest case in which "
        "one fails. The exit status is 1 if the rule breaks a law that every rule must obey, one given by "
        "--laws, or differs from the rule given by --like.",
    )
    parser.add_argument(
        "rule", metavar="FILE.py::NAME", help="a Rule, or a function (signal, step): the row for ReLU"
    )
    parser.add_argument(
        "--laws", metavar="A,B", help="only these, all of which must hold; 'tinycnn laws' lists them"
    )
    parser.add_argument("--like", metavar="RULE", help="a shipped rule whose maps it must reproduce")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print a table of verdicts, and below it the counterexamples."""
    try:
        from hypothesis.configuration import set_hypothesis_home_dir

        from tinycnn.testing import LAWS, verdicts
    except ModuleNotFoundError as error:
        raise TinycnnError(f"check needs {error.name}: pip install 'tinycnn[testing]'") from None
    rule = load(arguments.rule)
    names = list(LAWS) if arguments.laws is None else arguments.laws.split(",")
    like = None if arguments.like is None else table(arguments.like)
    count = len(names) + (like is not None)
    with TemporaryDirectory() as folder:
        set_hypothesis_home_dir(folder)  # it keeps notes on what it tried, by default in the current folder
        found = list(track(verdicts(rule, names, like), f"checking {arguments.rule}", count))
        set_hypothesis_home_dir(None)
    must = [
        verdict for verdict in found if arguments.laws or verdict.law.required or verdict.law.name not in LAWS
    ]
    _show(found, must, arguments.rule)
    return 0 if all(verdict.holds for verdict in must) else 1


def load(text: str) -> Rule | Callable[[Any, Any], Any]:
    """Load the rule that ``FILE.py::NAME`` names.

    Raises
    ------
    TinycnnError
        The file cannot be read or run, or what the name stands for is no rule.
    UnknownNameError
        The file has nothing of that name; the message gives the nearest.
    """
    file, _, name = text.rpartition("::")
    if not file:
        raise TinycnnError(f"a rule is given as FILE.py::NAME, got {text!r}")
    path = Path(file)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise TinycnnError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise TinycnnError(f"{path} cannot be run: {type(error).__name__}: {error}") from error
    if not hasattr(module, name):
        raise UnknownNameError("rule", name, _candidates(module))
    rule = getattr(module, name)
    if not (isinstance(rule, Rule) or callable(rule)):
        raise TinycnnError(f"{name} in {path} is neither a Rule nor a function (signal, step)")
    return rule


def _candidates(module: ModuleType) -> list[str]:
    """Names of the rules of a file and of the functions that it defines itself."""
    return [
        name
        for name, value in vars(module).items()
        if isinstance(value, Rule) or (callable(value) and value.__module__ == module.__name__)
    ]


def _show(found: list[Verdict], must: list[Verdict], rule: str) -> None:
    console = Console(highlight=False, soft_wrap=True)
    table = Table("law", "verdict", "", "what it states", box=None, pad_edge=False)
    for verdict in found:
        held = f"held in {verdict.tried} cases" if verdict.tried else "no case has only layers it knows"
        mark = "must hold" if verdict in must else ""
        table.add_row(verdict.law.name, held if verdict.holds else "BROKEN", mark, verdict.law.statement)
    console.print(table)
    if not all(verdict.holds for verdict in found):
        file, _, name = rule.rpartition("::")
        paste = f"from {Path(file).stem} import {name} as rule"
        console.print(
            f"\nEach case below can be pasted and run in the rule's folder, after: {paste}", markup=False
        )
    for verdict in found:
        if not verdict.holds:
            console.print(f"\n{verdict}", markup=False)
    console.print(f"\n{_summary(found, must)}")


def _summary(found: list[Verdict], must: list[Verdict]) -> str:
    broken = [verdict.law.name for verdict in must if not verdict.holds]
    if broken:
        return f"Broken, and must hold: {', '.join(broken)}."
    others = sum(not verdict.holds for verdict in found)
    said = f" The {others} broken say what kind of rule it is, not that it is wrong." if others else ""
    return f"All {len(must)} that must hold held.{said}"
