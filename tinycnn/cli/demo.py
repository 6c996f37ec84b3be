"""``tinycnn demo``: one figure that shows, on a photograph, what the paper is about."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from tinycnn.cli.progress import track
from tinycnn.files import check_folder
from tinycnn.image import default


def add(commands: Any) -> None:
    """Declare the command's arguments."""
    parser = commands.add_parser(
        "demo",
        help="one figure: what the paper is about, on one photograph",
        description="Explain one photograph by five networks and three rules, and draw it all as one figure. "
        "It needs no network connection and takes under a minute.",
    )
    parser.add_argument("--out", type=Path, default=Path("tinycnn-out"), metavar="DIR", help="(%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the random weights (%(default)s)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Draw the figure and print where it is."""
    from tinycnn import demo  # drawing takes half a second to import
    from tinycnn.plot import save

    check_folder(arguments.out)
    rows = list(track(demo.rows(default(), arguments.seed), "explaining chelsea", len(demo.NETS)))
    path = arguments.out / "demo.png"
    save(demo.draw(rows, arguments.seed), path)
    print(path)
    return 0
