"""How much the maps of two logits of one image differ (Nie, Zhang and Patel 2018, section 5)."""

from __future__ import annotations

from collections.abc import Iterator

from tinycnn.experiments.studies.bench import StudyBench
from tinycnn.experiments.studies.row import StudyRow
from tinycnn.ops.types import Array
from tinycnn.pictures.metrics import l2_distance
from tinycnn.targets import logit, several
from tinycnn.visualize import visualize

MEASURES = ("distance",)
"""Euclidean distance of the two maps, each scaled to norm one; sqrt(2) for unrelated maps."""


def measure(bench: StudyBench, x: Array, image: str) -> Iterator[StudyRow]:
    """Compare the maps of pairs of logits, drawn evenly for each image.

    Parameters
    ----------
    bench : StudyBench
    x : (1, c, h, w)
    image : str
        The hash of the image, which the draw depends on.

    Yields
    ------
    StudyRow
        One for each pair and rule.
    """
    chosen = bench.choose(image, len(bench.unordered_pairs[0]))
    pairs = [(int(first[at]), int(second[at])) for first, second in [bench.unordered_pairs] for at in chosen]
    logits = sorted({k for pair in pairs for k in pair})
    maps = visualize(bench.model, x, bench.setting.rules, several([logit(k) for k in logits]))
    for rule, signals in maps.items():
        of = dict(zip(logits, signals, strict=True))
        for k, l in pairs:
            distance = float(l2_distance(of[k], of[l]))
            yield StudyRow(image, rule, f"{k},{l}", bench.setting.seed, (distance,))
