"""VGG-16 with another target, activation or pool: which of them decides what its maps show?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from tinycnn.experiments.experiment import Experiment, Inputs, Number, Result, Statement, mean
from tinycnn.experiments.nets import THREE, changed, trained_vgg16, vgg16_note
from tinycnn.experiments.plates import Cell, Chart, Grid, GridRow, Plate, averaged, map_cell
from tinycnn.layers import AvgPool2D, Layer, MaxPool2D, ReLU, Softplus
from tinycnn.model import Model
from tinycnn.ops.types import Array
from tinycnn.pictures.metrics import centred_cosine, signed_text
from tinycnn.visualize import visualize

VARIANTS: dict[str, tuple[str, Sequence[type[Layer]]]] = {
    "max logit": ("max", ()),
    "random logit": ("random", ()),
    "cost": ("cost", ()),
    "softplus for ReLU": ("max", (ReLU,)),
    "average for max pools": ("max", (MaxPool2D,)),
}
"""By name: the target, and the types of layers that are exchanged, see `exchange`."""


def run(inputs: Inputs) -> Result:
    """Explain VGG-16 in each of the variants."""
    model = trained_vgg16(inputs)
    images = inputs.first(1 if inputs.quick else 4)
    arrays = measure(model, np.concatenate([model.preprocess(image) for image in images.values()]))
    return Result(arrays, _numbers(arrays), _statements(arrays), [vgg16_note(inputs)])


def measure(model: Model, x: Array) -> dict[str, Array]:
    """Explain every image, by itself, in each of the variants.

    Returns
    -------
    dict
        Centred cosines of map and input, ``likeness`` (variants, rules, images); the first image's ``maps``
        (variants, rules, c, h, w); ``input``.
    """
    likeness = np.empty((len(VARIANTS), len(THREE), len(x)))
    maps = np.empty((len(VARIANTS), len(THREE), *x.shape[1:]), np.float32)
    for v, (target, exchanged) in enumerate(VARIANTS.values()):
        net = changed(model, partial(exchange, kinds=exchanged))
        for i, one in enumerate(x):
            for r, map in enumerate(visualize(net, one[None], THREE, target).values()):
                likeness[v, r, i] = centred_cosine(map, one)[0]
                if i == 0:
                    maps[v, r] = map[0]
    return {"likeness": likeness, "maps": maps, "input": model.preprocess.inverse(x)[0]}


def _numbers(arrays: dict[str, Array]) -> list[Number]:
    return [
        mean(f"centred cosine with the input, {rule}, {variant}", values)
        for variant, of_variant in zip(VARIANTS, arrays["likeness"], strict=True)
        for rule, values in zip(THREE, of_variant, strict=True)
    ]


def _statements(arrays: dict[str, Array]) -> list[Statement]:
    saliency, deconvnet, guided = arrays["likeness"].mean(axis=-1).T
    *max_pooled, average_pooled = range(len(VARIANTS))
    return [
        Statement(
            "for every target and activation guided backprop shows more of the input than the saliency map",
            bool((guided[max_pooled] > np.abs(saliency[max_pooled])).all()),
        ),
        Statement(
            f"without max-pools DeconvNet loses the input: {deconvnet[average_pooled]:+.2f} against "
            f"{deconvnet[0]:+.2f} with them",
            bool(abs(deconvnet[average_pooled]) < deconvnet[0]),
        ),
    ]


def exchange(layer: Layer, kinds: Sequence[type[Layer]]) -> Layer:
    """Softplus for a ReLU, average for max-pooling, if the layer is of these kinds; else the layer itself."""
    if not isinstance(layer, tuple(kinds)):
        return layer
    if isinstance(layer, ReLU):
        return Softplus(name=layer.name)
    if isinstance(layer, MaxPool2D):
        return AvgPool2D(**layer.geometry, name=layer.name)
    return layer


def draw(result: Result) -> list[Plate]:
    """The cosines by variant, and the maps of the first image."""
    arrays = result.arrays
    values = arrays["likeness"]
    curves = [averaged(rule, list(VARIANTS), values[:, r]) for r, rule in enumerate(THREE)]
    rows = [
        GridRow(
            Cell(arrays["input"], "input"),
            [
                map_cell(map, rule, signed_text(value))
                for rule, map, value in zip(THREE, maps, values[v, :, 0], strict=True)
            ],
            variant,
        )
        for v, (variant, maps) in enumerate(zip(VARIANTS, arrays["maps"], strict=True))
    ]
    return [Chart(curves, "", "centred cosine with the input"), Grid(rows)]


EXPERIMENT = Experiment(
    name="targets",
    title="Target, activation, pool",
    claim="What is explained and by which smoothness hardly matters; what the backward pass keeps does.",
    paper="The behaviour is the same for the largest logit, a random logit and the cost, and for "
    "softplus; with average pools DeconvNet loses the input.",
    caption="VGG-16, 224x224; the cost is sum((softmax - onehot)^2) of the likeliest class. A softmax "
    "that is saturated has a cost without gradient: such a map is zero, and reported so.",
    run=run,
    draw=draw,
)
