"""``tinycnn survey``: how well a trained net fits what the theory assumes and predicts, layer by layer."""

from __future__ import annotations

import argparse
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tinycnn import __version__, zoo
from tinycnn.cli.options import add_seed, read_image, trained_weights
from tinycnn.cli.progress import status, track
from tinycnn.cli.terminal import show, show_table
from tinycnn.files import atomic_write, check_folder, json_fields
from tinycnn.model import Model
from tinycnn.ops.types import Array
from tinycnn.zoo.fold import fold_batch_norm

if TYPE_CHECKING:
    from tinycnn.experiments.mixtures import Mixed
    from tinycnn.theory.trained.survey import LayerSurvey

PHOTOGRAPHS = ("chelsea", "astronaut", "coffee")
NETS = ("trained", "random")


def add(commands: Any) -> None:
    """Declare the command's arguments."""
    parser = commands.add_parser(
        "survey",
        help="compare a trained net with the theory, layer by layer",
        description="Measure at each convolution how Gaussian and isotropic its filters are, which paths are "
        "active, how well its filters predict guided backprop, and what the signal shows. Each cell has the "
        "trained net, then a random one.",
    )
    parser.add_argument("model", metavar="MODEL", help="see 'tinycnn list models', or a file")
    parser.add_argument(
        "images", nargs="*", metavar="IMAGE", help="files or samples (chelsea, astronaut, coffee; or digits)"
    )
    parser.add_argument(
        "--weights",
        metavar="NAME",
        help="see 'tinycnn list weights', or a file (the first of the model's own)",
    )
    parser.add_argument(
        "--mixtures", action="store_true", help="also nets whose layers are trained in part: minutes for VGG"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all numbers there")
    parser.add_argument("--out", type=Path, metavar="DIR", help="also write a figure there")
    add_seed(parser, "of random weights")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Survey the trained net and a random one on every image, and print the means."""
    if arguments.out is not None:
        check_folder(arguments.out)
    pictures = _pictures(arguments)
    surveys, weights = _surveys(arguments, pictures)
    mixed = _mixtures(arguments, pictures) if arguments.mixtures else []
    if arguments.json is not None:
        _write(arguments, weights, surveys, mixed)
    if arguments.out is not None:
        _draw(arguments, weights, surveys)
    _print(surveys, mixed)
    show(f"{arguments.model}; each cell: {' | '.join(weights.values())}; means over {len(pictures)} images")
    return 0


def _build(arguments: argparse.Namespace, label: str) -> Model:
    """The trained net or the random one, batch norms folded."""
    weights, seed = arguments.weights or trained_weights(arguments.model), arguments.seed
    if label == "random":
        weights, seed = "random", seed + 1  # a trained net may have random layers of its own
    with status(f"building {arguments.model}"):
        return fold_batch_norm(zoo.build(arguments.model, weights, seed))


def _pictures(arguments: argparse.Namespace) -> list[Array]:
    if arguments.images or arguments.model != "digits":
        return [read_image(path) for path in arguments.images or PHOTOGRAPHS]
    from tinycnn.pictures.digit_pictures import digit_pictures

    return list(digit_pictures(10, arguments.seed)[0])


def _surveys(
    arguments: argparse.Namespace, pictures: Sequence[Array]
) -> tuple[dict[str, list[LayerSurvey]], dict[str, str]]:
    """The survey of each net on the same input, and where its weights are from; one net at a time."""
    from tinycnn.theory.trained.survey import averaged, survey

    surveys, weights = {}, {}
    x = np.empty(0)
    for label in NETS:
        model = _build(arguments, label)
        x = x if len(x) else model.preprocess(pictures)  # as the trained net expects it
        work = track(range(len(x)), f"measuring the {label} net", len(x))
        surveys[label] = averaged([survey(model, x[i : i + 1]) for i in work])
        weights[label] = model.weights
    return surveys, weights


def _mixtures(arguments: argparse.Namespace, pictures: Sequence[Array]) -> list[Mixed]:
    from tinycnn.experiments.layers import MODES, places
    from tinycnn.experiments.mixtures import curves

    trained, random = (_build(arguments, label) for label in NETS)
    total = len(MODES) * len(places(trained))
    found = track(curves(trained, random, trained.preprocess(pictures)), "mixing", total)
    return [each for group in found for each in group]


def _print(surveys: dict[str, list[LayerSurvey]], mixed: Sequence[Mixed]) -> None:
    from tinycnn.theory.trained.tables import PARTS

    for part in PARTS:
        cells = [
            (
                rows[0].layer,
                *("  ".join(_number(getattr(row, field)) for row in rows) for field, _ in part.columns),
            )
            for rows in zip(*surveys.values(), strict=True)
        ]
        show(part.title)
        show_table(cells, ("layer", *(heading for _, heading in part.columns)))
        show()
    if mixed:
        heads = ("trained in part", "layer", "rule", "~ input", "~ trained map")
        show_table(
            [(each.mode, each.layer, each.rule, _number(each.image), _number(each.kept)) for each in mixed],
            heads,
        )
        show()


def _number(value: float) -> str:
    if np.isnan(value):
        return "     -"
    return f"{value:6.2f}" if abs(value) < 100 else f"{value:6.0f}"


def _write(
    arguments: argparse.Namespace,
    weights: dict[str, str],
    surveys: dict[str, list[LayerSurvey]],
    mixed: list[Mixed],
) -> None:
    record = {
        "tinycnn": __version__,
        "model": arguments.model,
        "images": arguments.images or "default",
        "seed": arguments.seed,
        "weights": weights,
        "layers": {label: [json_fields(row) for row in rows] for label, rows in surveys.items()},
        "mixtures": [json_fields(each) for each in mixed],
    }
    with atomic_write(arguments.json) as file:
        file.write(json.dumps(record, indent=1).encode() + b"\n")


def _draw(
    arguments: argparse.Namespace, weights: dict[str, str], surveys: dict[str, list[LayerSurvey]]
) -> None:
    from tinycnn.theory.trained.tables import figure

    path = arguments.out / f"survey-{arguments.model}.png"
    drawn = io.BytesIO()
    figure({**surveys}, f"{arguments.model}, {weights['trained']}").savefig(drawn, dpi=110)
    with atomic_write(path) as file:
        file.write(drawn.getvalue())
    show(path)
