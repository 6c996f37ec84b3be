"""``tinycnn reproduce``: the paper's experiments run again, as a report to look at."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path
from typing import Any

from tinycnn.cli.options import add_out, add_seed
from tinycnn.cli.progress import track
from tinycnn.cli.terminal import say, show
from tinycnn.errors import WeightFileError
from tinycnn.files import atomic_write, check_folder


def add(commands: Any) -> None:
    """Declare the command's arguments."""
    parser = commands.add_parser(
        "reproduce",
        help="the paper's experiments, run again, as a report",
        description="Run the experiments of the paper on real pictures and write DIR/report.html. What has "
        "finished is kept: a run that was stopped is started again with the same command, and goes on. "
        "Without fetched weights, the experiments on trained ImageNet nets say so and are left out.",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="experiments (all)")
    add_out(parser)
    parser.add_argument(
        "--images", type=Path, metavar="DIR", help="a folder of pictures, of which up to 100 are used"
    )
    parser.add_argument("--weights", type=Path, metavar="FILE", help="of a VGG-16 with its dense layers")
    parser.add_argument("--quick", action="store_true", help="smaller sizes, fewer repetitions")
    add_seed(parser, "of all random weights and choices")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the experiments, write the report after each, and print where it is."""
    from tinycnn.experiments import Inputs, chosen, reproduce
    from tinycnn.experiments.images import of_folder, photographs
    from tinycnn.experiments.report import html

    experiments = chosen(arguments.names)
    check_folder(arguments.out)
    if arguments.weights is not None and not arguments.weights.is_file():
        raise WeightFileError(arguments.weights, "weight", "there is no such file")
    images, refused = of_folder(arguments.images) if arguments.images else (photographs(), [])
    for reason in refused:
        say(f"left out: {reason}")
    inputs = Inputs(images, arguments.weights, arguments.quick, arguments.seed)
    path, records = arguments.out / "report.html", {}
    for record in track(reproduce(experiments, inputs, arguments.out), "experiments", len(experiments)):
        records[record.name] = record
        with atomic_write(path) as file:
            file.write(html(experiments, records, _command(arguments)))
    show(path)
    return 0


def _command(arguments: argparse.Namespace) -> str:
    """What to type to get the same; the names of experiments follow."""
    words = ["tinycnn", "reproduce", "--out", str(arguments.out), "--seed", str(arguments.seed)]
    for option in ("images", "weights"):
        if getattr(arguments, option) is not None:
            words += [f"--{option}", str(getattr(arguments, option))]
    return shlex.join(words + (["--quick"] if arguments.quick else []))
