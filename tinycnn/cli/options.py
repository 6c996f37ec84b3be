"""Options that several commands share."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from tinycnn import image, zoo
from tinycnn.errors import ImageError, TinycnnError, UnknownNameError
from tinycnn.files import files_in, open_file
from tinycnn.image.preprocess import PRESETS
from tinycnn.image.reading import endings
from tinycnn.model import Model
from tinycnn.ops.types import Array, Pair
from tinycnn.weights import REGISTRY
from tinycnn.zoo import OWN
from tinycnn.zoo.pretrained import find

_LARGEST_MAPPING = 16 << 20
"""Bytes of a file of names."""

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
    if weights == OWN and not any(said[option] for option in ("mapping", "part", "head", "layout")):
        return _loaded(name, None, arguments.preprocess, None)
    if not any(said.values()):
        return zoo.build(name, weights, seed)
    if not Path(weights).is_file() and weights not in REGISTRY:
        options = ", ".join(f"--{option}" for option in ("names", *list(said)[1:]))
        raise TinycnnError(f"{options} are about a weight file, not about {weights!r}")
    return zoo.load(zoo.build(name, seed=seed), find(name, weights), **said)


def _mapping(path: Path) -> dict[str, str]:
    """The names in a JSON file, theirs to ours."""
    try:
        with open_file(path, _LARGEST_MAPPING) as file:
            names = json.load(file)
    except RecursionError as error:
        raise TinycnnError(f"cannot use {path} as a mapping of names: nested too deeply") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or getattr(error, "msg", None) or "not text"
        raise TinycnnError(f"cannot use {path} as a mapping of names: {reason}") from error
    if type(names) is not dict or not names or not all(type(name) is str for name in names.values()):
        raise TinycnnError(f"cannot use {path} as a mapping of names: it is no JSON object from name to name")
    return names


def add_seed(parser: argparse.ArgumentParser, use: str) -> None:
    """Declare ``--seed``; `use` says what it is the seed of."""
    parser.add_argument("--seed", type=whole_number, default=0, metavar="N", help=f"{use} (%(default)s)")


def add_model(parser: argparse.ArgumentParser, default: str) -> None:
    """Declare ``--model`` and ``--weights``."""
    parser.add_argument(
        "--model",
        default=default,
        metavar="NAME",
        help="see 'tinycnn list models', or a file: ONNX, Keras, .npz of 'tinycnn convert' (%(default)s)",
    )
    parser.add_argument(
        "--weights",
        metavar="NAME",
        help="see 'tinycnn list weights', or a file (random; those of a model's file are its own)",
    )


def add_reading(parser: argparse.ArgumentParser) -> None:
    """Declare what the file of a model may leave open."""
    parser.add_argument("--size", metavar="N", help="of the images, where the file leaves it open: N or HxW")
    parser.add_argument(
        "--preprocess", metavar="NAME", help=f"one of {', '.join(PRESETS)} (as the file says)"
    )
    parser.add_argument("--classes", metavar="FILE", help="names of the logits: one a line, or JSON")


def read_model(arguments: argparse.Namespace) -> Model:
    """The model in the file that a command was given."""
    size = None
    if arguments.size is not None:
        sides = arguments.size.lower().split("x")
        if len(sides) > 2 or not all(side.isdecimal() for side in sides):
            raise TinycnnError(f"--size is N or HxW, got {arguments.size!r}")
        size = int(sides[0]), int(sides[-1])
    return _loaded(arguments.model, size, arguments.preprocess, arguments.classes)


def _loaded(path: str, size: Pair | None, preprocess: str | None, classes: str | None) -> Model:
    from tinycnn.zoo.importing.loading import load_model  # readers of models are not always needed

    return load_model(path, size, preprocess, classes)


def chosen_weights(model: str, weights: str | None) -> str:
    """The weights that were asked for; otherwise those in a model's own file, or random ones."""
    return weights or (OWN if zoo.is_file(model) else "random")


def whole_number(text: str) -> int:
    """Read a number from 0 up, as argparse types do."""
    if not text.isdecimal() or len(text) > MOST_DIGITS:
        raise argparse.ArgumentTypeError(f"expected a whole number from 0, got {text[:40]!r}")
    return int(text)


def positive_number(text: str) -> int:
    """Read a number from 1 up, as argparse types do."""
    number = whole_number(text)
    if number < 1:
        raise argparse.ArgumentTypeError("expected at least 1, got 0")
    return number


def trained_weights(model: str, task: str | None = None) -> str:
    """The first trained weights of a model, of one task or of any; ``"random"`` if there are none."""
    if model == "digits":
        return "digits"
    if zoo.is_file(model):
        return OWN
    fitting = (e.name for e in REGISTRY.values() if e.model == model and task in (None, e.task))
    return next(fitting, "random")


def read_image(path: str) -> Array:
    """The image in a file or, where there is no such file, the sample of that name."""
    if path in image.SAMPLES and not Path(path).exists():
        return image.sample(path)
    if not Path(path).suffix and not Path(path).exists():
        raise ImageError(f"{path}: no such file, and no sample ('tinycnn list samples' lists them)")
    return image.load(path)


def images_in(places: Sequence[str]) -> Iterator[str]:
    """The images that a command was given: of a folder all at any depth, by name; all else as it is.

    A folder without any is given itself: reading it says what is wrong.
    """
    for place in places:
        inside = files_in(place) if Path(place).is_dir() else ()
        yield from sorted(path for path in inside if Path(path).suffix.lower() in endings()) or [place]
