"""Max-pooling added to the random three-layer CNN: 2x2, and 9x9 as in the authors' net."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tinycnn.experiments.experiment import Experiment, Inputs, Number, Result, Statement, mean
from tinycnn.experiments.nets import THREE
from tinycnn.experiments.plates import Cell, Chart, Grid, GridRow, Plate, averaged, map_cell
from tinycnn.ops.types import Array, Pair
from tinycnn.pictures.metrics import centred_cosine
from tinycnn.visualize import visualize
from tinycnn.zoo import three_layer_cnn

POOLS: dict[str, Pair | None] = {"no pool": None, "2x2, stride 2": (2, 2), "9x9, stride 1": (9, 1)}
FILTERS = 64


def run(inputs: Inputs) -> Result:
    """Measure the centred cosine of each rule's map with the input, with and without pools."""
    nets = 4 if inputs.quick else 12
    arrays = measure(inputs.image, range(inputs.seed, inputs.seed + nets))
    return Result(arrays, _numbers(arrays), _statements(arrays))


def measure(image: Array, seeds: Sequence[int]) -> dict[str, Array]:
    """Explain logit 0 of a random net with every pool and seed.

    Returns
    -------
    dict
        ``cosines`` of map and input, channels centred, (rules, pools, nets); the first nets' ``maps``
        (pools, rules, c, h, w); ``input``.
    """
    cosines = np.empty((len(THREE), len(POOLS), len(seeds)))
    pictures: list[list[Array]] = []
    for i, pool in enumerate(POOLS.values()):
        for net, seed in enumerate(seeds):
            model = three_layer_cnn(FILTERS, pool=pool, classes=2, seed=seed)
            x = model.preprocess(image)
            maps = visualize(model, x, THREE, target=0)
            cosines[:, i, net] = [centred_cosine(maps[rule], x)[0] for rule in THREE]
            if net == 0:
                pictures.append([maps[rule][0] for rule in THREE])
    return {
        "cosines": cosines,
        "maps": np.array(pictures, np.float32),
        "input": model.preprocess.inverse(x)[0],
    }


def _numbers(arrays: dict[str, Array]) -> list[Number]:
    return [
        mean(f"centred cosine with the input, {rule}, {pool}", values)
        for rule, of_rule in zip(THREE, arrays["cosines"], strict=True)
        for pool, values in zip(POOLS, of_rule, strict=True)
    ]


def _statements(arrays: dict[str, Array]) -> list[Statement]:
    saliency, deconvnet, guided = arrays["cosines"].mean(axis=2)
    without, *pooled = deconvnet
    return [
        Statement(
            "DeconvNet shows the input with either pool, and not without",
            bool(abs(without) < 0.05 and min(pooled) > 0.1),
        ),
        Statement("the saliency map stays noise: |cosine| below .05", bool((np.abs(saliency) < 0.05).all())),
        Statement("guided backprop shows the input in all three nets", bool((guided > 0.3).all())),
        Statement("guided backprop is unaffected by the pools (within .05)", bool(np.ptp(guided) < 0.05)),
    ]


def draw(result: Result) -> list[Plate]:
    """The cosines by pool, and one net's maps of each."""
    arrays = result.arrays
    curves = [
        averaged(rule, list(POOLS), values) for rule, values in zip(THREE, arrays["cosines"], strict=True)
    ]
    rows = [
        GridRow(
            Cell(arrays["input"], "input"),
            [map_cell(map, rule) for rule, map in zip(THREE, maps, strict=True)],
            pool,
        )
        for pool, maps in zip(POOLS, arrays["maps"], strict=True)
    ]
    return [Chart(curves, "", "centred cosine with the input"), Grid(rows)]


EXPERIMENT = Experiment(
    name="pooling",
    title="Max-pooling added",
    claim="With max-pooling DeconvNet, too, shows the input: its switches know where the image was bright.",
    paper="Max-pooling makes DeconvNet behave like guided backprop; saliency map and guided backprop are "
    "unaffected by it.",
    caption="Random three-layer CNN of 64 filters of 7x7 on 64x64, He initialisation, bias 0, fixed logit 0; "
    "cosine of map and input after each colour channel is centred, mean over nets with its standard error.",
    run=run,
    draw=draw,
)
