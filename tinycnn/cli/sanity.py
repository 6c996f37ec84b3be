"""``tinycnn sanity``: one rule put through all sanity checks, on one page."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from tinycnn import image, zoo
from tinycnn.cli.options import add_model, add_seed, read_image, trained_weights
from tinycnn.cli.progress import status
from tinycnn.cli.terminal import show, show_table
from tinycnn.errors import UnknownNameError
from tinycnn.files import atomic_write
from tinycnn.model import Model
from tinycnn.ops.types import Array
from tinycnn.rules import get

IMAGES = 4
"""Digits that are drawn for the digits net, where no image is given."""


def add(commands: Any) -> None:
    """Declare the command's arguments."""
    parser = commands.add_parser(
        "sanity",
        help="put one rule through the sanity checks, with null, optimum and prediction",
        description="Run every check of the literature on one rule: MPRT, CSC, random logit, invariances, "
        "infidelity, sensitivities, deletion and insertion, localisation. Beside each value stand that of a "
        "map that knows nothing, the best one, and what theory predicts; below, the rule's card.",
    )
    parser.add_argument("rule", metavar="RULE", help="see 'tinycnn list rules'")
    add_model(parser, "digits")
    parser.add_argument(
        "--image",
        metavar="IMAGE",
        help=f"a file or a sample (chelsea; {IMAGES} drawn digits for the digits net)",
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="also write the page there, as HTML")
    add_seed(parser, "of random weights")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the table of checks and the card, and write the page."""
    from tinycnn.experiments.sanity import HEADS, judged, page

    rule = get(arguments.rule).name
    weights = arguments.weights or trained_weights(arguments.model)
    with status(f"building {arguments.model}"):
        model = zoo.build(arguments.model, weights, arguments.seed)
    x = _images(model, arguments.image)
    with status(f"checking {rule}"):
        lines = list(judged(model, x, rule))
    title = f"{rule}, {model.name} with weights {weights}, {len(x)} image{'s' if len(x) > 1 else ''}"
    show(title)
    show_table([cells for line in lines for cells in line.cells()], HEADS)
    card = _card(rule)
    for text in ("", *card.splitlines()):
        show(text)
    if arguments.out is not None:
        with atomic_write(arguments.out) as file:
            file.write(page(title, lines, card).encode())
        show(arguments.out)
    return 0


def _images(model: Model, path: str | None) -> Array:
    if path is not None:
        return model.preprocess(read_image(path))
    if model.name != "digits":
        return model.preprocess(image.default())
    from tinycnn.pictures.digit_pictures import digit_pictures

    return model.preprocess(list(digit_pictures(IMAGES, 0)[0]))


def _card(rule: str) -> str:
    """What is known of the rule by itself, where something is."""
    from tinycnn.experiments.sanity import foretold

    try:
        from tinycnn.testing.card import card
    except ModuleNotFoundError as error:
        return f"the rule's card needs {error.name}: pip install 'tinycnn[testing]'"
    try:
        return str(card(rule, foretold(rule)))
    except UnknownNameError:
        return f"{rule} has no card: only shipped tables with default options have one"
