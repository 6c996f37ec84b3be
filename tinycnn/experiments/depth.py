"""Random deep nets: depth swept, and VGG-16 with random weights."""

from __future__ import annotations

import numpy as np

from tinycnn.experiments.experiment import Experiment, Finding, Result, Setting, mean
from tinycnn.experiments.nets import RULES
from tinycnn.experiments.plates import Cell, Chart, Curve, Grid, Plate, Row, averaged, map_cell
from tinycnn.ops.geometry import window
from tinycnn.pictures.metrics import centred_cosine, cosine
from tinycnn.theory.depth import rho_deep
from tinycnn.theory.limit import limit_map
from tinycnn.theory.recovery import expected_cosine
from tinycnn.visualize import visualize
from tinycnn.zoo import deep_cnn, vgg16

SIDE, CHANNELS = 32, 64


def run(setting: Setting) -> Result:
    """Measure the cosine with the limit over random nets of every depth, and explain a random VGG-16."""
    depths = (1, 2, 3) if setting.quick else (1, 2, 3, 5, 8)
    nets = 4 if setting.quick else 10
    image = next(iter(setting.images.values()))
    at = window((SIDE, SIDE), (3, 3), padding=1, circular=True)
    cosines = np.empty((len(RULES), len(depths), nets))
    for i, depth in enumerate(depths):
        for net in range(nets):
            seed = setting.seed + net
            model = deep_cnn([CHANNELS] * depth, image=(SIDE, SIDE), circular=True, classes=2, seed=seed)
            x = model.preprocess(image)
            limit = limit_map(x[0], at)
            maps = visualize(model, x, RULES, target=0)
            cosines[:, i, net] = [cosine(maps[rule], limit)[0] for rule in RULES]
    predicted = [expected_cosine(rho_deep(3 * SIDE**2, [CHANNELS * SIDE**2] * depth)) for depth in depths]
    numbers = [
        mean(f"cosine with the limit, {rule}, {depth} conv layers", cosines[r, i], expected)
        for r, rule in enumerate(RULES)
        for i, depth in enumerate(depths)
        for expected in [predicted[i] if rule == "guided" else None]
    ]
    arrays = {"depths": np.array(depths), "cosines": cosines, "predicted": np.array(predicted)}
    shown, likeness = _vgg16(setting)
    numbers += [
        mean(f"centred cosine with the input, {rule}, random VGG-16", likeness[:, r])
        for r, rule in enumerate(RULES)
    ]
    guided, saliency = cosines[2].mean(axis=1), cosines[0].mean(axis=1)
    vgg_saliency, vgg_deconvnet, vgg_guided = likeness.mean(axis=0)
    findings = [
        Finding("guided backprop recovers the input at every depth", bool((guided > 0.7).all())),
        Finding("depth does not hurt: two layers recover better than one", bool(guided[1] > guided[0])),
        Finding("the saliency map is noise at every depth (below .1)", bool((np.abs(saliency) < 0.1).all())),
        Finding(
            "in the random VGG-16, which has pools, guided backprop and DeconvNet show the input more than "
            "the "
            "saliency map does",
            bool(min(vgg_guided, vgg_deconvnet) > abs(vgg_saliency)),
        ),
    ]
    return Result({**arrays, **shown}, numbers, findings)


def draw(result: Result) -> list[Plate]:
    """The curves over depth, and the maps of VGG-16."""
    arrays = result.arrays
    depths = arrays["depths"]
    curves = [averaged(rule, depths, values) for rule, values in zip(RULES, arrays["cosines"], strict=True)]
    curves.append(Curve("guided, predicted", depths, arrays["predicted"], dashed=True))
    rows = [
        Row(
            Cell(arrays["input"][i], "input", str(name)),
            [
                map_cell(map, rule, f"{value:+.2f}")
                for rule, map, value in zip(RULES, arrays["maps"][i], arrays["likeness"][i], strict=True)
            ],
            "VGG-16, random weights",
        )
        for i, name in enumerate(arrays["name"])
    ]
    return [Chart(curves, "conv layers", "cosine with the limit"), Grid(rows)]


def _vgg16(setting: Setting) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Maps of a random VGG-16 and their centred cosines with the inputs, (images, rules)."""
    model = vgg16(seed=setting.seed, classes=10)
    images = setting.first(2 if setting.quick else 4)
    x = np.concatenate([model.preprocess(image) for image in images.values()])
    every = visualize(model, x, RULES, target=0)
    maps = np.stack([every[rule] for rule in RULES], axis=1)
    likeness = centred_cosine(maps, x[:, None])
    shown = {
        "maps": maps.astype(np.float32),
        "likeness": likeness,
        "input": model.preprocess.inverse(x),
        "name": np.array(list(images)),
    }
    return shown, likeness


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
