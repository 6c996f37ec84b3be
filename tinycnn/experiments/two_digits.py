"""Two digits on one canvas: class sensitivity with a ground truth, which the paper lacks."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from tinycnn.experiments.experiment import Experiment, Inputs, Number, Result, Statement, mean
from tinycnn.experiments.nets import THREE, predictions
from tinycnn.experiments.plates import Cell, Chart, Grid, GridRow, Plate, averaged, map_cell
from tinycnn.layers import Dense
from tinycnn.model import Model
from tinycnn.ops.types import Array
from tinycnn.pictures.digit_pictures import SIDE, digits_note, draw_digit
from tinycnn.rules import RULES
from tinycnn.targets import logit, several
from tinycnn.visualize import visualize
from tinycnn.zoo import digits

LEFT, RIGHT = 3, 8
WEIGHTS = {"trained": "digits", "before training": "digits-initial"}


def run(inputs: Inputs) -> Result:
    """Measure how much of a logit's map lies on its own digit, for every rule, trained and not."""
    count = 8 if inputs.quick else 64
    rng = np.random.default_rng([inputs.seed, count])
    halves = np.array([[draw_digit(digit, rng) for digit in (LEFT, RIGHT)] for _ in range(count)])
    arrays = measure([np.hstack(pair) for pair in halves])
    numbers = {
        (weights, rule): mean(f"share on its own digit, {rule}, {weights}", values)
        for weights, of_weights in zip(WEIGHTS, arrays["shares"], strict=True)
        for rule, values in zip(RULES, of_weights, strict=True)
    }
    statements = _statements([numbers["trained", rule] for rule in THREE])
    seen = predictions(digits("digits"), list(halves.reshape(-1, SIDE, SIDE)))
    note = digits_note(seen, np.tile([LEFT, RIGHT], count))
    return Result(arrays, list(numbers.values()), statements, [note])


def measure(canvases: Sequence[Array]) -> dict[str, Array]:
    """Explain the logits of both digits on every canvas (28, 56), by every rule, trained and not.

    Returns
    -------
    dict
        ``shares`` on its own digit, (weights, rules, canvases); the trained net's ``maps`` of the first
        canvas, (rules, logits, 1, 28, 56); that ``canvas`` as (28, 56, 3) uint8.
    """
    shares = np.empty((len(WEIGHTS), len(RULES), len(canvases)))
    for w, weights in enumerate(WEIGHTS.values()):
        model = side_by_side(digits(weights))
        for i, canvas in enumerate(canvases):
            x = model.preprocess(canvas)
            maps = visualize(model, x, list(RULES), several([logit(LEFT), logit(RIGHT)]))
            shares[w, :, i] = [own_share(map) for map in maps.values()]
            if w == i == 0:
                pictures = np.stack([maps[rule] for rule in THREE])
    return {"shares": shares, "maps": pictures, "canvas": np.repeat(canvases[0][..., None], 3, axis=2)}


def _statements(trained: Sequence[Number]) -> list[Statement]:
    """Judge the trained net's shares, one number for each of the three rules."""
    saliency, deconvnet, guided = trained
    others = (("guided backprop", guided), ("DeconvNet", deconvnet))
    return [
        *(
            Statement(
                f"trained: the saliency map lies on its own digit ({saliency.value:.0%}) more than {name} "
                f"({other.value:.0%}) by more than two standard errors",
                bool(saliency.value - other.value > 2 * np.hypot(saliency.error, other.error)),
            )
            for name, other in others
        ),
        *(
            Statement(
                f"trained: {name} prefers neither digit: {other.value:.0%} is within .05 of one half",
                bool(abs(other.value - 0.5) < 0.05),
            )
            for name, other in others
        ),
    ]


def side_by_side(model: Model) -> Model:
    """The digits net for a canvas of two: its dense layer reads both halves, and adds the evidence."""
    dense = model.layers[-1]
    assert isinstance(dense, Dense)
    classes, features = dense.weight.shape
    edge = SIDE // 4
    half = dense.weight.reshape(classes, features // edge**2, edge, edge)
    both = np.ascontiguousarray(np.concatenate([half, half], axis=3).reshape(classes, -1))
    layers = (*model.layers[:-1], dataclasses.replace(dense, weight=both))
    size = (SIDE, 2 * SIDE)
    return dataclasses.replace(
        model, layers=layers, input_shape=(1, *size), preprocess=model.preprocess.at(size)
    )


def own_share(maps: Array) -> float:
    """Share of the energy, the sum of squares, of the two logits' maps (2, 1, h, w) on their own halves."""
    energy = np.square(maps.astype(np.float64)).sum(axis=(1, 2))
    left, right = energy[0, :SIDE].sum() / energy[0].sum(), energy[1, SIDE:].sum() / energy[1].sum()
    return float((left + right) / 2)


def draw(result: Result) -> list[Plate]:
    """One canvas, and the shares of every rule."""
    arrays = result.arrays
    rows = [
        GridRow(
            Cell(arrays["canvas"], "input"),
            [map_cell(maps[k], rule) for rule, maps in zip(THREE, arrays["maps"], strict=True)],
            f"Logit {digit}",
        )
        for k, digit in enumerate((LEFT, RIGHT))
    ]
    names = list(RULES)
    curves = [
        averaged(weights, names, values) for weights, values in zip(WEIGHTS, arrays["shares"], strict=True)
    ]
    return [Grid(rows), Chart(curves, "", "share of energy on its own digit")]


EXPERIMENT = Experiment(
    name="two-digits",
    title="Two digits on one canvas",
    claim="A map that explains the 3 should lie on the 3: how much of it does, for every rule.",
    paper="No such experiment: the paper has no ground truth for class sensitivity. If its claim carries "
    "over, guided backprop and DeconvNet should lie on both digits alike, and the saliency map should not.",
    caption="A 3 on the left, an 8 on the right, each as large as the net knows it. The digits net's "
    "dense layer reads both halves with the same weights and adds them up. Share: sum of squares of the "
    "map of logit 3 in the left half, of logit 8 in the right one, averaged. A map may rightly lie on the "
    "other digit as well, as evidence against its own; an untrained net and the other rules give the "
    "scale.",
    run=run,
    draw=draw,
)
