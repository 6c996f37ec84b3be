"""How much maps change when an image is pushed, invisibly, from one class to another.

The attack is `tinycnn.experiments.attack.fgsm`, in many small steps: one step, however large, seldom
reaches a class that is drawn from a thousand.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tinycnn.experiments.attack import fgsm, largest_change
from tinycnn.experiments.studies.bench import StudyBench
from tinycnn.experiments.studies.row import StudyRow
from tinycnn.ops.types import Array
from tinycnn.pictures.metrics import l2_distance
from tinycnn.targets import logit, several
from tinycnn.trace import forward
from tinycnn.visualize import visualize

MEASURES = ("distance", "same_logit", "epsilon", "fooled")
"""Distance of the maps of k before and l after the attack; of k before and k after; the largest change of a
pixel, in grey levels; 1 if the attack reached l, else 0."""

STEPS = 50
"""Most steps of an attack, each of one grey level."""


def measure(bench: StudyBench, x: Array, image: str) -> Iterator[StudyRow]:
    """Attack an image from the class k that it is taken for to other classes l, drawn evenly.

    Parameters
    ----------
    bench : StudyBench
    x : (1, c, h, w)
    image : str
        The hash of the image, which the draw depends on.

    Yields
    ------
    StudyRow
        One for each l and rule. Where the attack fails, only `fooled` is defined.
    """
    model, rules = bench.model, bench.setting.rules
    k = int(forward(model, x).output.argmax())
    before = visualize(model, x, rules, k)
    for index in bench.choose(image, bench.logits - 1):
        l = index + (index >= k)
        attacked = fgsm(model, x, l, step=1.0, steps=STEPS)
        after = {} if attacked is None else visualize(model, attacked, rules, several([logit(l), logit(k)]))
        for rule in rules:
            values = (np.nan, np.nan, np.nan, 0.0)
            if attacked is not None:
                distances = l2_distance(before[rule], after[rule])
                values = (float(distances[0]), float(distances[1]), largest_change(model, x, attacked), 1.0)
            yield StudyRow(image, rule, f"{k}>{l}", bench.setting.seed, values)
