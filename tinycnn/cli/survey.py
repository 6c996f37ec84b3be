"""``tinycnn survey``: what the theory assumes, measured in a net, one convolution after another."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from tinycnn import zoo
from tinycnn.cli.options import add_seed, read_image
from tinycnn.cli.progress import status
from tinycnn.files import atomic_write, check_folder
from tinycnn.targets import parse

if TYPE_CHECKING:  # scipy takes half a second to import
    from tinycnn.theory.survey import Stop

TABLES = {
    "filters and units": (*("kurtosis", "isotropy", "overlap", "open", "saliency", "guided", "mask"),),
    "what arrives below the layer, and its predictions": (
        *("isotropic", "bank", "gaussian", "real_isotropic", "real_bank", "real_gaussian"),
    ),
    "the picture, and <s, y>": ("input", "detail", "whole", "units", "shift"),
}


def add(commands: Any) -> None:
    """Declare the command's arguments."""
    parser = commands.add_parser(
        "survey",
        help="walk a trained net: what the theory assumes, layer by layer",
        description="For every convolution with an activation: how far its filters are from the theory's "
        "random ones, which of its units pass a signal on, how well the limit predicts what arrives below "
        "it, and how much of the input the signal shows. In brackets: the same net with random weights.",
    )
    parser.add_argument(
        "image", nargs="?", default="chelsea", metavar="IMAGE", help="a file, or a sample image"
    )
    parser.add_argument(
        "--model", default="digits", metavar="NAME", help="see 'tinycnn list models' (digits)"
    )
    parser.add_argument(
        "--weights", default=None, metavar="NAME", help="or a file (digits, for the digits net)"
    )
    parser.add_argument("--target", default="max", help="what is explained, as in 'visualize' (max)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all numbers there")
    parser.add_argument("--out", type=Path, metavar="DIR", help="also draw them, as survey.png")
    add_seed(parser, "of random weights")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Walk the net twice, with its weights and with random ones, and print both."""
    from tinycnn.theory.survey import survey

    if arguments.out is not None:
        check_folder(arguments.out)
    picture = read_image(arguments.image)
    weights = arguments.weights or ("digits" if arguments.model == "digits" else "random")
    walks: list[list[Stop]] = []
    for source in (weights, "random"):
        with status(f"walking through {arguments.model}, weights: {source}"):
            model = zoo.build(arguments.model, source, arguments.seed)
            target = parse(arguments.target, model.classes)
            walks.append(list(survey(model, model.preprocess(picture), target)))
    for title, columns in TABLES.items():
        Console(width=max(110, Console().width)).print(_table(title, columns, *walks))
    print(f"{arguments.model}, weights: {weights} (random); {arguments.image}")
    if arguments.json is not None:
        record = {"weights": weights, "stops": [asdict(stop) for stop in walks[0]]}
        record["random"] = [asdict(stop) for stop in walks[1]]
        with atomic_write(arguments.json) as file:
            file.write(json.dumps(record, indent=1).encode() + b"\n")
    if arguments.out is not None:
        _draw(walks, weights, arguments.out / "survey.png")
    return 0


def _table(title: str, columns: Sequence[str], found: Sequence[Stop], random: Sequence[Stop]) -> Table:
    table = Table("layer", *(column.replace("_", " ") for column in columns), title=title, box=None)
    for stop, other in zip(found, random, strict=True):
        pairs = ((getattr(stop, column), getattr(other, column)) for column in columns)
        table.add_row(stop.layer, *(f"{value:.2f} ({control:.2f})" for value, control in pairs))
    return table


def _draw(walks: Sequence[Sequence[Stop]], weights: str, path: Path) -> None:
    from tinycnn.plot import save
    from tinycnn.theory.walk_figure import figure

    save(figure(walks[0], walks[1], weights), path)
    print(path)
