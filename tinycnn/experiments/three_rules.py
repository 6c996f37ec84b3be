"""Saliency map, DeconvNet and guided backprop of VGG-16, on several images."""

from __future__ import annotations

import numpy as np

from tinycnn.experiments.experiment import Experiment, Finding, Result, Setting, mean
from tinycnn.experiments.nets import RULES, trained_vgg16, vgg16_note
from tinycnn.experiments.plates import Cell, Grid, Plate, Row, map_cell
from tinycnn.ops.types import Array
from tinycnn.pictures.metrics import centred_cosine
from tinycnn.visualize import visualize


def run(setting: Setting) -> Result:
    """Explain the largest logit of every image."""
    model = trained_vgg16(setting)
    images = setting.first(2 if setting.quick else 6)
    x = np.concatenate([model.preprocess(image) for image in images.values()])
    maps: dict[str, list[Array]] = {rule: [] for rule in RULES}
    for one in x:
        for rule, map in visualize(model, one[None], RULES, "max").items():
            maps[rule].append(map[0])
    arrays = {rule: np.stack(found).astype(np.float32) for rule, found in maps.items()}
    likeness = {rule: centred_cosine(arrays[rule], x) for rule in RULES}
    numbers = [mean(f"correlation with the input, {rule}", values) for rule, values in likeness.items()]
    saliency, _, guided = (number.value for number in numbers)
    finding = Finding(
        "guided backprop correlates with the input more than the saliency map", guided > saliency
    )
    extra = {"input": model.preprocess.inverse(x), "name": np.array(list(images))}
    scores = {f"likeness {rule}": values for rule, values in likeness.items()}
    return Result({**arrays, **extra, **scores}, numbers, [finding], [vgg16_note(setting)])


def draw(result: Result) -> list[Plate]:
    """One row per image."""
    arrays = result.arrays
    rows = [
        Row(
            Cell(arrays["input"][i], "input", str(name)),
            [map_cell(arrays[rule][i], rule, f"{arrays[f'likeness {rule}'][i]:+.2f}") for rule in RULES],
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
    "each "
    "colour channel is centred.",
    run=run,
    draw=draw,
)
