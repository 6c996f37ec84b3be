"""Adversarial pictures: how far maps move when a small change makes the net see another class."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from tinycnn.experiments.attack import fgsm, shuffled
from tinycnn.experiments.experiment import Experiment, Inputs, Number, Result, Statement, mean, ratio
from tinycnn.experiments.nets import (
    THREE,
    available,
    predictions,
    trained_efficientnet,
    trained_vgg16,
    vgg16_note,
)
from tinycnn.experiments.plates import Cell, Chart, Grid, GridRow, Plate, averaged, map_cell
from tinycnn.model import Model
from tinycnn.ops.types import Array
from tinycnn.pictures.digit_pictures import digit_pictures, digits_note
from tinycnn.pictures.metrics import l2_distance
from tinycnn.targets import max_logit
from tinycnn.visualize import predict, visualize
from tinycnn.zoo import digits


@dataclass(frozen=True)
class Victim:
    """A net to be attacked: how it is built, the step of the attack in grey levels, and the most steps."""

    build: Callable[[Inputs], Model]
    step: float
    steps: int


VICTIMS = {
    "EfficientNet-Lite0": Victim(trained_efficientnet, 1.0, 20),
    "digits": Victim(lambda inputs: digits("digits"), 8.0, 20),
}
VGG16 = Victim(trained_vgg16, 1.0, 20)
NO_VGG16 = "The paper attacks VGG-16. It needs trained dense layers, which --weights FILE brings."
SMALL = math.sqrt(2) / 4
"""A quarter of the distance of two unrelated maps of norm 1."""


def run(inputs: Inputs) -> Result:
    """Attack every picture towards a random class, and compare the maps of what is seen, before and after."""
    victims = {**VICTIMS, **({"VGG-16": VGG16} if inputs.weights else {})}
    nets, notes = available({label: victim.build for label, victim in victims.items()}, inputs)
    drawn, labels = digit_pictures(20 if inputs.quick else 100, inputs.seed)
    photographs = list(inputs.first(2 if inputs.quick else 20).values())
    arrays: dict[str, Array] = {}
    for label, model in nets.items():
        images = list(drawn) if label == "digits" else photographs
        pairs = list(attacked(model, images, victims[label], inputs.seed))
        notes.append(f"{label}: {len(pairs)} of {len(images)} attacks reached their class.")
        if pairs:
            arrays |= measure(label, model, pairs, inputs.seed)
    misled = [label for label in nets if f"moved {label}" in arrays]
    arrays["nets"] = np.array(misled)
    numbers = {label: _numbers(label, arrays[f"moved {label}"]) for label in misled}
    statements = [statement for label in misled for statement in _statements(label, numbers[label])]
    notes.append(digits_note(predictions(digits("digits"), list(drawn)), labels))
    notes.append(vgg16_note(inputs) if inputs.weights else NO_VGG16)
    return Result(arrays, list(chain.from_iterable(numbers.values())), statements, notes)


def attacked(
    model: Model, images: Sequence[Array], victim: Victim, seed: int
) -> Iterator[tuple[Array, Array]]:
    """The inputs, before and after, of the attacks that reach their class."""
    rng = np.random.default_rng([seed, len(images)])
    logits = len(model.classes)
    for image, label in zip(images, predictions(model, images), strict=True):
        other = int((label + rng.integers(1, logits)) % logits)
        x = model.preprocess(image)
        after = fgsm(model, x, other, victim.step, victim.steps)
        if after is not None:
            yield x, after


def measure(label: str, model: Model, pairs: Sequence[tuple[Array, Array]], seed: int) -> dict[str, Array]:
    """Explain a net's largest logit before and after every attack.

    Returns
    -------
    dict
        Distances of the maps under the attack and under the control, ``moved LABEL``
        (attacks, 2, rules); of the first attack, before and after, ``pictures LABEL``,
        ``maps LABEL`` (2, rules, c, h, w), and the classes ``seen LABEL``.
    """
    moved = np.array([distances(model, *pair, seed) for pair in pairs])
    both = np.concatenate(pairs[0])
    maps = visualize(model, both, THREE, max_logit())
    seen = predict(model, both).argmax(axis=1)
    return {
        f"moved {label}": moved,
        f"pictures {label}": model.preprocess.inverse(both),
        f"maps {label}": np.stack([maps[rule] for rule in THREE], axis=1),
        f"seen {label}": np.array([model.classes[k].split(",")[0] for k in seen]),
    }


def distances(model: Model, x: Array, after: Array, seed: int) -> Array:
    """How far each rule's map moves under the attack, and under the control: (2, rules)."""
    before = visualize(model, x, THREE, max_logit())
    moved = [visualize(model, other, THREE, max_logit()) for other in (after, shuffled(x, after, seed))]
    return np.array([[l2_distance(before[rule], maps[rule])[0] for rule in THREE] for maps in moved])


