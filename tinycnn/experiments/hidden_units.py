"""A fully connected net against a CNN: hidden units swept, and matched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tinycnn.experiments.experiment import Experiment, Inputs, Number, Result, Statement, above, mean, said
from tinycnn.experiments.nets import guided_cosine
from tinycnn.experiments.plates import Cell, Chart, Curve, Grid, GridRow, Plate, averaged, map_cell
from tinycnn.image import resize
from tinycnn.ops.types import Array
from tinycnn.pictures.metrics import cosine
from tinycnn.theory.recovery import expected_cosine, rho_dense
from tinycnn.visualize import visualize
from tinycnn.zoo import three_layer_cnn, three_layer_fcn

SIDE = 32
AUTHORS_SIDE, UNITS, FILTERS, KERNEL = 64, 5000, 64, 3
KINDS = ("fully connected", "CNN")
NOTE = (
    "The paper compares 70,000 hidden units with a CNN of 64 filters, which on 64x64 has 262,144 hidden "
    f"units. The curves are of equal numbers of hidden units, on {SIDE}x{SIDE}."
)


def run(inputs: Inputs) -> Result:
    """Measure guided backprop's cosine with the input: at equal hidden units, and at the authors' sizes."""
    filters = (1, 4, 8) if inputs.quick else (1, 4, 8, 16, 32)
    nets = 3 if inputs.quick else 6
    seeds = range(inputs.seed, inputs.seed + nets)
    matched = {k * SIDE**2: compare(inputs.image, SIDE, k * SIDE**2, k, seeds) for k in filters}
    authors = compare(inputs.image, AUTHORS_SIDE, UNITS, FILTERS, seeds)
    arrays = {
        "units": np.array(list(matched)),
        "cosines": np.stack([pair.cosines for pair in matched.values()], axis=1),
        "predicted": np.stack([pair.predicted for pair in matched.values()], axis=1),
        "maps": matched[max(matched)].maps,
        "input": resize(inputs.image, (SIDE, SIDE)),
    }
    return Result(arrays, _numbers(matched, authors), _statements(matched, authors), [NOTE])


@dataclass(frozen=True)
class Pair:
    """Both kinds of net: cosines (2, nets), predicted ones (2,), and the last nets' maps (2, c, h, w)."""

    cosines: Array
    predicted: Array
    maps: Array


def compare(image: Array, side: int, hidden: int, filters: int, seeds: Sequence[int]) -> Pair:
    """Explain logit 0 by guided backprop in a fully connected net and in a CNN, for each seed."""
    cosines = np.empty((2, len(seeds)))
    for i, seed in enumerate(seeds):
        dense = three_layer_fcn(hidden, (side, side), 2, seed=seed)
        conv = three_layer_cnn(filters, KERNEL, image=(side, side), classes=2, seed=seed)
        x = conv.preprocess(image)
        maps = np.concatenate([visualize(net, x, ["guided"], target=0)["guided"] for net in (dense, conv)])
        cosines[:, i] = cosine(maps, x)
    predicted = expected_cosine(rho_dense(hidden, x[0].size)), guided_cosine(x[0], KERNEL, filters)
    return Pair(cosines, np.array(predicted), maps.astype(np.float32))


def _numbers(matched: Mapping[int, Pair], authors: Pair) -> list[Number]:
    return [
        mean(f"cosine, {kind}, {hidden} hidden units{where}", pair.cosines[k], pair.predicted[k])
        for k, (kind, most) in enumerate(zip(KINDS, (UNITS, FILTERS * AUTHORS_SIDE**2), strict=True))
        for pair, hidden, where in [
            *((pair, hidden, "") for hidden, pair in matched.items()),
            (authors, most, f", {AUTHORS_SIDE}x{AUTHORS_SIDE}"),
        ]
    ]


def _statements(matched: Mapping[int, Pair], authors: Pair) -> list[Statement]:
    units = max(matched)
    dense, conv = matched[units].cosines
    few, many = authors.cosines
    expected = expected_cosine(rho_dense(70_000, 3 * AUTHORS_SIDE**2))
    return [
        Statement(
            f"at the authors' sizes ({AUTHORS_SIDE}x{AUTHORS_SIDE}; {UNITS} units against {FILTERS} "
            f"filters) the CNN is ahead: {said(many)} against {said(few)}; for 70,000 units "
            f"{expected:.2f} is predicted",
            above(many, few),
        ),
        Statement(
            f"at matched hidden units ({units}) the fully connected net is still worse: "
            f"{said(dense)} against {said(conv)}",
            above(conv, dense),
        ),
    ]


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
        Grid([GridRow(Cell(arrays["input"], "input"), cells, label)]),
    ]


EXPERIMENT = Experiment(
    name="hidden-units",
    title="Fully connected against convolutional",
    claim="The number of hidden units sets how well the input is recovered; local connections make units "
    "cheap.",
    paper="Without local connections guided backprop fails: a fully connected net of 70,000 hidden units is "
    "worse than a CNN of 64 filters.",
    caption="32x32, 3x3 filters, He initialisation, bias 0, fixed logit 0; mean over nets with its standard "
    "error. Prediction: 1/sqrt(1 + rho), for the CNN times the cosine of its limit with the image.",
    run=run,
    draw=draw,
)
