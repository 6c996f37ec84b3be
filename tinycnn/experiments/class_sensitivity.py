"""Class sensitivity: how far apart the maps of two logits are."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from tinycnn.experiments.experiment import Experiment, Inputs, Number, Result, Statement, mean
from tinycnn.experiments.nets import (
    THREE,
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
"""A quarter of the distance of two unrelated maps of norm 1."""
NETS: dict[str, Callable[[Inputs], Model]] = {
    RANDOM: lambda inputs: three_layer_cnn(FILTERS, KERNEL, image=(SIDE, SIDE), seed=inputs.seed),
    "digits, before training": lambda inputs: digits("digits-initial"),
    "digits, trained": lambda inputs: digits("digits"),
    "EfficientNet-Lite0, random": lambda inputs: efficientnet_lite0(seed=inputs.seed),
    "EfficientNet-Lite0, trained": trained_efficientnet,
    "VGG-16": trained_vgg16,
}


def run(inputs: Inputs) -> Result:
    """Measure the distance for random pairs of logits, image by image."""
    nets, notes = available(NETS, inputs)
    drawn, labels = digit_pictures(20 if inputs.quick else 100, inputs.seed)
    photographs = list(inputs.first(3 if inputs.quick else 40).values())
    images = {label: list(drawn) if "digits" in label else photographs for label in nets}
    distances = {label: measure(label, model, images[label], inputs) for label, model in nets.items()}
    predicted = _predicted(nets[RANDOM], photographs)
    numbers = [
        mean(f"{rule}, {label}", values, predicted[rule] if label == RANDOM else None)
        for label, of_net in distances.items()
        for rule, values in zip(THREE, of_net.T, strict=True)
    ]
    arrays = {f"distances {label}": of_net for label, of_net in distances.items()}
    arrays["nets"] = np.array(list(nets))
    arrays["expected"] = np.array(list(predicted.values()))
    notes.append(digits_note(predictions(digits("digits"), list(drawn)), labels))
    notes.append(vgg16_note(inputs))
    return Result(arrays, numbers, _statements(numbers, list(nets)), notes)


def measure(label: str, model: Model, images: Sequence[Array], inputs: Inputs) -> Array:
    """Distances of the maps of random pairs of logits: (images, rules), means over the pairs of an image.

    A random net is drawn anew for each image, so that errors are over nets as well.
    """
    pairs = 1 if inputs.quick else 3
    found = []
    for seed, image in enumerate(images, start=inputs.seed):
        net = NETS[label](replace(inputs, seed=seed)) if "random" in label else model
        found.append(distances_of(net, image, pairs, seed))
    return np.array(found)


def distances_of(model: Model, image: Array, pairs: int, seed: int) -> list[float]:
    """Mean over random pairs of logits of the distance of their maps, by each rule."""
    x = model.preprocess(image)
    logits = forward(model, x).output.shape[1]
    rng = np.random.default_rng([seed, logits])
    chosen = np.concatenate([rng.choice(logits, 2, replace=False) for _ in range(pairs)])
    maps = visualize(model, x, THREE, several([logit(int(k)) for k in chosen]))
    return [float(l2_distance(maps[rule][::2], maps[rule][1::2]).mean()) for rule in THREE]


def _predicted(model: Model, images: Sequence[Array]) -> dict[str, float]:
    """By rule, what theory predicts of the random three-layer CNN, averaged over the images."""
    at = window((SIDE, SIDE), (KERNEL, KERNEL), padding="same")
    guided = [distance(logit_cosine_image(model.preprocess(image)[0], at, FILTERS)) for image in images]
    return {
        "saliency": math.sqrt(2),
        "deconvnet": distance(deconvnet_logit_cosine()),
        "guided": float(np.mean(guided)),
    }


def _statements(numbers: list[Number], nets: list[str]) -> list[Statement]:
    found = []
    for i, net in enumerate(nets):
        saliency, deconvnet, guided = numbers[3 * i : 3 * i + 3]
        values = f"guided backprop's ({guided.value:.2f}) and DeconvNet's ({deconvnet.value:.2f})"
        above = all(
            saliency.value - other.value > 2 * np.hypot(saliency.error, other.error)
            for other in (guided, deconvnet)
        )
        found += [
            Statement(
                f"{net}: the saliency map's distance ({saliency.value:.2f}) is above {values} by more "
                "than two standard errors",
                above,
            ),
            Statement(
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
    for r, rule in enumerate(THREE):
        curves.append(averaged(rule, nets, [arrays[f"distances {net}"][:, r] for net in nets]))
    for r, rule in enumerate(THREE):
        expected = [float(arrays["expected"][r])] + [float("nan")] * (len(nets) - 1)
        curves.append(Curve(f"{rule} predicted", nets, expected, dashed=True))
    return [Chart(curves, "", "distance of the maps of two logits")]


EXPERIMENT = Experiment(
    name="class-sensitivity",
    title="Class sensitivity",
    claim="Maps of two classes differ much under the saliency map, and little under guided backprop.",
    paper="The average distance between the maps of two logits is large for the saliency map and small "
    "for guided backprop and DeconvNet.",
    caption="Euclidean distance of two maps of norm 1, sqrt(2 - 2 cos): 0 for equal maps, 1.41 for "
    "unrelated ones; random pairs of logits, mean over images with its standard error; random nets are "
    "drawn anew for each image. VGG-16 has 1000 logits, digits 10.",
    run=run,
    draw=draw,
)
