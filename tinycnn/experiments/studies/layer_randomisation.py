"""What is left of a map when the layers of the net are drawn anew, from the top down.

Adebayo et al. (2018): a map that survives the randomisation does not show what the net has learnt. The target
stays the logit that the trained net found largest.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tinycnn.experiments.studies.bench import StudyBench
from tinycnn.experiments.studies.row import StudyRow
from tinycnn.ops.types import Array
from tinycnn.pictures.metrics import spearman, ssim
from tinycnn.trace import forward
from tinycnn.visualize import visualize

MEASURES = ("spearman", "spearman_absolute", "ssim")
"""Rank correlation of both maps; of their absolute values; SSIM of these, each scaled to maximum 1."""


def measure(bench: StudyBench, x: Array, image: str) -> Iterator[StudyRow]:
    """Compare the trained net's map with that of every net of the cascades.

    Parameters
    ----------
    bench : StudyBench
    x : (1, c, h, w)
        h, w >= 7, the window of SSIM.
    image : str
        The hash of the image.

    Yields
    ------
    StudyRow
        One for each draw, number of random layers, and rule.
    """
    rules = bench.setting.rules
    k = int(forward(bench.model, x).output.argmax())
    trained = visualize(bench.model, x, rules, k)
    for seed, nets in bench.cascades.items():
        for net in nets:
            random = visualize(net.model, x, rules, k)
            for rule in rules:
                values = _alike(trained[rule][0], random[rule][0])
                yield StudyRow(image, rule, str(k), seed, values, net.depth, net.layer)


def _alike(a: Array, b: Array) -> tuple[float, ...]:
    """One number for each of `MEASURES`."""
    sizes = np.abs(a), np.abs(b)
    scaled = [size / (size.max() or 1) for size in sizes]
    return float(spearman(a, b)), float(spearman(*sizes)), float(ssim(*scaled))
