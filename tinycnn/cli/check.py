"""``tinycnn check``: try the laws of backward rules on a rule of one's own."""

from __future__ import annotations

import argparse
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from tinycnn import layers, zoo
from tinycnn.cli.options import chosen_weights
from tinycnn.cli.progress import status, track
from tinycnn.cli.terminal import show, show_table
from tinycnn.errors import TinycnnError, UnknownNameError
from tinycnn.rules import GRADIENT, Rule, table
from tinycnn.rules.grammar import split

if TYPE_CHECKING:
    from tinycnn.testing import Law, Verdict


def add(commands: Any) -> None:
    """Declare the command's arguments."""
    parser = commands.add_parser(
        "check",
        help="try the laws of backward rules on a rule of your own",
        description="Try laws on a rule, each on many small networks, and print the smallest case in which "
        "one fails. The exit status is 1 if the rule breaks a law that every rule must obey, one given by "
        "--laws, or differs from the rule given by --like; or if none of these could be tried.",
    )
    parser.add_argument("rule", metavar="FILE.py::NAME", help="a Rule, or a function (signal, step): a row")
    parser.add_argument(
        "--laws", metavar="A,B", help="only these, all of which must hold; 'tinycnn laws' lists them"
    )
    parser.add_argument(
        "--layers",
        default="ReLU",
        metavar="A,B",
        help="types of layers that a function is the row for, such as Conv2D,Dense (%(default)s)",
    )
    parser.add_argument("--like", metavar="RULE", help="a shipped rule whose maps it must reproduce")
    parser.add_argument(
        "--model",
        metavar="NAME",
        help="also try those laws that every rule must obey on this network: a name, or a file",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print a table of verdicts, and below it the counterexamples."""
    try:
        from hypothesis.configuration import set_hypothesis_home_dir

        from tinycnn.testing import LAWS, as_rule, load_rule, verdicts
    except ModuleNotFoundError as error:
        raise TinycnnError(f"check needs {error.name}: pip install 'tinycnn[testing]'") from None
    like = None if arguments.like is None else table(arguments.like)
    rule = as_rule(load_rule(arguments.rule), like or GRADIENT, _kinds(arguments.layers))
    names = list(LAWS) if arguments.laws is None else split(arguments.laws)
    count = len(names) + (like is not None)
    with TemporaryDirectory() as folder:
        set_hypothesis_home_dir(folder)  # it keeps notes on what it tried, by default in the current folder
        found = list(track(verdicts(rule, names, like), f"checking {arguments.rule}", count))
        set_hypothesis_home_dir(None)
    must = [
        verdict for verdict in found if arguments.laws or verdict.law.required or verdict.law.name not in LAWS
    ]
    _show(found, must, _paste(arguments.rule, arguments.layers))
    whole = arguments.model is None or _holds_on(arguments.model, rule, [verdict.law for verdict in must])
    tried = any(verdict.tried for verdict in must)
    return 0 if whole and tried and all(verdict.holds for verdict in must) else 1


def _holds_on(name: str, rule: Rule, laws: list[Law]) -> bool:
    """Try on one network what can be tried there of some laws, and show a row for each."""
    from tinycnn.testing import LAWS
    from tinycnn.testing.network import ANYWHERE, on_network

    with status(f"building {name}"):
        model = zoo.build(name, chosen_weights(name, None))
    chosen = [law for law in laws if law.name in ANYWHERE or law.name not in LAWS]
    found = list(track(on_network(rule, model, chosen), f"checking on {model.name}", len(chosen)))
    show()
    rows = [(law.name, f"BROKEN: {reason}" if reason else "held") for law, reason in found]
    show_table(rows, ("law", f"on {model.name}, weights: {model.weights}"))
    return not any(reason for _, reason in found)


def _show(found: list[Verdict], must: list[Verdict], paste: str) -> None:
    rows = []
    for verdict in found:
        held = f"held in {verdict.tried} cases" if verdict.tried else "no case has only layers it knows"
        mark = "must hold" if verdict in must else ""
        rows.append((verdict.law.name, held if verdict.holds else "BROKEN", mark, verdict.law.statement))
    show_table(rows, ("law", "verdict", "", "what it states"))
    if not all(verdict.holds for verdict in found):
        show()
        show(f"Each case below can be pasted and run in the rule's folder, after: {paste}")
    for alike in _alike(found):
        show()
        for line in str(alike[0]).splitlines():
            show(line)
        if others := ", ".join(verdict.law.name for verdict in alike[1:]):
            show()
            show(f"Broken in the same way: {others}.")
    show()
    show(_summary(found, must))


def _alike(found: list[Verdict]) -> list[list[Verdict]]:
    """The broken laws, together where one reason broke them, such as an error that the rule raised."""
    groups: dict[str, list[Verdict]] = {}
    for verdict in found:
        if not verdict.holds:
            groups.setdefault(verdict.reason, []).append(verdict)
    return list(groups.values())


def _paste(rule: str, names: str) -> str:
    """Statements that make the rule known under the name that the cases use."""
    from tinycnn.testing.files import rule_line

    line = rule_line(rule)
    if names == "ReLU":
        return line
    imports = f"from tinycnn.layers import {names}; from tinycnn.testing import as_rule"
    return f"{line}; {imports}; rule = as_rule(rule, kinds=({names},))"


def _kinds(names: str) -> tuple[type[layers.Layer], ...]:
    """Types of layers by their names."""
    known = {name: kind for name, kind in vars(layers).items() if _is_layer(kind)}
    for name in split(names):
        if name not in known:
            raise UnknownNameError("type of layer", name, known)
    return tuple(known[name] for name in split(names))


def _is_layer(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, layers.Layer)


def _summary(found: list[Verdict], must: list[Verdict]) -> str:
    broken = [verdict.law.name for verdict in must if not verdict.holds]
    if broken:
        return f"Broken, and must hold: {', '.join(broken)}."
    idle = [verdict.law.name for verdict in must if not verdict.tried]
    if len(idle) == len(must):
        return (
            "None that must hold could be tried: add rows for more types of layers, such as Conv2D and Dense."
        )
    others = sum(not verdict.holds for verdict in found)
    said = f" The {others} broken say what kind of rule it is, not that it is wrong." if others else ""
    if idle:
        return f"{len(must) - len(idle)} that must hold held; not tried: {', '.join(idle)}.{said}"
    return f"All {len(must)} that must hold held.{said}"
