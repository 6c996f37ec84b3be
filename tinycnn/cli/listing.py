"""``tinycnn list``: what there is to choose from."""

from __future__ import annotations

import argparse
from typing import Any

from rich.console import Console
from rich.table import Table

from tinycnn.rules import RULES
from tinycnn.weights import REGISTRY
from tinycnn.zoo import MODELS

TARGETS = {
    "max": "the largest logit",
    "random": "a logit drawn at random (seeded)",
    "cost": "sum((softmax - onehot)^2), as the authors of the paper",
    "INDEX": "a logit by its index, such as 281",
    "CLASS": "a logit by the name of its class, such as tabby",
}


def add(commands: Any) -> None:
    """Declare the command's arguments."""
    parser = commands.add_parser("list", help="list models, rules, targets or weights")
    parser.add_argument("what", choices=("models", "rules", "targets", "weights"))
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print a table."""
    rows = {
        "models": {name: _first_line(build) for name, build in MODELS.items()},
        "rules": {name: rule.source for name, rule in RULES.items()},
        "targets": TARGETS,
        "weights": {
            "random": "every model, by --seed",
            **{name: entry.task for name, entry in REGISTRY.items()},
        },
    }[arguments.what]
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, text in rows.items():
        table.add_row(name, text)
    Console().print(table)
    return 0


def _first_line(build: Any) -> str:
    return str(build.__doc__).partition("\n")[0]
