"""``tinycnn demo``: one figure that shows, on a photograph, what the paper is about."""

from __future__ import annotations

import argparse
from typing import Any

from tinycnn.cli.options import add_out, add_seed
from tinycnn.cli.progress import track
from tinycnn.cli.terminal import show
from tinycnn.files import check_folder
from tinycnn.image import default


def add(commands: Any) -> None:
    """Declare the command's arguments."""
    parser = commands.add_parser(
        "demo",
        help="one figure: what the paper is about, on one photograph",
        description="Explain one photograph by five networks and three rules, and a digit by a sixth, and "
        "draw it all as one figure, DIR/demo.png. It needs no network connection and takes under a minute.",
    )
    add_seed(parser, "of the random weights")
    add_out(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Draw the figure and print where it is."""
    from tinycnn.experiments import demo  # drawing takes half a second to import
    from tinycnn.pictures.plot import save

    check_folder(arguments.out)
    rows = list(track(demo.rows(default(), arguments.seed), "explaining chelsea", len(demo.NETS)))
    path = arguments.out / "demo.png"
    save(demo.draw(rows, arguments.seed), path)
    show(path)
    return 0
