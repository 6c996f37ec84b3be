"""The random three-layer CNN with its number of filters swept."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from tinycnn.experiments.experiment import Experiment, Inputs, Number, Result, Statement, above, mean
from tinycnn.experiments.nets import THREE, guided_cosine
from tinycnn.experiments.plates import Cell, Chart, Curve, Grid, GridRow, Plate, averaged, map_cell
from tinycnn.ops.types import Array
from tinycnn.pictures.metrics import centred_cosine, cosine
from tinycnn.visualize import visualize
from tinycnn.zoo import three_layer_cnn

KERNEL = 7
SHOWN = 4


def run(inputs: Inputs) -> Result:
    """Measure the cosine of each rule's map with the input, over random nets of every width."""
    widths = (4, 16, 64, 256) if inputs.quick else (4, 16, 64, 256, 1024)
    nets = 4 if inputs.quick else 10
    arrays = measure(inputs.image, widths, range(inputs.seed, inputs.seed + nets))
    return Result(arrays, _numbers(arrays), _statements(arrays))


def measure(image: Array, widths: Sequence[int], seeds: Sequence[int]) -> dict[str, Array]:
    """Explain logit 0 of a random net of every width and seed.

    Returns
    -------
    dict
        ``cosines`` of map and input, and the same with channels ``centred``, each (rules, widths, nets); what
        theory predicts of guided backprop's cosines, ``predicted`` (widths,); the first nets' ``maps``
        (widths, rules, c, h, w); ``input`` and ``widths``.
    """
    cosines = np.empty((len(THREE), len(widths), len(seeds)))
    centred = np.empty_like(cosines)
    pictures = []
    for i, filters in enumerate(widths):
        for net, seed in enumerate(seeds):
            model = three_layer_cnn(filters, KERNEL, classes=2, seed=seed)
            x = model.preprocess(image)
            maps = visualize(model, x, THREE, target=0)
            cosines[:, i, net] = [cosine(maps[rule], x)[0] for rule in THREE]
            centred[:, i, net] = [centred_cosine(maps[rule], x)[0] for rule in THREE]
            if net == 0:
                pictures.append([maps[rule][0] for rule in THREE])
    return {
        "widths": np.array(widths),
        "cosines": cosines,
        "centred": centred,
        "predicted": np.array([guided_cosine(x[0], KERNEL, filters) for filters in widths]),
        "maps": np.array(pictures, np.float32),
        "input": model.preprocess.inverse(x)[0],
    }


def _numbers(arrays: dict[str, Array]) -> list[Number]:
    return [
        mean(f"cosine with the input, {rule}, N = {filters}", values, expected if rule == "guided" else 0.0)
        for rule, of_rule in zip(THREE, arrays["cosines"], strict=True)
        for filters, values, expected in zip(arrays["widths"], of_rule, arrays["predicted"], strict=True)
    ]


def _statements(arrays: dict[str, Array]) -> list[Statement]:
    _, _, guided = arrays["cosines"]
    saliency, deconvnet, _ = np.abs(arrays["centred"].mean(axis=2))
    return [
        Statement(
            "guided backprop comes closer to the input with every step up in N",
            all(above(more, fewer) for fewer, more in pairwise(guided)),
        ),
        Statement(
            "saliency map and DeconvNet show nothing of it: |cosine| below .1 at the largest N, "
            "each colour channel centred",
            bool(max(saliency[-1], deconvnet[-1]) < 0.1),
        ),
    ]


def draw(result: Result) -> list[Plate]:
    """The curves, and the maps of one net of every width."""
    arrays = result.arrays
    widths = arrays["widths"]
    curves = [averaged(rule, widths, values) for rule, values in zip(THREE, arrays["cosines"], strict=True)]
    curves.append(Curve("guided, predicted", widths, arrays["predicted"], dashed=True))
    rows = [
        GridRow(
            Cell(arrays["input"], "input"),
            [map_cell(map, rule) for rule, map in zip(THREE, maps, strict=True)],
            f"N = {width}",
        )
        for width, maps in list(zip(widths, arrays["maps"], strict=True))[-SHOWN:]
    ]
    return [Chart(curves, "filters N", "cosine with the input", log=True), Grid(rows)]


EXPERIMENT = Experiment(
    name="filters",
    title="A random three-layer CNN, N filters",
    claim="In a random net guided backprop recovers the input as filters are added; the other two are noise.",
    paper="Theorems 1 and 2: with enough filters guided backprop of any logit recovers the image; "
    "saliency map and DeconvNet are Gaussian noise.",
    caption="64x64, one 7x7 convolution, He initialisation, bias 0, fixed logit 0; mean over random nets "
    "with its standard error. Prediction: the exact limit map, times 1/sqrt(1 + rho).",
    run=run,
    draw=draw,
)
