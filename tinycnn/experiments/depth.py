"""Random deep nets: depth swept, and VGG-16 with random weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tinycnn.experiments.experiment import Experiment, Inputs, Number, Result, Statement, above, mean
from tinycnn.experiments.nets import THREE
from tinycnn.experiments.plates import Cell, Chart, Curve, Grid, GridRow, Plate, averaged, map_cell
from tinycnn.ops.geometry import window
from tinycnn.ops.types import Array
from tinycnn.pictures.metrics import centred_cosine, cosine, signed_text
from tinycnn.theory.depth import rho_deep
from tinycnn.theory.limit import limit_map
from tinycnn.theory.recovery import expected_cosine
from tinycnn.visualize import visualize
from tinycnn.zoo import deep_cnn, vgg16

SIDE, CHANNELS = 32, 64


def run(inputs: Inputs) -> Result:
    """Measure the cosine with the limit over random nets of every depth, and explain a random VGG-16."""
    depths = (1, 2, 3) if inputs.quick else (1, 2, 3, 5, 8)
    nets = 4 if inputs.quick else 10
    swept = measure(inputs.image, depths, range(inputs.seed, inputs.seed + nets))
    arrays = {**swept, **measure_vgg16(inputs.first(2 if inputs.quick else 4), inputs.seed)}
    return Result(arrays, _numbers(arrays), _statements(arrays))


def measure(image: Array, depths: Sequence[int], seeds: Sequence[int]) -> dict[str, Array]:
    """Explain logit 0 of a random net of every depth and seed.

    Returns
    -------
    dict
        ``cosines`` of map and limit, (rules, depths, nets); what theory predicts of guided backprop's,
        ``predicted`` (depths,); ``depths``.
    """
    at = window((SIDE, SIDE), (3, 3), padding=1, circular=True)
    cosines = np.empty((len(THREE), len(depths), len(seeds)))
    for i, depth in enumerate(depths):
        for net, seed in enumerate(seeds):
            model = deep_cnn([CHANNELS] * depth, image=(SIDE, SIDE), circular=True, classes=2, seed=seed)
            x = model.preprocess(image)
            limit = limit_map(x[0], at)
            maps = visualize(model, x, THREE, target=0)
            cosines[:, i, net] = [cosine(maps[rule], limit)[0] for rule in THREE]
    predicted = [expected_cosine(rho_deep(3 * SIDE**2, [CHANNELS * SIDE**2] * depth)) for depth in depths]
    return {"depths": np.array(depths), "cosines": cosines, "predicted": np.array(predicted)}


def measure_vgg16(images: Mapping[str, Array], seed: int) -> dict[str, Array]:
    """Explain logit 0 of a VGG-16 with random weights.

    Returns
    -------
    dict
        ``maps`` (images, rules, c, h, w); their centred cosines with the inputs, ``likeness``
        (images, rules); ``input`` and ``name`` of every image.
    """
    model = vgg16(seed=seed, classes=10)
    x = np.concatenate([model.preprocess(image) for image in images.values()])
    every = visualize(model, x, THREE, target=0)
    maps = np.stack([every[rule] for rule in THREE], axis=1)
    return {
        "maps": maps.astype(np.float32),
        "likeness": centred_cosine(maps, x[:, None]),
        "input": model.preprocess.inverse(x),
        "name": np.array(list(images)),
    }


def _numbers(arrays: dict[str, Array]) -> list[Number]:
    swept = [
        mean(
            f"cosine with the limit, {rule}, {depth} conv layers",
            values,
            expected if rule == "guided" else None,
        )
        for rule, of_rule in zip(THREE, arrays["cosines"], strict=True)
        for depth, values, expected in zip(arrays["depths"], of_rule, arrays["predicted"], strict=True)
    ]
    vgg = [
        mean(f"centred cosine with the input, {rule}, random VGG-16", values)
        for rule, values in zip(THREE, arrays["likeness"].T, strict=True)
    ]
    return swept + vgg


def _statements(arrays: dict[str, Array]) -> list[Statement]:
    saliency, _, guided = arrays["cosines"].mean(axis=2)
    vgg_saliency, vgg_deconvnet, vgg_guided = arrays["likeness"].mean(axis=0)
    return [
        Statement("guided backprop recovers the input at every depth", bool((guided > 0.7).all())),
        Statement(
            "depth does not hurt: two layers recover better than one", above(*arrays["cosines"][2, [1, 0]])
        ),
        Statement(
            "the saliency map is noise at every depth (below .1)", bool((np.abs(saliency) < 0.1).all())
        ),
        Statement(
            "in the random VGG-16, which has pools, guided backprop and DeconvNet show the input more "
            "than the saliency map does",
            bool(min(vgg_guided, vgg_deconvnet) > abs(vgg_saliency)),
        ),
    ]


def draw(result: Result) -> list[Plate]:
    """The curves over depth, and the maps of VGG-16."""
    arrays = result.arrays
    depths = arrays["depths"]
    curves = [averaged(rule, depths, values) for rule, values in zip(THREE, arrays["cosines"], strict=True)]
    curves.append(Curve("guided, predicted", depths, arrays["predicted"], dashed=True))
    rows = [
        GridRow(
            Cell(arrays["input"][i], "input", str(name)),
            [
                map_cell(map, rule, signed_text(value))
                for rule, map, value in zip(THREE, arrays["maps"][i], arrays["likeness"][i], strict=True)
            ],
            "VGG-16, random weights",
        )
        for i, name in enumerate(arrays["name"])
    ]
    return [Chart(curves, "conv layers", "cosine with the limit"), Grid(rows)]


EXPERIMENT = Experiment(
    name="depth",
    title="Random deep nets",
    claim="More layers do not destroy the recovery: in random nets they help it.",
    paper="The statements carry over to deep random nets, among them VGG-16 with random weights.",
    caption="Stacks of 3x3 convolutions of 64 filters on 32x32, circular padding, He initialisation, fixed "
    "logit 0; mean over nets with its standard error. The limit is the contrast-normalised input; the "
    "prediction is a mean-field recursion. VGG-16: 224x224, 10 logits.",
    run=run,
    draw=draw,
)
