"""Options that several commands share."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from tinycnn import image, zoo
from tinycnn.errors import TinycnnError, UnknownNameError
from tinycnn.model import Model
from tinycnn.ops.types import Array
from tinycnn.preprocess import PRESETS
from tinycnn.weights import REGISTRY
from tinycnn.zoo.pretrained import find

MOST_DIGITS = 18
"""Of a number, so that 64 bits hold it."""


def add_out(parser: argparse.ArgumentParser) -> None:
    """Declare ``--out``, the folder that results go to."""
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("tinycnn-out"),
        metavar="DIR",
        help="folder for the results, made if need be (%(default)s)",
    )


def add_weights(parser: argparse.ArgumentParser) -> None:
    """Declare what can be said of a weight file that does not say it itself."""
    group = parser.add_argument_group("of a weight file")
    group.add_argument(
        "--names",
        type=Path,
        metavar="FILE",
        help='JSON that maps the names in the weight file to the model\'s: {"net/c1/w": "conv1_1.weight"}',
    )
    group.add_argument(
        "--part",
        default="",
        metavar="NAME",
        help="what the names begin with, if the file holds the net more than once: model_ema",
    )
    group.add_argument(
        "--head",
        choices=("random",),
        default="",
        metavar="random",
        help="leave dense layers random where the file has other ones, or none",
    )
    group.add_argument(
        "--layout",
        choices=("torch", "tensorflow"),
        default="",
        metavar="NAME",
        help="torch or tensorflow: of arrays whose names are unknown, if their shapes do not tell",
    )
    group.add_argument(
        "--preprocess",
        metavar="NAME",
        help=f"what the net expects of its input: {', '.join(PRESETS)} (as the file's names say)",
    )


def built(arguments: argparse.Namespace, weights: str) -> Model:
    """The model, with weights as the options of `add_weights` say."""
    name, seed = arguments.model, arguments.seed
    if arguments.preprocess is not None and arguments.preprocess not in PRESETS:
        raise UnknownNameError("preprocessing", arguments.preprocess, PRESETS)
    said = {
        "mapping": None if arguments.names is None else _mapping(arguments.names),
        "part": arguments.part,
        "head": arguments.head,
        "layout": arguments.layout,
        "preprocess": None if arguments.preprocess is None else PRESETS[arguments.preprocess],
    }
    if not any(said.values()):
        return zoo.build(name, weights, seed)
    if not Path(weights).is_file() and weights not in REGISTRY:
        options = ", ".join(f"--{option}" for option in ("names", *list(said)[1:]))
        raise TinycnnError(f"{options} are about a weight file, not about {weights!r}")
    return zoo.load(zoo.build(name, seed=seed), find(name, weights), **said)


def _mapping(path: Path) -> dict[str, str]:
    """The names in a JSON file, theirs to ours."""
    try:
        names = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or getattr(error, "msg", None) or "not text"
        raise TinycnnError(f"cannot use {path} as a mapping of names: {reason}") from error
    if type(names) is not dict or not names or not all(type(name) is str for name in names.values()):
        raise TinycnnError(f"cannot use {path} as a mapping of names: it is no JSON object from name to name")
    return names


def add_seed(parser: argparse.ArgumentParser, use: str) -> None:
    """Declare ``--seed``; `use` says what it is the seed of."""
    parser.add_argument("--seed", type=whole_number, default=0, metavar="N", help=f"{use} (%(default)s)")


def whole_number(text: str) -> int:
    """Read a number from 0 up, as argparse types do."""
    if not text.isdecimal() or len(text) > MOST_DIGITS:
        raise argparse.ArgumentTypeError(f"expected a whole number from 0, got {text[:40]!r}")
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
