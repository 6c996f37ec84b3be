"""Wide fully connected nets, part by part: hidden units are independent, so their maps add up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

import numpy as np

from tinycnn.ops.types import Array
from tinycnn.theory.claim import Bench, Setting
from tinycnn.theory.claims.nets import Statistic, maps, new_traces, seeds

PART = 1 << 20
"""Weights that are drawn at once; more do not stay in the cache."""


def per_dense_net(statistic: Statistic) -> Callable[[Bench, Setting, int], Array]:
    """A measurement: a statistic of the maps of guided backprop, for each net."""

    def measure(bench: Bench, setting: Setting, seed: int) -> Array:
        return statistic(_sums(bench, setting, seed), setting)

    return measure


@lru_cache(maxsize=2)
def _sums(bench: Bench, setting: Setting, seed: int) -> Array:
    """The maps of every net, (nets, classes, c, h, w); a wide one is a sum of narrow ones."""
    most = max(1, PART // (3 * setting.size**2))
    width = max(count for count in range(1, most + 1) if setting.filters % count == 0)
    narrow = replace(setting, filters=width, nets=setting.filters // width)
    sums = [
        sum(maps(bench, trace, "guided") for trace in new_traces(bench, narrow, number))
        for number in seeds(setting, seed)
    ]
    return np.array(sums, np.float64)
