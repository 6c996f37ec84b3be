"""``tinycnn list``: the models, rules, targets or weights that there are, each with a few words."""

from __future__ import annotations

import argparse
from typing import Any

from tinycnn.cli.terminal import show_table
from tinycnn.rules import RULES
from tinycnn.weights import REGISTRY
from tinycnn.zoo import MODELS
from tinycnn.zoo.digits import EMBEDDED

TARGETS = {
    "max": "the largest logit",
    "random": "a logit drawn by --seed",
    "cost": "sum((softmax - onehot)^2), as the authors of the paper",
    "INDEX": "a logit by its index, such as 281",
    "CLASS": "a logit by the name of its class, such as tabby",
}


def add(commands: Any) -> None:
    """Declare the command's arguments."""
    parser = commands.add_parser("list", help="what there is: models, rules, targets, weights")
    kinds = ("models", "rules", "targets", "weights")
    parser.add_argument("what", choices=kinds, metavar="WHAT", help=", ".join(kinds))
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print a table: a name, and what it stands for."""
    rows = {
        "models": {name: _first_line(build) for name, build in MODELS.items()},
        "rules": {name: rule.source for name, rule in RULES.items()},
        "targets": TARGETS,
        "weights": {
            "random": "any model, drawn by --seed",
            **EMBEDDED,
            **{name: entry.task for name, entry in REGISTRY.items()},
        },
    }[arguments.what]
    show_table(rows.items())
    return 0


def _first_line(build: Any) -> str:
    return (build.__doc__ or "").partition("\n")[0]  # python -OO has none
