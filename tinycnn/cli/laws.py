"""``tinycnn laws``: which shipped rule obeys which law."""

from __future__ import annotations

import argparse
from typing import Any

from tinycnn.cli.terminal import show, show_table
from tinycnn.errors import TinycnnError
from tinycnn.rules import RULES


def add(commands: Any) -> None:
    """Declare the command's arguments."""
    parser = commands.add_parser(
        "laws",
        help="list the laws of backward rules, and which rule obeys which",
        description="List the laws, and for each shipped rule whether it obeys them: 'yes', 'no', or "
        "'switches': only if its max-pools send signals back to the switches, not evenly or to the centre.",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print two tables: what the laws state, and who obeys them."""
    try:
        from tinycnn.testing import LAWS
    except ModuleNotFoundError as error:
        raise TinycnnError(f"laws needs {error.name}: pip install 'tinycnn[testing]'") from None
    arms = [name for name in RULES if "+" not in name]
    laws = LAWS.values()
    statements = [(law.name, "must hold" if law.required else "", law.statement) for law in laws]
    show_table(statements, ("law", "", "what it states"))
    show()
    show_table([(law.name, *(_cell(law.name, arm) for arm in arms)) for law in laws], ("law", *arms))
    return 0


def _cell(law: str, arm: str) -> str:
    from tinycnn.testing.declared import BROKEN

    if law in BROKEN[arm]:
        return "no"
    return "switches" if law in BROKEN[f"{arm}+average"] | BROKEN[f"{arm}+center"] else "yes"
