"""The model parameter randomisation test over many images, as published (Adebayo et al. 2018)."""

from __future__ import annotations

from collections.abc import Iterator

from tinycnn import checks
from tinycnn.experiments.studies.bench import StudyBench
from tinycnn.experiments.studies.row import StudyRow
from tinycnn.ops.types import Array
from tinycnn.trace import forward

MEASURES = ("redrawn", "permuted")
"""Spearman's correlation of the magnitudes of both maps, where weights are drawn anew, and where shuffled."""


def measure(bench: StudyBench, x: Array, image: str) -> Iterator[StudyRow]:
    """Compare the net's map with those of ever more random nets, by the defaults of `tinycnn.checks.mprt`.

    Parameters
    ----------
    bench : StudyBench
    x : (1, c, h, w)
    image : str
        The hash of the image.

    Yields
    ------
    StudyRow
        One for each draw, rule, and number of random layers.
    """
    k = int(forward(bench.model, x).output.argmax())
    for seed in bench.draws:
        for rule in bench.setting.rules:
            redrawn = checks.mprt(bench.model, x, rule, k, randomise="redraw", seed=seed)
            permuted = checks.mprt(bench.model, x, rule, k, randomise="permute", seed=seed)
            both = zip(redrawn.rows, redrawn.values[:, 0], permuted.values[:, 0], strict=True)
            for depth, (layer, *values) in enumerate(both, start=1):
                yield StudyRow(image, rule, str(k), seed, tuple(map(float, values)), depth, layer)
