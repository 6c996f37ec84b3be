"""``tinycnn inspect`` and ``tinycnn convert``: what a network is, and a file of it that loads at once."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from tinycnn import zoo
from tinycnn.cli.options import add_reading, read_model
from tinycnn.cli.progress import status
from tinycnn.cli.terminal import show, show_table
from tinycnn.errors import OutputError
from tinycnn.layers import flat
from tinycnn.layers.sizes import walk
from tinycnn.model import Model
from tinycnn.ops import engine


def add(commands: Any) -> None:
    """Declare both commands' arguments."""
    parser = commands.add_parser(
        "inspect",
        help="show a network as a table",
        description="Print the layers of a network, their shapes, parameters and multiplications for one "
        "image, what was assumed or left out, and which part the fast path takes.",
    )
    parser.add_argument(
        "model", metavar="MODEL", help="a file: ONNX, Keras, our own .npz; or see 'tinycnn list models'"
    )
    add_reading(parser)
    parser.set_defaults(run=run_inspect)
    parser = commands.add_parser(
        "convert",
        help="write a network to a file of our own",
        description="Read a network and write it as an .npz that loads in an instant, with its image size, "
        "preprocessing and classes; every command takes it as --model.",
    )
    parser.add_argument("model", metavar="FILE", help="ONNX, Keras, or our own .npz")
    parser.add_argument("out", type=Path, metavar="OUT.npz")
    add_reading(parser)
    parser.set_defaults(run=run_convert)


def run_inspect(arguments: argparse.Namespace) -> int:
    """Print a row for each layer, then what holds for the whole."""
    with status(f"reading {arguments.model}"):
        model = zoo.build(arguments.model) if _is_ours(arguments) else read_model(arguments)
    rows, total = [], 0
    for depth, layer, shape, work in walk(model.layers, model.input_shape):
        own = sum(array.size for _, array in layer.parameters())
        total += work
        name, sides = "  " * depth + (layer.name or "-"), "x".join(map(str, shape))
        rows.append(
            (name, type(layer).__name__, sides, f"{own:,}" if own else "", f"{work:,}" if work else "")
        )
    show_table(rows, ("layer", "type", "output", "parameters", "multiplications"))
    c, h, w = model.input_shape
    show(f"input {c}x{h}x{w}, preprocessing {model.preprocess.name}")
    show(f"{model.size:,} parameters, {total:,} multiplications")
    show(_fast(model))
    for note in model.notes:
        show(note)
    return 0


def _is_ours(arguments: argparse.Namespace) -> bool:
    """Whether the model is one of our own, of which nothing is left open."""
    options = (arguments.size, arguments.preprocess, arguments.classes)
    return arguments.model in zoo.MODELS and not any(options)


def run_convert(arguments: argparse.Namespace) -> int:
    """Write the file, and say what it holds."""
    from tinycnn.zoo.importing.own import save_model

    if arguments.out.suffix != ".npz":
        raise OutputError(f"{arguments.out}: the name of the file must end in .npz")
    with status(f"reading {arguments.model}"):
        model = read_model(arguments)
    save_model(model, arguments.out)
    show(f"{arguments.out}: {model.name}, {model.size:,} parameters")
    for note in model.notes:
        show(note)
    return 0


def _fast(model: Model) -> str:
    """Which layers the fast path runs."""
    if engine.PLAIN:
        return "the fast path is off: the definitions run"
    from tinycnn.fused.build import nodes

    _, end = nodes(model.layers, model.input_shape)
    inside, every = len(list(flat(model.layers[:end]))), len(list(flat(model.layers)))
    last = model.layers[end - 1].name if end else ""
    return f"fast path: the first {inside} of {every} layers" + (f", to {last}" if last else "")
