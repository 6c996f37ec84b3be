"""Which patches a logit hears of, and whether that depends on the logit, in trained nets."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tinycnn.image import SAMPLES, sample
from tinycnn.layers import Dense
from tinycnn.model import Model
from tinycnn.ops.types import Array
from tinycnn.pictures.digit_pictures import draw_digit
from tinycnn.theory.claim import Bench, Claim, Setting, Verdict
from tinycnn.theory.claims.trained import DIGITS, EFFICIENTNET, TrainedSetting, needs, some_logits, trained
from tinycnn.theory.trained.paths import patch_energy
from tinycnn.theory.trained.stages import stages
from tinycnn.trace import forward

PAPER = (
    "Nie, Zhang and Patel (2018), on trained weights: they filter which patches have an active path to the "
    "logit, and "
    "that filtering is not class sensitive"
)
LOGITS = 10


def shuffled(model: Model, seed: int) -> Model:
    """The same net, whose last layer's weights have changed places within each logit."""
    head = model.layers[-1]
    assert isinstance(head, Dense)
    weight = np.random.default_rng(seed).permuted(head.weight, axis=1)
    return replace(model, layers=(*model.layers[:-1], replace(head, weight=weight)))


def agreement(bench: Bench, model: Model, x: Array, setting: Setting, seed: int) -> float:
    """Mean correlation of two logits' energies, patch by patch of the first layer."""
    trace = forward(model, x)
    seeds = some_logits(trace, replace(setting, nets=LOGITS), seed)
    (stage, *_) = stages(trace, seeds, bench.rules["guided"])
    table = np.corrcoef(patch_energy(stage))
    return float((table.sum() - len(table)) / (len(table) * (len(table) - 1)))


def pictures(setting: TrainedSetting) -> list[Array]:
    """Drawn digits, one after the other, or photographs."""
    if setting.model == "digits":
        return [draw_digit(number % 10, np.random.default_rng(number)) for number in range(setting.nets)]
    return [sample(name) for name in list(SAMPLES)[: setting.nets]]


def _sensitivity(bench: Bench, setting: Setting, seed: int) -> Array:
    """By how much logits agree more than under a shuffled head, picture by picture."""
    assert isinstance(setting, TrainedSetting)
    model, found = trained(setting.model, setting.weights), []
    for number, picture in enumerate(pictures(setting)):
        x = model.preprocess(picture)
        own, other = (
            agreement(bench, each, x, setting, seed)
            for each in (model, shuffled(model, 1000 * seed + number))
        )
        found.append(own - other)
    return np.array(found)


def _claim(setting: TrainedSetting, recorded: Verdict, note: str) -> Claim:
    return Claim(
        f"paths.{setting.model}",
        "Which patches have an active path to a logit does not depend on the logit, any more than under a "
        "shuffled head.",
        r"\mathrm{Corr}_j(e_j^k, e_j^l) = \mathrm{Corr}_j(\tilde e_j^k, \tilde e_j^l), \; e_j^k = \sum_i "
        r"(a_{ij}^k)^2",
        PAPER,
        "trained weights; ten logits; a picture in place of a net",
        lambda setting: 0.0,
        _sensitivity,
        setting,
        setting,
        note=note,
        recorded=recorded,
        weights=needs(setting),
    )


CLAIMS = (
    _claim(
        replace(DIGITS, nets=20),
        "fails",
        "Digits that are told apart by where their strokes are have other patches for other logits: .53 in "
        "place of .75.",
    ),
    _claim(
        replace(EFFICIENTNET, nets=8),
        "holds",
        "Behind a global average pool all logits agree nearly fully, .99, whatever the head.",
    ),
)
