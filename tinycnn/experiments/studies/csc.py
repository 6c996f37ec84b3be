"""Cosine similarity convergence over many images (Sixt, Granz and Landgraf 2020)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tinycnn import checks
from tinycnn.experiments.studies.bench import StudyBench
from tinycnn.experiments.studies.row import StudyRow
from tinycnn.ops.types import Array

MEASURES = ("cosine", "unrelated")
"""Of independent signals at a layer's input, the median of magnitudes; of independent directions there."""


def measure(bench: StudyBench, x: Array, image: str) -> Iterator[StudyRow]:
    """Send independent signals down from the last layer, by the defaults of `tinycnn.checks.csc`.

    Parameters
    ----------
    bench : StudyBench
        Its rules are tables.
    x : (1, c, h, w)
    image : str
        The hash of the image.

    Yields
    ------
    StudyRow
        One for each draw, rule and layer.
    """
    for seed in bench.draws:
        for rule in bench.setting.rules:
            found = checks.csc(bench.model, x, rule, seed=seed)
            optima = np.broadcast_to(found.optimum, found.values.shape)
            for depth, (layer, value, least) in enumerate(
                zip(found.rows, found.values[:, 0], optima[:, 0], strict=True), start=1
            ):
                yield StudyRow(image, rule, "signals", seed, (float(value), float(least)), depth, layer)
