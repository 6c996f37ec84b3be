"""``tinycnn classify``: what a network says an image shows."""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from tinycnn.cli.options import add_seed, add_weights, built, read_image, trained_weights, whole_number
from tinycnn.cli.progress import status
from tinycnn.cli.terminal import show
from tinycnn.ops import engine
from tinycnn.visualize import predict
from tinycnn.weights.registry import IMAGENET


def add(commands: Any) -> None:
    """Declare the command's arguments."""
    parser = commands.add_parser(
        "classify",
        help="name what an image shows",
        description="Print the likeliest classes of an image and their probabilities: a check that weights, "
        "preprocessing and names of classes belong together.",
    )
    parser.add_argument("image", metavar="IMAGE", help="a file; or chelsea, coffee, ... (samples)")
    parser.add_argument(
        "--model",
        default="efficientnet_lite0",
        metavar="NAME",
        help="see 'tinycnn list models', or a file, as of 'tinycnn convert' (%(default)s)",
    )
    parser.add_argument(
        "--weights",
        metavar="NAME",
        help="see 'tinycnn list weights', or a file (the first of the model's own that have all classes)",
    )
    parser.add_argument("--top", type=whole_number, default=5, metavar="N", help="how many (%(default)s)")
    add_weights(parser)
    add_seed(parser, "of random weights")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print a line per class, the likeliest first, then what was asked."""
    picture = read_image(arguments.image)
    weights = arguments.weights or trained_weights(arguments.model, IMAGENET)
    with status(f"building {arguments.model}"):
        model = built(arguments, weights)
    logits = predict(model, model.preprocess(picture))
    probabilities = engine.softmax(logits)[0]
    for index in np.argsort(-probabilities, kind="stable")[: arguments.top]:
        name = model.classes[index] if model.classes else ""
        show(f"{probabilities[index]:.4f}  {index:4}  {name}".rstrip())
    show(f"{model.name}, weights: {model.weights}")
    for note in model.notes:
        show(note)
    return 0
