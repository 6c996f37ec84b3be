"""Which patches have an active path to a logit, and whether that depends on the logit, in trained nets."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tinycnn.image import SAMPLES, sample
from tinycnn.layers import Dense
from tinycnn.ops.types import Array
from tinycnn.pictures.digit_pictures import draw_digit
from tinycnn.theory.claim import Bench, Claim, Setting, Verdict
from tinycnn.theory.claims.trained import DIGITS, EFFICIENTNET, TrainedSetting, needs, trained
from tinycnn.theory.trained.paths import patch_energy
from tinycnn.theory.trained.stages import stages
from tinycnn.trace import Trace, forward

PAPER = (
    "Nie, Zhang and Patel (2018), on trained weights: they filter which patches have an active path to the "
    "logit, and "
    "that filtering is not class sensitive"
)
LOGITS = 10


def agreement(bench: Bench, trace: Trace, heads: Array) -> float:
    """Mean correlation of two logits' energies, patch by patch of the first layer.

    Parameters
    ----------
    bench : Bench
    trace : Trace
        Of a net whose last layer is dense.
    heads : (logits, features)
        Weights of that layer.
    """
    (stage, *_) = stages(trace[:-1], heads, bench.rules["guided"])
    table = np.corrcoef(patch_energy(stage))
    return float((table.sum() - len(table)) / (len(table) * (len(table) - 1)))


def agreements(bench: Bench, trace: Trace, seed: int) -> tuple[float, float]:
    """Under the net's own head, and under one whose weights have changed places within each logit."""
    head = trace[-1].layer
    assert isinstance(head, Dense)
    rng = np.random.default_rng(seed)
    own = head.weight[rng.permutation(len(head.weight))[:LOGITS]]
    return agreement(bench, trace, own), agreement(bench, trace, rng.permuted(own, axis=1))


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
        trace = forward(model, model.preprocess(picture))
        own, other = agreements(bench, trace, 1000 * seed + number)
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
        replace(EFFICIENTNET, nets=6),
        "holds",
        "Behind a global average pool all logits agree nearly fully, .99, whatever the head.",
    ),
)