def draw(result: Result) -> list[Plate]:
    """Distances by net, then one picture before and after."""
    arrays = result.arrays
    nets = [str(net) for net in arrays["nets"]]
    plates: list[Plate] = []
    for kind, what in enumerate(("the attack", "the same change, shuffled")):
        curves = []
        for r, rule in enumerate(THREE):
            curves.append(averaged(rule, nets, [arrays[f"moved {net}"][:, kind, r] for net in nets]))
        plates.append(Chart(curves, what, "distance of the maps before and after"))
    rows = []
    for net in nets:
        for when, picture, maps, seen in zip(
            ("before", "after"),
            arrays[f"pictures {net}"],
            arrays[f"maps {net}"],
            arrays[f"seen {net}"],
            strict=True,
        ):
            cells = [map_cell(map, rule) for rule, map in zip(THREE, maps, strict=True)]
            rows.append(
                GridRow(Cell(picture, "input", f"seen as {seen}"), cells, f"{net}, {when} the attack")
            )
    return [*plates, Grid(rows)]


def _numbers(label: str, moved: Array) -> list[Number]:
    """Six distances, the attack's and the control's, and three ratios."""
    names = [f"{rule}, {label}, {kind}" for kind in ("attack", "shuffled") for rule in THREE]
    saliency, deconvnet, guided = moved[:, 0].T
    return [
        *(mean(name, values) for name, values in zip(names, moved.reshape(len(moved), -1).T, strict=True)),
        ratio(f"saliency / DeconvNet, {label}, attack", saliency, deconvnet),
        ratio(f"saliency / guided, {label}, attack", saliency, guided),
        ratio(f"attack / shuffled, {label}, saliency", saliency, moved[:, 1, 0]),
    ]


def _statements(label: str, numbers: Sequence[Number]) -> list[Statement]:
    others = ("DeconvNet", "guided backprop", "under the same change, shuffled")
    return [
        *(
            Statement(
                f"{label}: under attack the saliency map moves {number.value:.2f} ± {number.error:.2f} times "
                f"as far as {other}, above 1 by more than two standard errors",
                bool(number.value - 2 * number.error > 1),
            )
            for other, number in zip(others, numbers[6:], strict=True)
        ),
        *(
            Statement(
                f"{label}: {other} hardly moves ({number.value:.2f}), less than a quarter of the way to an "
                f"unrelated map ({SMALL:.2f})",
                number.value < SMALL,
            )
            for other, number in zip(others[:2], numbers[1:3], strict=True)
        ),
    ]


EXPERIMENT = Experiment(
    name="adversarial",
    title="Adversarial pictures",
    claim="When a small change makes the net see another class, the saliency map moves most.",
    paper="Under an FGSM attack (panda to busby, VGG-16) the saliency map changes; guided backprop and "
    "DeconvNet hardly do.",
    caption="The fast gradient sign method, repeated towards a random class until it is seen "
    "(photographs: up to 20 steps of 1 of 255; digits: of 8). Maps of the largest logit before and after, "
    "each of norm 1; their distance, mean over the attacks that reached their class. The control is the "
    "same change with its pixels shuffled.",
    run=run,
    draw=draw,
)
