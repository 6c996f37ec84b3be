"""``tinycnn laws``: which shipped rule obeys which law."""

from __future__ import annotations

import argparse
from typing import Any

from tinycnn.cli.terminal import show, show_table
from tinycnn.errors import TinycnnError


def add(commands: Any) -> None:
    """Declare the command's arguments."""
    parser = commands.add_parser(
        "laws",
        help="list the laws of backward rules, and which rule breaks which",
        description="List the laws, and for each shipped rule those that it breaks; it obeys all others. "
        "With the name of a rule: what it reads, and a small case for each law that it breaks.",
    )
    parser.add_argument(
        "rule", nargs="?", metavar="RULE", help="one of the rules in the list, such as guided"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print what the laws state and who breaks them, or the card of a rule."""
    try:
        from tinycnn.testing import LAWS
    except ModuleNotFoundError as error:
        raise TinycnnError(f"laws needs {error.name}: pip install 'tinycnn[testing]'") from None
    from tinycnn.testing.card import breaches, card
    from tinycnn.testing.declared import TRIED

    if arguments.rule is not None:
        from tinycnn.experiments.sanity import foretold

        for line in str(card(arguments.rule, foretold(arguments.rule))).splitlines():
            show(line)
        return 0
    laws = LAWS.values()
    statements = [(law.name, "must hold" if law.required else "", law.statement) for law in laws]
    show_table(statements, ("law", "", "what it states"))
    show()
    show_table([(name, breaches(name)) for name in TRIED if "+" not in name], ("rule", "breaks"))
    return 0
