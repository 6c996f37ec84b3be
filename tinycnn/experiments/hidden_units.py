"""A fully connected net against a CNN: hidden units swept, and matched."""

from __future__ import annotations

import numpy as np

from tinycnn.experiments.experiment import Experiment, Finding, Result, Setting, mean
from tinycnn.experiments.plates import Cell, Chart, Curve, Grid, Plate, Row, averaged, map_cell
from tinycnn.metrics import cosine
from tinycnn.model import Model
from tinycnn.theory.recovery import expected_cosine, rho_dense, rho_law
from tinycnn.types import Array
from tinycnn.visualize import visualize
from tinycnn.zoo import three_layer_cnn, three_layer_fcn

SIDE = 32
SIZE = 3 * SIDE**2
PAPER_SIDE, PAPER_UNITS, PAPER_FILTERS = 64, 5000, 64
KINDS = ("fully connected", "CNN")


def run(setting: Setting) -> Result:
    """Measure guided backprop's cosine with the input for both kinds of net, at equal numbers of units."""
    filters = (1, 4, 8) if setting.quick else (1, 4, 8, 16, 32)
    nets = 3 if setting.quick else 6
    image = next(iter(setting.images.values()))
    cosines = np.empty((2, len(filters), nets))
    for i, count in enumerate(filters):
        for net in range(nets):
            seed = setting.seed + net
            dense = three_layer_fcn(count * SIDE**2, (SIDE, SIDE), 2, seed=seed)
            conv = three_layer_cnn(count, 3, image=(SIDE, SIDE), classes=2, seed=seed)
            found = [_guided(model, image) for model in (dense, conv)]
            cosines[:, i, net] = [value for value, _ in found]
    units = np.array(filters) * SIDE**2
    numbers = [
        mean(f"cosine, {kind}, {hidden} hidden units", cosines[k, i], law(int(hidden), kind))
        for k, kind in enumerate(KINDS)
        for i, hidden in enumerate(units)
    ]
    least = cosines[:, -1].mean(axis=1)
    paper = np.array([[value for value, _ in _paper_pair(image, setting.seed + net)] for net in range(nets)])
    dense_units, conv_units = PAPER_UNITS, PAPER_FILTERS * PAPER_SIDE**2
    size = 3 * PAPER_SIDE**2
    numbers += [
        mean(
            f"cosine, {kind}, {hidden} hidden units, 64x64",
            paper[:, k],
            expected_cosine(rho_law(hidden, size)),
        )
        for k, (kind, hidden) in enumerate(zip(KINDS, (dense_units, conv_units), strict=True))
    ]
    findings = [
        Finding(
            f"at the authors' sizes (64x64; 5000 units against 64 filters) the CNN is ahead: "
            f"{paper[:, 1].mean():.2f} against {paper[:, 0].mean():.2f}; of 70,000 units "
            f"{expected_cosine(rho_law(70_000, size)):.2f} is predicted",
            bool(paper[:, 1].mean() > paper[:, 0].mean()),
        ),
        Finding(
            f"at matched hidden units ({units[-1]}) the fully connected net is still worse: "
            f"{least[0]:.3f} against {least[1]:.3f} measured",
            bool(least[0] < least[1]),
        ),
    ]
    arrays = {
        "units": units,
        "cosines": cosines,
        "predicted": np.array([[law(int(hidden), kind) for hidden in units] for kind in KINDS]),
        "maps": np.array([map for _, map in found], np.float32),
        "input": conv.preprocess.inverse(conv.preprocess(image))[0],
    }
    note = (
        "The paper compares 70,000 hidden units with a CNN of 64 filters, which on 64x64 has 262,144 hidden "
        f"units. Here both kinds run at the same numbers, on {SIDE}x{SIDE}."
    )
    return Result(arrays, numbers, findings, [note])


def law(hidden: int, kind: str) -> float:
    """The cosine with its own limit; the dense net's limit is the image."""
    return expected_cosine(rho_dense(hidden, SIZE) if kind == KINDS[0] else rho_law(hidden, SIZE))


def draw(result: Result) -> list[Plate]:
    """Both curves over hidden units, and one map of each at the most."""
    arrays = result.arrays
    curves = [
        averaged(kind, arrays["units"], values) for kind, values in zip(KINDS, arrays["cosines"], strict=True)
    ]
    curves += [
        Curve(f"{kind}, predicted", arrays["units"], values, dashed=True)
        for kind, values in zip(KINDS, arrays["predicted"], strict=True)
    ]
    cells = [map_cell(map, kind) for map, kind in zip(arrays["maps"], KINDS, strict=True)]
    label = f"Guided backprop, {arrays['units'][-1]} hidden units"
    return [
        Chart(curves, "hidden units", "cosine with the input", log=True),
        Grid([Row(Cell(arrays["input"], "input"), cells, label)]),
    ]


def _paper_pair(image: Array, seed: int) -> list[tuple[float, Array]]:
    size = (PAPER_SIDE, PAPER_SIDE)
    dense = three_layer_fcn(PAPER_UNITS, size, 2, seed=seed)
    conv = three_layer_cnn(PAPER_FILTERS, image=size, classes=2, seed=seed)
    return [_guided(model, image) for model in (dense, conv)]


def _guided(model: Model, image: Array) -> tuple[float, Array]:
    x = model.preprocess(image)
    map = visualize(model, x, ["guided"], target=0)["guided"]
    return float(cosine(map, x)[0]), map[0]


EXPERIMENT = Experiment(
    name="hidden-units",
    title="Fully connected against convolutional",
    claim="The number of hidden units sets how well the input is recovered; local connections make units "
    "cheap.",
    paper="Without local connections guided backprop fails: a fully connected net of 70,000 hidden units is "
    "worse "
    "than a CNN of 64 filters.",
    caption="32x32, He initialisation, bias 0, fixed logit 0. Prediction: 1/sqrt(1 + rho); the CNN's is of "
    "its "
    "contrast-normalised limit, so its cosine with the image lies a little below.",
    run=run,
    draw=draw,
)
