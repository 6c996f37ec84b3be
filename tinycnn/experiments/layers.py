"""VGG-16 whose layers are trained in part: one layer after another, from either end, and one by itself."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np

from tinycnn.experiments.experiment import Experiment, Inputs, Number, Result, Statement, mean
from tinycnn.experiments.nets import THREE, trained_vgg16, vgg16_note
from tinycnn.experiments.plates import Cell, Chart, Grid, GridRow, Plate, Slider, averaged, map_cell
from tinycnn.layers import Layer, flat
from tinycnn.model import Model
from tinycnn.ops.types import Array
from tinycnn.pictures.metrics import centred_cosine, cosine, signed_text
from tinycnn.targets import max_logit
from tinycnn.trace import forward
from tinycnn.visualize import visualize
from tinycnn.zoo import vgg16

MODES = {
    "part": "trained up to this layer, random above",
    "reverse": "random up to this layer, trained above",
    "only": "this layer alone random",
}
"""The mixtures of a trained net and a random one, and what each stands for."""


def run(inputs: Inputs) -> Result:
    """Explain the same logits of every mixture of the trained net and a random one."""
    trained = trained_vgg16(inputs)
    images = inputs.first(1 if inputs.quick else 3)
    x = np.concatenate([trained.preprocess(image) for image in images.values()])
    steps = places(trained)[:: 5 if inputs.quick else 1]
    arrays = measure(trained, vgg16(seed=inputs.seed + 1), x, steps)
    return Result(arrays, _numbers(arrays), _statements(arrays), [vgg16_note(inputs)])


def measure(trained: Model, random: Model, x: Array, steps: Sequence[int]) -> dict[str, Array]:
    """Explain the trained net's largest logit by every mixture that changes at these positions.

    Returns
    -------
    dict
        Centred cosines of map and input, ``likeness``, and cosines of the map and the trained net's map,
        ``kept``, each (modes, layers, rules, images); the first image's ``maps``
        (modes, layers, rules, c, h, w), each with maximum 1; ``input``, and the names of the ``layers``.
    """
    target = max_logit()(forward(trained, x))
    reference = visualize(trained, x, THREE, target)
    shape = (len(MODES), len(steps), len(THREE))
    likeness, kept = np.empty((*shape, len(x))), np.empty((*shape, len(x)))
    maps = np.empty((*shape, *x.shape[1:]), np.float16)
    for mode, step, net in mixtures(trained, random, steps):
        m, k = list(MODES).index(mode), steps.index(step)
        for r, (rule, map) in enumerate(visualize(net, x, THREE, target).items()):
            likeness[m, k, r] = centred_cosine(map, x)
            kept[m, k, r] = cosine(map, reference[rule])
            maps[m, k, r] = map[0] / (np.abs(map[0]).max() or 1)
    return {
        "layers": np.array([str(trained.layers[step].name) for step in steps]),
        "likeness": likeness,
        "kept": kept,
        "maps": maps,
        "input": trained.preprocess.inverse(x)[0],
    }


def places(model: Model) -> list[int]:
    """The positions of the layers that have weights, a branched one counting as one layer."""
    return [
        i for i, layer in enumerate(model.layers) if any(list(each.parameters()) for each in flat([layer]))
    ]


def mixtures(trained: Model, random: Model, steps: Sequence[int]) -> Iterator[tuple[str, int, Model]]:
    """Every mixture of both nets: its mode, the position where it changes, and the net."""
    for mode in MODES:
        for step in steps:
            yield mode, step, dataclasses.replace(trained, layers=mixture(trained, random, mode, step))


def mixture(trained: Model, random: Model, mode: str, step: int) -> tuple[Layer, ...]:
    """The layers of a net that takes each layer from the trained one or from the random one."""

    def is_random(i: int) -> bool:
        return {"part": i > step, "reverse": i <= step, "only": i == step}[mode]

    pairs = enumerate(zip(trained.layers, random.layers, strict=True))
    return tuple(other if is_random(i) else layer for i, (layer, other) in pairs)


def draw(result: Result) -> list[Plate]:
    """A slider over the layers, and for each mode the curves of both measures."""
    arrays = result.arrays
    frames = []
    for k, name in enumerate(arrays["layers"]):
        rows = [
            GridRow(
                Cell(arrays["input"], "input"),
                [
                    map_cell(arrays["maps"][m, k, r].astype(np.float32), rule, _caption(arrays, m, k, r))
                    for r, rule in enumerate(THREE)
                ],
                f"{mode}: {says}",
            )
            for m, (mode, says) in enumerate(MODES.items())
        ]
        frames.append((str(name), Grid(rows)))
    charts = [_chart(arrays, m, mode) for m, mode in enumerate(MODES)]
    return [Slider(frames, "Layer:"), *charts]


def _chart(arrays: dict[str, Array], m: int, mode: str) -> Chart:
    values = arrays["likeness"][m]
    names = [str(name) for name in arrays["layers"]]
    curves = [averaged(rule, names, values[:, r]) for r, rule in enumerate(THREE)]
    return Chart(curves, f"{mode}: {MODES[mode]}", "centred cosine with the input")


def _caption(arrays: dict[str, Array], m: int, k: int, r: int) -> str:
    likeness, kept = (signed_text(arrays[name][m, k, r, 0]) for name in ("likeness", "kept"))
    return f"input {likeness}, trained map {kept}"


def _numbers(arrays: dict[str, Array]) -> list[Number]:
    """Both measures at the first, the middle and the last layer."""
    names = arrays["layers"]
    measures = {"centred cosine with the input": "likeness", "cosine with the trained net's map": "kept"}
    return [
        mean(f"{measure}, {rule}, {mode} {names[k]}", arrays[key][m, k, r])
        for measure, key in measures.items()
        for m, mode in enumerate(MODES)
        for k in sorted({0, len(names) // 2, len(names) - 1})
        for r, rule in enumerate(THREE)
    ]


def _statements(arrays: dict[str, Array]) -> list[Statement]:
    saliency, deconvnet, guided = np.moveaxis(arrays["likeness"].mean(axis=-1), 2, 0)
    return [
        Statement(
            "whatever part of the net is random, guided backprop shows more of the input than the "
            "saliency map",
            bool((guided > np.abs(saliency)).all()),
        ),
        Statement(
            "whatever part of the net is random, DeconvNet shows more of the input than the saliency map",
            bool((deconvnet > np.abs(saliency)).all()),
        ),
        Statement(
            "the saliency map never shows the input: |centred cosine| below .1",
            bool((np.abs(saliency) < 0.1).all()),
        ),
    ]


EXPERIMENT = Experiment(
    name="layers",
    title="VGG-16, trained in part",
    claim="Guided backprop and DeconvNet show the input whichever layers are trained.",
    paper="Trained weights, in whichever layers, still leave a partial recovery of the input; they choose "
    "which patches have an active path to the logit.",
    caption="One random net, He initialisation, bias 0, each weight from its own random stream; layers "
    "replaced in the order of the net; target fixed: the trained net's largest logit. Numbers below a "
    "map: centred cosine with the input; cosine with the map of the net before any layer was replaced.",
    run=run,
    draw=draw,
)
