"""``tinycnn train``: train the embedded digits net again, by tinycnn's own kernels."""

from __future__ import annotations

import argparse
import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from tinycnn import __version__
from tinycnn.cli.options import add_out, add_seed, whole_number
from tinycnn.cli.progress import track
from tinycnn.cli.terminal import show
from tinycnn.errors import TinycnnError
from tinycnn.files import atomic_write, check_folder, open_file
from tinycnn.ops.types import Array
from tinycnn.rules.patterns import estimate
from tinycnn.zoo import digits
from tinycnn.zoo.train import Recipe, accuracy, parameters_of, train

HELD_OUT = 2000

LARGEST = 4 << 30
"""Bytes of a file of images."""


def add(commands: Any) -> None:
    """Declare the command's arguments."""
    parser = commands.add_parser(
        "train",
        help="train the small digits net that comes with tinycnn",
        description="Train the digits net on DATA, an .npz with 'images' (n, 28, 28) uint8, 'labels' (n,). "
        f"{HELD_OUT} images, drawn with the seed, are held out. Writes digits.npz, digits-initial.npz and a "
        "provenance card digits.json. Interrupted, it goes on from its last epoch.",
    )
    parser.add_argument("data", type=Path, metavar="DATA", help="the .npz of images and labels")
    parser.add_argument(
        "--epochs",
        type=whole_number,
        default=Recipe.epochs,
        metavar="N",
        help="passes over the images (%(default)s)",
    )
    parser.add_argument(
        "--patterns",
        action="store_true",
        help="do not train: write digits-patterns.npz, the statistics of the net that comes with tinycnn "
        "that the methods patternnet and pattern-attribution need",
    )
    add_seed(parser, "of the weights, the split and the order")
    add_out(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Train, and write the net with its card."""
    check_folder(arguments.out)
    images, labels = _data(arguments.data)
    recipe = Recipe(epochs=arguments.epochs, seed=arguments.seed)
    order = np.random.default_rng(recipe.seed).permutation(len(images))
    kept, held = order[:-HELD_OUT], order[-HELD_OUT:]
    start = digits(seed=recipe.seed)
    x = start.preprocess(list(images))
    if arguments.patterns:
        return _write_patterns(arguments.out / "digits-patterns.npz", x[kept])
    model = start
    costs: list[float] = []
    checkpoint = arguments.out / "digits-checkpoint.npz"
    epochs = train(start, x[kept], labels[kept], recipe, checkpoint)
    for model, costs in track(epochs, "training", recipe.epochs):
        held_out = accuracy(model, x[held], labels[held])
        show(f"epoch {len(costs)}: cost {costs[-1]:.4f}, held-out accuracy {held_out:.4f}")
    card = {
        "net": start.name,
        "trained by": f"tinycnn {__version__}, tinycnn train",
        "data": {"sha256": _sha256(arguments.data), "training": len(kept), "held out": len(held)},
        "recipe": asdict(recipe),
        "cost by epoch": costs,
        "held-out accuracy": accuracy(model, x[held], labels[held]),
        "sha256": {},
    }
    for name, net in (("digits.npz", model), ("digits-initial.npz", start)):
        with atomic_write(arguments.out / name) as file:
            np.savez(file, **parameters_of(net))  # type: ignore[arg-type]
        card["sha256"][name] = _sha256(arguments.out / name)  # type: ignore[index]
    with atomic_write(arguments.out / "digits.json") as file:
        file.write(json.dumps(card, indent=2).encode() + b"\n")
    checkpoint.unlink(missing_ok=True)
    show(arguments.out / "digits.npz")
    return 0


def _write_patterns(path: Path, x: Array) -> int:
    with atomic_write(path) as file:
        np.savez(file, **estimate(digits("digits"), x))  # type: ignore[arg-type]
    show(path)
    return 0


def _data(path: Path) -> tuple[Array, Array]:
    try:
        with open_file(path, LARGEST) as data, np.load(data, allow_pickle=False) as file:
            images, labels = file["images"], file["labels"].astype(np.int64)
    except (OSError, ValueError, KeyError) as error:
        raise TinycnnError(f"{path}: no .npz with 'images' and 'labels': {error}") from error
    if images.shape[1:] != (28, 28) or images.dtype != np.uint8 or len(images) <= HELD_OUT:
        raise TinycnnError(f"{path}: needs over {HELD_OUT} uint8 images of 28x28, got {images.shape}")
    return images, labels


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
