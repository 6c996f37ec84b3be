"""``tinycnn weights``: fetch pretrained weights."""

from __future__ import annotations

import argparse
from typing import Any

from tinycnn.weights import fetch


def add(commands: Any) -> None:
    """Declare the command's arguments."""
    parser = commands.add_parser("weights", help="fetch pretrained weights into the cache")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    action = actions.add_parser("fetch", help="download, verify and keep weights; print where they are")
    action.add_argument("name", metavar="NAME", help="see 'tinycnn list weights'")
    action.add_argument("--offline", action="store_true", help="only look in the cache")
    action.set_defaults(run=run_fetch)


def run_fetch(arguments: argparse.Namespace) -> int:
    """Print where the file is."""
    print(fetch(arguments.name, offline=arguments.offline))
    return 0
