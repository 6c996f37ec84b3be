"""How much maps change when an image is pushed, invisibly, from one class to another.

The attack is the fast gradient sign method of Goodfellow et al. (2015), targeted: one step that makes the
class l likelier, ``x + epsilon sign(d log p_l / dx)``, by the engine's own gradient.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from tinycnn.metrics import l2_distance
from tinycnn.model import Model
from tinycnn.ops import kernels
from tinycnn.rules import GRADIENT, Stack
from tinycnn.studies.bench import Bench
from tinycnn.studies.row import Row
from tinycnn.targets import logit, several
from tinycnn.trace import Trace, forward
from tinycnn.types import Array
from tinycnn.visualize import visualize

MEASURES = ("distance", "same_logit", "epsilon", "fooled")
"""Distance of the map of k before to that of l after; of k to k; size of the step; whether it sufficed."""

EPSILONS = (1, 2, 4, 8, 16, 32, 64)
"""Sizes of the step, in units of the image's 0..255; the first that makes the net say l is taken."""


class Attack(NamedTuple):
    """An image that the net takes for another class, and the step that it took."""

    x: Array
    epsilon: int


def measure(bench: Bench, x: Array, image: str) -> Iterator[Row]:
    """Attack an image from the class k that it is taken for to other classes l, drawn evenly.

    Parameters
    ----------
    bench : Bench
    x : (1, c, h, w)
    image : str
        The hash of the image, which the draw depends on.

    Yields
    ------
    Row
        One for each l and rule. Where no step makes the net say l, only `fooled` is defined.
    """
    model, rules = bench.model, bench.setting.rules
    trace = forward(model, x)
    k = int(trace.output.argmax())
    before = visualize(model, x, rules, k)
    for index in bench.choose(image, bench.logits - 1):
        l = index + (index >= k)
        attack = fool(model, trace, l)
        after = visualize(model, attack.x, rules, several([logit(l), logit(k)])) if attack else None
        for rule in rules:
            values = (np.nan, np.nan, np.nan, 0.0)
            if attack and after:
                distances = l2_distance(before[rule], after[rule])
                values = (float(distances[0]), float(distances[1]), float(attack.epsilon), 1.0)
            yield Row(image, rule, f"{k}>{l}", bench.setting.seed, values)


def fool(model: Model, trace: Trace, l: int) -> Attack | None:
    """The smallest of `EPSILONS` that makes the net say l, and the image that does.

    Parameters
    ----------
    model : Model
    trace : Trace
        Of the image, (1, c, h, w).
    l : int

    Returns
    -------
    Attack or None
        None if no step suffices.

    Notes
    -----
    ``d log p_l / d logits = onehot(l) - softmax``. Pixels stay within 0..255.
    """
    x = trace.input
    seed = -kernels.softmax(trace.output)
    seed[:, l] += 1
    direction = np.sign(Stack([GRADIENT]).maps(trace, seed)[0])
    mean, std = (
        np.reshape(each, (1, -1, 1, 1)).astype(x.dtype)
        for each in (model.preprocess.mean, model.preprocess.std)
    )
    for epsilon in EPSILONS:
        moved = np.clip(x + x.dtype.type(epsilon) / std * direction, -mean / std, (255 - mean) / std)
        if int(forward(model, moved).output.argmax()) == l:
            return Attack(moved, epsilon)
    return None
