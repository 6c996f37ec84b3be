"""Max-pooling added to the random three-layer CNN: 2x2, and 9x9 as in the authors' net."""

from __future__ import annotations

import numpy as np

from tinycnn.experiments.experiment import Experiment, Finding, Result, Setting, mean
from tinycnn.experiments.nets import RULES
from tinycnn.experiments.plates import Cell, Chart, Grid, Plate, Row, averaged, map_cell
from tinycnn.ops.types import Array, Pair
from tinycnn.pictures.metrics import centred_cosine
from tinycnn.visualize import visualize
from tinycnn.zoo import three_layer_cnn

POOLS: dict[str, Pair | None] = {"no pool": None, "2x2, stride 2": (2, 2), "9x9, stride 1": (9, 1)}
FILTERS = 64


def run(setting: Setting) -> Result:
    """Measure the centred cosine of each rule's map with the input, with and without pools."""
    nets = 4 if setting.quick else 12
    image = next(iter(setting.images.values()))
    cosines = np.empty((len(RULES), len(POOLS), nets))
    pictures: list[list[Array]] = []
    for i, pool in enumerate(POOLS.values()):
        for net in range(nets):
            model = three_layer_cnn(FILTERS, pool=pool, classes=2, seed=setting.seed + net)
            x = model.preprocess(image)
            maps = visualize(model, x, RULES, target=0)
            cosines[:, i, net] = [centred_cosine(maps[rule], x)[0] for rule in RULES]
            if net == 0:
                pictures.append([maps[rule][0] for rule in RULES])
    numbers = [
        mean(f"centred cosine with the input, {rule}, {pool}", cosines[r, i])
        for r, rule in enumerate(RULES)
        for i, pool in enumerate(POOLS)
    ]
    saliency, deconvnet, guided = cosines.mean(axis=2)
    findings = [
        Finding("DeconvNet shows the input with either pool, and not without", _jumps(deconvnet)),
        Finding("the saliency map stays noise: |cosine| below .05", bool((np.abs(saliency) < 0.05).all())),
        Finding("guided backprop shows the input in all three nets", bool((guided > 0.3).all())),
    ]
    extra = [
        Finding("guided backprop is unaffected by the pools (within .05)", bool(np.ptp(guided) < 0.05)),
    ]
    arrays = {
        "cosines": cosines,
        "maps": np.array(pictures, np.float32),
        "input": model.preprocess.inverse(x)[0],
    }
    return Result(arrays, numbers, findings + extra)


def draw(result: Result) -> list[Plate]:
    """The cosines by pool, and one net's maps of each."""
    arrays = result.arrays
    curves = [
        averaged(rule, list(POOLS), values) for rule, values in zip(RULES, arrays["cosines"], strict=True)
    ]
    rows = [
        Row(
            Cell(arrays["input"], "input"),
            [map_cell(map, rule) for rule, map in zip(RULES, maps, strict=True)],
            pool,
        )
        for pool, maps in zip(POOLS, arrays["maps"], strict=True)
    ]
    return [Chart(curves, "", "centred cosine with the input"), Grid(rows)]


def _jumps(cosines: Array) -> bool:
    return bool(abs(cosines[0]) < 0.05 and (cosines[1:] > 0.1).all())


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
