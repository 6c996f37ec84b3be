"""``tinycnn visualize``: maps of a network's decision about images, as figures and as arrays."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from itertools import chain, count
from pathlib import Path
from typing import Any

import numpy as np

from tinycnn.cli.options import (
    add_model,
    add_out,
    add_seed,
    add_weights,
    built,
    chosen_weights,
    images_in,
    read_image,
)
from tinycnn.cli.progress import status, track
from tinycnn.cli.terminal import say, show
from tinycnn.errors import ImageError, OutputError, TinycnnError, UnknownNameError
from tinycnn.files import atomic_write, check_folder
from tinycnn.model import Model
from tinycnn.ops.types import Array
from tinycnn.pictures.maps import STYLES, Style
from tinycnn.pictures.metrics import centred_cosine, signed_text
from tinycnn.rules import Answer, AnyRule, get
from tinycnn.rules.grammar import split
from tinycnn.targets import Target, describe, parse, random_logit
from tinycnn.trace import Trace, forward
from tinycnn.visualize import DEFAULT_RULES, explain

_ACROSS = 8
"""Pictures in a row of a figure."""


def add(commands: Any) -> None:
    """Declare the command's arguments."""
    parser = commands.add_parser(
        "visualize",
        help="explain what a network says about images",
        description="Draw each image beside its maps by several rules. The caption of a map gives its "
        "correlation with the input: near 1, the map shows the image and not the decision.",
    )
    parser.add_argument(
        "images", nargs="+", metavar="IMAGE", help="a file or a folder; or chelsea, coffee, ... (samples)"
    )
    add_model(parser, "vgg16")
    parser.add_argument(
        "--rules",
        default=",".join(DEFAULT_RULES),
        metavar="A,B",
        help="one map each, with options in brackets, such as 'lrp-epsilon(epsilon=0.1)'; see 'tinycnn list "
        "rules' (%(default)s)",
    )
    parser.add_argument(
        "--target", default="max", help="max, random, cost, a logit's index or its class (%(default)s)"
    )
    parser.add_argument("--style", default="minmax", help=f"of the maps: {', '.join(STYLES)} (%(default)s)")
    add_weights(parser)
    add_seed(parser, "of random weights and of a random target")
    add_out(parser)
    parser.add_argument(
        "--npz",
        action="store_true",
        help="also write STEM.npz: 'image', the network's input, and a map per rule, all (c, h, w) float32",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Explain every image; one that fails does not stop the rest."""
    rules = [get(name) for name in dict.fromkeys(split(arguments.rules))]
    if arguments.style not in STYLES:
        raise UnknownNameError("style", arguments.style, STYLES)
    check_folder(arguments.out)
    with status(f"building {arguments.model}"):
        model = built(arguments, chosen_weights(arguments.model, arguments.weights))
    random = arguments.target == "random"
    target = random_logit(arguments.seed) if random else parse(arguments.target, model.classes)
    images = list(images_in(arguments.images))
    originals = {os.path.realpath(path) for path in images}
    failed = 0
    named = list(zip(images, _stems(images), strict=True))
    for path, stem in track(named, "explaining", len(named)):
        out = arguments.out / f"{stem}.png"
        try:
            if os.path.realpath(out) in originals:
                raise OutputError(f"the figure would replace the image {out}; choose another --out")
            _explain(read_image(path), model, rules, target, STYLES[arguments.style], out, arguments.npz)
            show(out)
        except TinycnnError as error:
            failed += 1
            reason = error if isinstance(error, ImageError) else f"{path}: {error}"
            say(reason)
    return 1 if failed else 0


def _explain(
    picture: Array, model: Model, rules: Sequence[AnyRule], target: Target, style: Style, out: Path, npz: bool
) -> None:
    """Write the figure of one image and, if asked for, its arrays beside it."""
    from tinycnn.pictures.plot import save  # drawing takes half a second to import

    x = model.preprocess(picture)
    trace = forward(model, x)
    found = explain(model, x, rules, target, track)
    save(_figure(model, trace, found, target, style), out)
    if npz:
        with atomic_write(out.with_name(f"{out.stem}.npz")) as file:
            np.savez(file, image=x[0], **{name: answer.map[0] for name, answer in found.items()})


def _stems(paths: Sequence[str]) -> list[str]:
    """File names without their endings, each used once: where one is taken, a number is added."""
    stems: list[str] = []
    for path in paths:
        stem = Path(path).stem
        numbered = (f"{stem}-{number}" for number in count(2))
        stems.append(next(name for name in chain([stem], numbered) if name not in stems))
    return stems


def _figure(model: Model, trace: Trace, found: Mapping[str, Answer], target: Target, style: Style) -> Any:
    from tinycnn.pictures.plot import Panel, Row, figure

    x = trace.input
    panels = [Panel(model.preprocess.inverse(x)[0], "input")]
    for name, answer in found.items():
        one_for_all = answer.map.shape[1] < x.shape[1]
        map = answer.map[0] if one_for_all else model.preprocess.to_rgb(answer.map)[0]
        seen = x.mean(axis=1, keepdims=True) if one_for_all else x
        caption = f"correlation {signed_text(centred_cosine(answer.map, seen)[0])}"
        panels.append(Panel(map, name, "; ".join(filter(None, (caption, answer.note))), style))
    facts = {
        "model": model.name,
        "weights": model.weights,
        "target": describe(target, trace, model.classes),
        "correlation": "cosine of the map and the input, each colour channel centred",
    }
    if model.notes:
        facts["as read"] = "; ".join(model.notes)
    rows = [Row(panels[first : first + _ACROSS]) for first in range(0, len(panels), _ACROSS)]
    return figure(rows, facts=facts)
