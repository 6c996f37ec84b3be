"""Class sensitivity: how far apart the maps of two logits are."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from tinycnn.experiments.experiment import Experiment, Finding, Number, Result, Setting, mean
from tinycnn.experiments.nets import (
    RULES,
    available,
    predictions,
    trained_efficientnet,
    trained_vgg16,
    vgg16_note,
)
from tinycnn.experiments.plates import Chart, Curve, Plate, averaged
from tinycnn.model import Model
from tinycnn.ops.geometry import window
from tinycnn.ops.types import Array
from tinycnn.pictures.digit_pictures import digit_pictures, digits_note
from tinycnn.pictures.metrics import l2_distance
from tinycnn.targets import logit, several
from tinycnn.theory.noise import deconvnet_logit_cosine
from tinycnn.theory.sensitivity import distance, logit_cosine_image
from tinycnn.trace import forward
from tinycnn.visualize import visualize
from tinycnn.zoo import digits, efficientnet_lite0, three_layer_cnn

RANDOM = "three-layer CNN, random"
FILTERS, KERNEL, SIDE = 64, 3, 64
SMALL = math.sqrt(2) / 4
NETS: dict[str, Callable[[Setting], Model]] = {
    RANDOM: lambda setting: three_layer_cnn(FILTERS, KERNEL, image=(SIDE, SIDE), seed=setting.seed),
    "digits, before training": lambda setting: digits("digits-initial"),
    "digits, trained": lambda setting: digits("digits"),
    "EfficientNet-Lite0, random": lambda setting: efficientnet_lite0(seed=setting.seed),
    "EfficientNet-Lite0, trained": trained_efficientnet,
    "VGG-16": trained_vgg16,
}


def run(setting: Setting) -> Result:
    """Measure the distance for random pairs of logits, image by image."""
    nets, notes = available(NETS, setting)
    pairs = 1 if setting.quick else 3
    drawn, labels = digit_pictures(20 if setting.quick else 100, setting.seed)
    photographs = list(setting.first(3 if setting.quick else 40).values())
    numbers: list[Number] = []
    arrays: dict[str, Array] = {}
    for label, model in nets.items():
        images = list(drawn) if model.name == "digits" else photographs
        distances = np.array(
            [
                distances_of(_net(label, model, setting, i), image, pairs, setting.seed + i)
                for i, image in enumerate(images)
            ]
        )
        arrays[f"distances {label}"] = distances
        predicted = _predicted(model, images) if label == RANDOM else {}
        numbers += [
            mean(f"{rule}, {label}", distances[:, r], predicted.get(rule)) for r, rule in enumerate(RULES)
        ]
    arrays["nets"] = np.array(list(nets))
    arrays["expected"] = np.array([number.predicted or np.nan for number in numbers[: len(RULES)]])
    notes.append(digits_note(predictions(digits("digits"), list(drawn)), labels))
    notes.append(vgg16_note(setting))
    return Result(arrays, numbers, _findings(numbers, list(nets)), notes)


def distances_of(model: Model, image: Array, pairs: int, seed: int) -> list[float]:
    """Mean over random pairs of logits of the distance of their maps, by each rule."""
    x = model.preprocess(image)
    logits = forward(model, x).output.shape[1]
    rng = np.random.default_rng([seed, logits])
    chosen = np.concatenate([rng.choice(logits, 2, replace=False) for _ in range(pairs)])
    maps = visualize(model, x, RULES, several([logit(int(k)) for k in chosen]))
    return [float(l2_distance(maps[rule][::2], maps[rule][1::2]).mean()) for rule in RULES]


def _net(label: str, model: Model, setting: Setting, index: int) -> Model:
    """A random net is drawn anew for each image, so that errors are over nets as well."""
    return NETS[label](replace(setting, seed=setting.seed + index)) if "random" in label else model


def _predicted(model: Model, images: list[Array]) -> dict[str, float]:
    at = window((SIDE, SIDE), (KERNEL, KERNEL), padding="same")
    guided = [distance(logit_cosine_image(model.preprocess(image)[0], at, FILTERS)) for image in images]
    return {
        "saliency": math.sqrt(2),
        "deconvnet": distance(deconvnet_logit_cosine()),
        "guided": float(np.mean(guided)),
    }


def _findings(numbers: list[Number], nets: list[str]) -> list[Finding]:
    found = []
    for i, net in enumerate(nets):
        saliency, deconvnet, guided = numbers[3 * i : 3 * i + 3]
        values = f"guided backprop's ({guided.value:.2f}) and DeconvNet's ({deconvnet.value:.2f})"
        above = all(
            saliency.value - other.value > 2 * np.hypot(saliency.error, other.error)
            for other in (guided, deconvnet)
        )
        found += [
            Finding(
                f"{net}: the saliency map's distance ({saliency.value:.2f}) is above {values} by more than "
                f"two "
                "standard errors",
                above,
            ),
            Finding(
                f"{net}: {values} are small, below a quarter of that of unrelated maps ({SMALL:.2f})",
                max(guided.value, deconvnet.value) < SMALL,
            ),
        ]
    return found


def draw(result: Result) -> list[Plate]:
    """Distances by net, with the prediction for the random one."""
    arrays = result.arrays
    nets = [str(net) for net in arrays["nets"]]
    curves = []
    for r, rule in enumerate(RULES):
        curves.append(averaged(rule, nets, [arrays[f"distances {net}"][:, r] for net in nets]))
    for r, rule in enumerate(RULES):
        expected = [float(arrays["expected"][r])] + [float("nan")] * (len(nets) - 1)
        curves.append(Curve(f"{rule} predicted", nets, expected, dashed=True))
    return [Chart(curves, "", "distance of the maps of two logits")]


EXPERIMENT = Experiment(
    name="class-sensitivity",
    title="Class sensitivity",
    claim="Maps of two classes differ much under the saliency map, and little under guided backprop.",
    paper="The average distance between the maps of two logits is large for the saliency map and small for "
    "guided "
    "backprop and DeconvNet.",
    caption="Euclidean distance of two maps of norm 1, sqrt(2 - 2 cos): 0 for equal maps, 1.41 for unrelated "
    "ones; "
    "random pairs of logits, mean over images with its standard error; random nets are drawn anew for each "
    "image. VGG-16 has 1000 logits, digits 10.",
    run=run,
    draw=draw,
)
