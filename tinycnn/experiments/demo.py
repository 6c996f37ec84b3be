"""The demo: on one photograph, what the paper is about.

Guided backprop shows the image even where the network is random; the saliency map does not; DeconvNet does
once there is max-pooling; and without local connections none of them does. The two trained nets draw what
they see, some rules more of it than others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from matplotlib.figure import Figure

from tinycnn.errors import FetchError
from tinycnn.model import Model
from tinycnn.ops.types import Array
from tinycnn.pictures.digit_pictures import draw_digit
from tinycnn.pictures.maps import minmax
from tinycnn.pictures.metrics import centred_cosine, signed_text
from tinycnn.pictures.plot import Panel, Row, figure
from tinycnn.targets import max_logit
from tinycnn.visualize import DEFAULT_RULES, visualize
from tinycnn.zoo import digits, three_layer_cnn, three_layer_fcn, vgg16

NETS: dict[str, Callable[[int], Model]] = {
    "Random three-layer CNN: 64 filters of 7x7": lambda seed: three_layer_cnn(image=(224, 224), seed=seed),
    "The same with 9x9 max-pooling": lambda seed: three_layer_cnn(image=(224, 224), pool=(9, 1), seed=seed),
    "The same without local connections: 5000 hidden units on 64x64": lambda seed: three_layer_fcn(seed=seed),
    "VGG-16 with random weights": lambda seed: vgg16(seed=seed),
    "A net of tinycnn's own, trained to read digits": lambda seed: digits("digits"),
    "VGG-16 with its trained conv layers, random dense layers": lambda seed: vgg16("vgg16-features", seed),
}
"""The rows of the figure: the label of each, and the net that is built for a seed."""


def rows(image: Array, seed: int = 0) -> Iterator[Row]:
    """Explain an image by each net, one row at a time.

    Parameters
    ----------
    image : (h, w, 3) uint8
    seed : int
        Seed of the random weights, and of the digit that is drawn for the net that reads digits.
    """
    for label, build in NETS.items():
        try:
            model = build(seed)
        except FetchError as error:
            yield Row(label=label, note=f"Not drawn: {error}")
        else:
            own = draw_digit(3, np.random.default_rng(seed)) if model.name == "digits" else image
            yield Row(_panels(model, own), label)


def draw(rows: list[Row], seed: int = 0) -> Figure:
    """Lay the rows out as one figure."""
    facts = {
        "target": f"each net's largest logit; all random weights He-initialised with seed {seed}",
        "correlation": "cosine of the map and the input, each colour channel centred",
    }
    return figure(rows, "What do these pictures know of the network?", facts)


def _panels(model: Model, image: Array) -> list[Panel]:
    x = model.preprocess(image)
    panels = [Panel(model.preprocess.inverse(x)[0], "input")]
    for name, map in visualize(model, x, DEFAULT_RULES, max_logit()).items():
        correlation = float(centred_cosine(map, x)[0])
        picture = model.preprocess.to_rgb(map)[0]
        panels.append(Panel(picture, name, f"correlation {signed_text(correlation)}", minmax))
    return panels
