"""The random three-layer CNN with its number of filters swept."""

from __future__ import annotations

import numpy as np

from tinycnn.experiments.experiment import Experiment, Finding, Result, Setting, mean
from tinycnn.experiments.nets import RULES, guided_cosine
from tinycnn.experiments.plates import Cell, Chart, Curve, Grid, Plate, Row, averaged, map_cell
from tinycnn.pictures.metrics import centred_cosine, cosine
from tinycnn.visualize import visualize
from tinycnn.zoo import three_layer_cnn

KERNEL = 7
SHOWN = 4


def run(setting: Setting) -> Result:
    """Measure the cosine of each rule's map with the input, over random nets of every width."""
    widths = (4, 16, 64, 256) if setting.quick else (4, 16, 64, 256, 1024)
    nets = 4 if setting.quick else 10
    image = next(iter(setting.images.values()))
    cosines = np.empty((len(RULES), len(widths), nets))
    centred = np.empty_like(cosines)
    pictures = []
    for i, filters in enumerate(widths):
        for net in range(nets):
            model = three_layer_cnn(filters, KERNEL, classes=2, seed=setting.seed + net)
            x = model.preprocess(image)
            maps = visualize(model, x, RULES, target=0)
            cosines[:, i, net] = [cosine(maps[rule], x)[0] for rule in RULES]
            centred[:, i, net] = [centred_cosine(maps[rule], x)[0] for rule in RULES]
            if net == 0:
                pictures.append([maps[rule][0] for rule in RULES])
    predicted = [guided_cosine(x[0], KERNEL, filters) for filters in widths]
    numbers = [
        mean(f"cosine with the input, {rule}, N = {filters}", cosines[r, i], _prediction(rule, predicted[i]))
        for r, rule in enumerate(RULES)
        for i, filters in enumerate(widths)
    ]
    guided = cosines[RULES.index("guided")].mean(axis=1)
    findings = [
        Finding(
            "guided backprop comes closer to the input with every step up in N",
            bool((np.diff(guided) > 0).all()),
        ),
        Finding(
            "saliency map and DeconvNet show nothing of it: |cosine| below .1 at the largest N, "
            "each colour channel centred",
            bool((np.abs(centred[:2, -1].mean(axis=1)) < 0.1).all()),
        ),
    ]
    arrays = {
        "widths": np.array(widths),
        "cosines": cosines,
        "centred": centred,
        "predicted": np.array(predicted),
        "maps": np.array(pictures, np.float32),
        "input": model.preprocess.inverse(x)[0],
    }
    return Result(arrays, numbers, findings)


def draw(result: Result) -> list[Plate]:
    """The curves, and the maps of one net of every width."""
    arrays = result.arrays
    widths = arrays["widths"]
    curves = [averaged(rule, widths, values) for rule, values in zip(RULES, arrays["cosines"], strict=True)]
    curves.append(Curve("guided, predicted", widths, arrays["predicted"], dashed=True))
    rows = [
        Row(
            Cell(arrays["input"], "input"),
            [map_cell(map, rule) for rule, map in zip(RULES, maps, strict=True)],
            f"N = {width}",
        )
        for width, maps in list(zip(widths, arrays["maps"], strict=True))[-SHOWN:]
    ]
    return [Chart(curves, "filters N", "cosine with the input", log=True), Grid(rows)]


def _prediction(rule: str, guided: float) -> float:
    return guided if rule == "guided" else 0.0


EXPERIMENT = Experiment(
    name="filters",
    title="A random three-layer CNN, N filters",
    claim="In a random net guided backprop recovers the input as filters are added; the other two are noise.",
    paper="Theorems 1 and 2: with enough filters guided backprop of any logit recovers the image; saliency "
    "map "
    "and DeconvNet are Gaussian noise.",
    caption="64x64, one 7x7 convolution, He initialisation, bias 0, fixed logit 0; mean over random nets "
    "with "
    "its standard error. Prediction: the exact limit map, times 1/sqrt(1 + rho).",
    run=run,
    draw=draw,
)
