"""Scores of faithfulness and robustness over many images, beside those of maps that know nothing."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tinycnn import checks
from tinycnn.experiments.studies.bench import StudyBench
from tinycnn.experiments.studies.row import StudyRow
from tinycnn.ops.types import Array
from tinycnn.trace import forward

CHECKS = (checks.deletion, checks.insertion, checks.infidelity, checks.max_sensitivity)

MEASURES = ("deletion", "random_deletion", "insertion", "random_insertion", "infidelity", "max_sensitivity")
"""Areas under both curves, each with that of a random order; infidelity as a multiple of that of a map of
zeros; the largest relative change of the map."""


def measure(bench: StudyBench, x: Array, image: str) -> Iterator[StudyRow]:
    """Score the maps of the largest logit, by the defaults of the functions of `tinycnn.checks`.

    Parameters
    ----------
    bench : StudyBench
    x : (1, c, h, w)
    image : str
        The hash of the image.

    Yields
    ------
    StudyRow
        One for each draw and rule.
    """
    k = int(forward(bench.model, x).output.argmax())
    for seed in bench.draws:
        for rule in bench.setting.rules:
            found = [check(bench.model, x, rule, k, seed=seed) for check in CHECKS]
            value = [float(result.values[0, 0]) for result in found]
            null = [float(np.broadcast_to(result.null, (1, 1))[0, 0]) for result in found]
            infidelity = value[2] / null[2] if null[2] else float("nan")
            values = (value[0], null[0], value[1], null[1], infidelity, value[3])
            yield StudyRow(image, rule, str(k), seed, values)
