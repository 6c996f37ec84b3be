"""``tinycnn visualize``: maps of a network's decision about images, as figures and as arrays."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tinycnn import image, zoo
from tinycnn.cli.progress import status, track
from tinycnn.errors import TinycnnError, UnknownNameError
from tinycnn.files import atomic_write, check_folder
from tinycnn.maps import STYLES, Style
from tinycnn.metrics import centred_cosine
from tinycnn.model import Model
from tinycnn.rules import Rule, get
from tinycnn.targets import Target, describe, parse
from tinycnn.trace import Trace, forward
from tinycnn.types import Array
from tinycnn.visualize import DEFAULT_RULES, maps_of


def add(commands: Any) -> None:
    """Declare the command's arguments."""
    parser = commands.add_parser(
        "visualize",
        help="explain what a network says about images",
        description="Draw each image beside its maps by several rules. The caption of a map gives its "
        "correlation with the input: near 1, the map shows the image and not the decision.",
    )
    parser.add_argument(
        "images", nargs="+", metavar="IMAGE", help="image files; chelsea, coffee, ... name samples"
    )
    parser.add_argument(
        "--model", default="vgg16", metavar="NAME", help="see 'tinycnn list models' (%(default)s)"
    )
    parser.add_argument(
        "--weights", default="random", metavar="NAME", help="random, or see 'tinycnn list weights'"
    )
    parser.add_argument("--rules", default=",".join(DEFAULT_RULES), metavar="A,B", help="(%(default)s)")
    parser.add_argument(
        "--target", default="max", help="max, random, cost, a logit's index or a class (%(default)s)"
    )
    parser.add_argument("--style", default="minmax", help=f"{', '.join(STYLES)} (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of random weights (%(default)s)")
    parser.add_argument("--out", type=Path, default=Path("tinycnn-out"), metavar="DIR", help="(%(default)s)")
    parser.add_argument(
        "--npz",
        action="store_true",
        help="also write STEM.npz: 'image', the network's input, and a (c, h, w) float32 map per rule",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Explain every image; one that cannot be read does not stop the rest."""
    from tinycnn.plot import save  # drawing takes half a second to import

    rules = [get(name) for name in arguments.rules.split(",")]
    if arguments.style not in STYLES:
        raise UnknownNameError("style", arguments.style, STYLES)
    check_folder(arguments.out)
    with status(f"building {arguments.model}"):
        model = zoo.build(arguments.model, arguments.weights, arguments.seed)
    target = parse(arguments.target, model.classes)
    failed = 0
    paths = list(zip(arguments.images, _stems(arguments.images), strict=True))
    for path, stem in track(paths, "explaining", len(paths)):
        try:
            x = model.preprocess(_read(path))
            trace = forward(model, x)
            maps = maps_of(trace, rules, target)
            save(
                _figure(model, trace, rules, target, maps, STYLES[arguments.style]),
                arguments.out / f"{stem}.png",
            )
            if arguments.npz:
                with atomic_write(arguments.out / f"{stem}.npz") as file:
                    np.savez(file, image=x[0], **{name: map[0] for name, map in maps.items()})
            print(arguments.out / f"{stem}.png")
        except TinycnnError as error:
            failed += 1
            print(f"tinycnn: {error}", file=sys.stderr)
    return 1 if failed else 0


def _read(path: str) -> Array:
    if path in image.SAMPLES and not Path(path).exists():
        return image.sample(path)
    return image.load(path)


def _stems(paths: Sequence[str]) -> list[str]:
    """File names without their endings; where two are equal, the later ones are numbered."""
    seen: Counter[str] = Counter()
    stems = []
    for path in paths:
        stem = Path(path).stem
        seen[stem] += 1
        stems.append(stem if seen[stem] == 1 else f"{stem}-{seen[stem]}")
    return stems


def _figure(
    model: Model, trace: Trace, rules: Sequence[Rule], target: Target, maps: dict[str, Array], style: Style
) -> Any:
    from tinycnn.plot import Panel, Row, figure

    x = trace.input
    panels = [Panel(model.preprocess.inverse(x)[0], "input")]
    for rule in rules:
        map = model.preprocess.to_rgb(maps[rule.name])[0]
        similar = float(centred_cosine(maps[rule.name], x)[0])
        panels.append(Panel(map, rule.name, f"correlation {similar:+.2f}", style))
    facts = {
        "model": model.name,
        "weights": model.weights,
        "target": describe(target, trace, model.classes),
        "correlation": "cosine of the map and the input, each colour channel centred",
    }
    return figure([Row(panels)], facts=facts)
