"""What a randomisation test measures in a random net: width."""

from __future__ import annotations

import numpy as np

from tinycnn.checks import mprt
from tinycnn.experiments.experiment import Experiment, Inputs, Number, Result, Statement, mean
from tinycnn.experiments.plates import Chart, Curve, Plate, averaged
from tinycnn.ops.types import Array
from tinycnn.theory.recovery import rho_dense
from tinycnn.zoo import three_layer_fcn

SIDE, WIDTHS = 6, (125, 250, 500, 1000, 2000, 4000)
SIZE = 3 * SIDE * SIDE
RULES = ("guided", "saliency")


def run(inputs: Inputs) -> Result:
    """Draw all weights of random nets anew, and compare the maps of one image before and after."""
    nets = 8 if inputs.quick else 200
    cosines = np.array([[_cosines(width, nets, rule, inputs.seed) for width in WIDTHS] for rule in RULES])
    arrays = {"cosines": cosines}
    return Result(arrays, _numbers(cosines), _statements(cosines))


def _cosines(width: int, nets: int, rule: str, seed: int) -> list[float]:
    found = []
    for number in range(nets):
        model = three_layer_fcn(width, (SIDE, SIDE), classes=1, seed=number)
        x = np.random.default_rng([seed, number]).standard_normal((1, 3, SIDE, SIDE)).astype(np.float32)
        result = mprt(model, x, rule, 0, similarity="cosine", absolute=False, seed=nets + number)
        found.append(float(result.values[-1, 0]))
    return found


def predicted(rule: str, width: int) -> float:
    """``1 / (1 + rho)`` for guided backprop, and 0 for the saliency map."""
    return 1 / (1 + rho_dense(width, SIZE)) if rule == "guided" else 0.0


def _numbers(cosines: Array) -> list[Number]:
    return [
        mean(f"cosine of both maps, {rule}, {width} units", cosines[r, w], predicted(rule, width))
        for r, rule in enumerate(RULES)
        for w, width in enumerate(WIDTHS)
    ]


def _statements(cosines: Array) -> list[Statement]:
    guided, saliency = cosines.mean(axis=2)
    law = np.array([predicted("guided", width) for width in WIDTHS])
    error = cosines[1].std(axis=1, ddof=1) / np.sqrt(cosines.shape[2])
    return [
        Statement(
            "the wider the net, the more of guided backprop survives", bool((np.diff(guided) > 0).all())
        ),
        Statement(
            f"it is 1 / (1 + rho) within 6 % from 1000 units on (largest difference "
            f"{np.abs(guided / law - 1)[3:].max():.1%})",
            bool((np.abs(guided / law - 1)[3:] < 0.06).all()),
        ),
        Statement(
            "of the saliency map nothing survives at any width: |cosine| below four standard errors",
            bool((np.abs(saliency) < 4 * error).all()),
        ),
    ]


def draw(result: Result) -> list[Plate]:
    """Cosines against width, and their laws."""
    widths = np.array(WIDTHS)
    curves = [averaged(rule, widths, result.arrays["cosines"][r]) for r, rule in enumerate(RULES)]
    laws = [predicted("guided", width) for width in WIDTHS]
    return [
        Chart(
            [*curves, Curve("1 / (1 + rho)", widths, laws, dashed=True)], "hidden units", "cosine", log=True
        )
    ]


EXPERIMENT = Experiment(
    name="mprt-width",
    title="What a randomisation test measures in a random net",
    claim="When every weight is drawn anew, guided backprop keeps a cosine of 1 / (1 + rho), which tends to "
    "1 with the width of the net.",
    paper="Theorem 1: the map tends to the image, which no weight is part of. Adebayo et al. (2018) found it "
    "insensitive to weights.",
    caption=f"Random dense nets of one hidden layer, images of {SIZE} independent normal numbers, no biases; "
    "all weights drawn anew; cosine of the maps before and after. rho: variance of the map around its limit.",
    run=run,
    draw=draw,
)
