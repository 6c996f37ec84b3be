"""Saliency map, DeconvNet and guided backprop of VGG-16, on several images."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tinycnn.experiments.experiment import Experiment, Inputs, Number, Result, Statement, mean
from tinycnn.experiments.nets import THREE, trained_vgg16, vgg16_note
from tinycnn.experiments.plates import Cell, Grid, GridRow, Plate, map_cell
from tinycnn.model import Model
from tinycnn.ops.types import Array
from tinycnn.pictures.metrics import centred_cosine, signed_text
from tinycnn.visualize import visualize


def run(inputs: Inputs) -> Result:
    """Explain the largest logit of every image."""
    model = trained_vgg16(inputs)
    arrays = measure(model, inputs.first(2 if inputs.quick else 6))
    return Result(arrays, _numbers(arrays), _statements(arrays), [vgg16_note(inputs)])


def measure(model: Model, images: Mapping[str, Array]) -> dict[str, Array]:
    """Explain every image by itself.

    Returns
    -------
    dict
        Of each rule the maps, under its name, (images, c, h, w), and their centred cosines with the inputs,
        ``likeness NAME``, (images,); ``input`` and ``name`` of every image.
    """
    x = np.concatenate([model.preprocess(image) for image in images.values()])
    found = [visualize(model, one[None], THREE, "max") for one in x]
    maps = {rule: np.concatenate([each[rule] for each in found]).astype(np.float32) for rule in THREE}
    likeness = {f"likeness {rule}": centred_cosine(maps[rule], x) for rule in THREE}
    return {**maps, **likeness, "input": model.preprocess.inverse(x), "name": np.array(list(images))}


def _numbers(arrays: dict[str, Array]) -> list[Number]:
    return [mean(f"correlation with the input, {rule}", arrays[f"likeness {rule}"]) for rule in THREE]


def _statements(arrays: dict[str, Array]) -> list[Statement]:
    saliency, guided = (arrays[f"likeness {rule}"].mean() for rule in ("saliency", "guided"))
    words = "guided backprop correlates with the input more than the saliency map"
    return [Statement(words, bool(guided > saliency))]


def draw(result: Result) -> list[Plate]:
    """One row per image."""
    arrays = result.arrays
    rows = [
        GridRow(
            Cell(arrays["input"][i], "input", str(name)),
            [map_cell(arrays[rule][i], rule, signed_text(arrays[f"likeness {rule}"][i])) for rule in THREE],
        )
        for i, name in enumerate(arrays["name"])
    ]
    return [Grid(rows)]


EXPERIMENT = Experiment(
    name="three-rules",
    title="Three rules on a trained net",
    claim="Guided backprop and DeconvNet draw cleaner pictures than the saliency map.",
    paper="On a trained VGG-16, guided backprop and DeconvNet look like the image's edges and the "
    "saliency map like noise.",
    caption="VGG-16, 224x224, target: the largest logit. Under each map, the cosine of map and input after "
    "each colour channel is centred.",
    run=run,
    draw=draw,
)
