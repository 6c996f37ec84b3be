"""``tinycnn list``: the models, rules, samples, targets or weights that there are, each with a few words."""

from __future__ import annotations

import argparse
from typing import Any

from tinycnn.cli.terminal import show_table
from tinycnn.errors import TinycnnError
from tinycnn.image import SAMPLES
from tinycnn.rules import METHODS, RULES, TABLES, Rule, get, row_text, table
from tinycnn.rules.grammar import options
from tinycnn.weights import REGISTRY
from tinycnn.zoo import MODELS
from tinycnn.zoo.digits import EMBEDDED

TARGETS = {
    "max": "the largest logit",
    "random": "a logit drawn by --seed",
    "cost": "sum((softmax - onehot)^2), as the authors of the paper",
    "INDEX": "a logit by its index, such as 281",
    "CLASS": "a logit by the name of its class, such as tabby",
    "probability(CLASS)": "of a class by index or name",
    "log-probability(CLASS)": "does not change with what all logits share",
    "difference(CLASS, CLASS)": "of two logits",
    "sum(CLASS, ...)": "of the logits of some classes",
    "times-value(TARGET)": "the seed times the output, from which relevance rules start by themselves",
}


def add(commands: Any) -> None:
    """Declare the command's arguments."""
    parser = commands.add_parser("list", help="what there is: models, rules, samples, targets, weights")
    kinds = ("models", "rules", "samples", "targets", "weights")
    parser.add_argument("what", choices=kinds, metavar="WHAT", help=", ".join(kinds))
    parser.add_argument(
        "--table", metavar="RULE", help="with rules: what this one does at each type of layer"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print a table: a name, and what it stands for."""
    if arguments.table is not None and arguments.what != "rules":
        raise TinycnnError("--table is an option of 'tinycnn list rules'")
    rows = {
        "models": {name: _first_line(build) for name, build in MODELS.items()},
        "rules": _rules() if arguments.table is None else rows_of(table(arguments.table)),
        "samples": {name: f"{file}, of scikit-image" for name, file in SAMPLES.items()},
        "targets": TARGETS,
        "weights": {
            "random": "any model, drawn by --seed",
            **EMBEDDED,
            **{name: entry.task for name, entry in REGISTRY.items()},
        },
    }[arguments.what]
    show_table(rows.items())
    return 0


def _rules() -> dict[str, str]:
    """Each arm once, the ways to unpool, and what has options, with its defaults."""
    arms = {name: rule.source for name, rule in RULES.items() if "+" not in name}
    unpooled = {
        "NAME+average, NAME+center": f"these {len(arms)}, with max-pools unpooled evenly, or to the centre"
    }
    made = {
        name: " ".join(filter(None, (options(make), _first_line(make), f"{get(name).source}.")))
        for name, make in (*TABLES.items(), *METHODS.items())
    }
    return {**arms, **unpooled, **made}


def rows_of(rule: Rule) -> dict[str, str]:
    """What a rule does at each type of layer, as text."""
    rows = {kind.__name__: row_text(row) for kind, row in rule.table.items()}
    for place, special in (("first", rule.first), ("last", rule.last)):
        rows |= {f"{place} {kind.__name__}": row_text(row) for kind, row in special.items()}
    if rule.folds:
        rows["BatchNorm2D"] = f"folded into the convolution before it; elsewhere {rows['BatchNorm2D']}"
    starts = "the output's value" if rule.times_value else "1, or what the target says"
    return {**rows, "starts from": starts, "source": rule.source}


def _first_line(build: Any) -> str:
    return (build.__doc__ or "").partition("\n")[0]  # python -OO has none
