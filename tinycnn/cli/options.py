"""Options that several commands share."""

from __future__ import annotations

import argparse
from pathlib import Path

from tinycnn import image
from tinycnn.ops.types import Array
from tinycnn.weights import REGISTRY


def add_out(parser: argparse.ArgumentParser) -> None:
    """Declare ``--out``, the folder that results go to."""
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("tinycnn-out"),
        metavar="DIR",
        help="folder for the results, made if need be (%(default)s)",
    )


def add_seed(parser: argparse.ArgumentParser, use: str) -> None:
    """Declare ``--seed``; `use` says what it is the seed of."""
    parser.add_argument("--seed", type=whole_number, default=0, metavar="N", help=f"{use} (%(default)s)")


def whole_number(text: str) -> int:
    """Read a number from 0 up, as argparse types do."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"expected a whole number from 0, got {text!r}")
    return int(text)


def trained_weights(model: str, task: str | None = None) -> str:
    """The first trained weights of a model, of one task or of any; ``"random"`` if there are none."""
    if model == "digits":
        return "digits"
    fitting = (e.name for e in REGISTRY.values() if e.model == model and task in (None, e.task))
    return next(fitting, "random")


def read_image(path: str) -> Array:
    """The image in a file or, where there is no such file, the sample of that name."""
    if path in image.SAMPLES and not Path(path).exists():
        return image.sample(path)
    return image.load(path)
