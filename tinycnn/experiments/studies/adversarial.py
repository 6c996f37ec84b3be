"""How much maps change when an image is pushed, invisibly, from one class to another.

The attack is the fast gradient sign method of Goodfellow et al. (2015), section 4, towards a class and
repeated until the net says it (Kurakin et al. 2017, section 2), by the engine's own gradient. One step,
however large, seldom reaches a class that is drawn from a thousand.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from tinycnn.experiments.studies.bench import Bench
from tinycnn.experiments.studies.row import Row
from tinycnn.model import Model
from tinycnn.ops import engine
from tinycnn.ops.types import Array
from tinycnn.pictures.metrics import l2_distance
from tinycnn.rules import GRADIENT, Stack
from tinycnn.targets import logit, several
from tinycnn.trace import Trace, forward
from tinycnn.visualize import visualize

MEASURES = ("distance", "same_logit", "epsilon", "fooled")
"""Distance of k's map before to l's after; of k's to k's; largest change of a pixel; whether it sufficed."""

STEPS = 50
"""Of one grey level each; an attack that takes more has failed."""


class Attack(NamedTuple):
    """An image that the net takes for another class, and its largest change, in units of 0..255."""

    x: Array
    epsilon: float


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
        One for each l and rule. Where the attack fails, only `fooled` is defined.
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
                values = (float(distances[0]), float(distances[1]), attack.epsilon, 1.0)
            yield Row(image, rule, f"{k}>{l}", bench.setting.seed, values)


def fool(model: Model, trace: Trace, l: int) -> Attack | None:
    """Move an image by small steps until the net says l.

    Parameters
    ----------
    model : Model
    trace : Trace
        Of the image, (1, c, h, w).
    l : int

    Returns
    -------
    Attack or None
        None if `STEPS` steps do not suffice.

    Notes
    -----
    ``x <- clip(x + sign(d log p_l / dx))`` in units of the image's 0..255, within which pixels stay;
    ``d log p_l / d logits = onehot(l) - softmax``.
    """
    mean, std = (
        np.reshape(each, (1, -1, 1, 1)).astype(trace.output.dtype)
        for each in (model.preprocess.mean, model.preprocess.std)
    )
    start = trace.input
    for _ in range(STEPS):
        seed = -engine.softmax(trace.output)
        seed[:, l] += 1
        direction = np.sign(Stack([GRADIENT]).maps(trace, seed)[0])
        x = np.clip(trace.input + direction / std, -mean / std, (255 - mean) / std)
        trace = forward(model, x)
        if int(trace.output.argmax()) == l:
            return Attack(x, float(np.abs((x - start) * std).max()))
    return None
