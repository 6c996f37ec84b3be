"""Pairs of random nets that share their lower layers: what a randomisation test compares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

import numpy as np

from tinycnn.model import Model
from tinycnn.ops.types import Array
from tinycnn.theory.claim import Bench, Setting, of_means
from tinycnn.theory.claims.nets import Measure, maps, net, network_input, seeds
from tinycnn.trace import run
from tinycnn.zoo.build import Builder

OTHER = 500_000
"""From a net's seed to that of the one with which it is compared."""


def deep_net(bench: Bench, setting: Setting, seed: int) -> Model:
    """A net of the setting; unlike `nets.net`, of any depth if it is fully connected."""
    if setting.kernel or setting.depth == 1:
        return net(bench, setting, seed)
    stack = Builder((3, setting.size, setting.size), seed, bench.init)
    stack.flatten()
    for layer in range(setting.depth):
        stack.dense(f"hidden{layer}", setting.filters)
        stack.relu(f"relu{layer}")
    stack.dense("logits", setting.classes)
    return replace(net(bench, replace(setting, filters=1, depth=1), seed), layers=tuple(stack.layers))


Build = Callable[[Bench, Setting, int], Model]
"""The net of a seed."""


def redrawn(bench: Bench, setting: Setting, seed: int, kept: int | None, build: Build = deep_net) -> Model:
    """The net of that seed, with weights of another one above so many hidden layers; with None, nowhere."""
    own = build(bench, setting, seed)
    if kept is None:
        return own
    other = build(bench, setting, seed + OTHER)
    weighted = [place for place, layer in enumerate(own.layers) if hasattr(layer, "weight")]
    first = weighted[kept]
    return replace(own, layers=(*own.layers[:first], *other.layers[first:]))


def pairs(
    bench: Bench, setting: Setting, seed: int, rule: str, kept: int, build: Build = deep_net
) -> tuple[Array, Array]:
    """Maps of each net, and with all above so many hidden layers drawn anew: twice (nets, 1, c, h, w)."""
    own, new = (_maps(bench, setting, seed, rule, depth, build) for depth in (None, kept))
    return own, new


@lru_cache(maxsize=8)
def _maps(bench: Bench, setting: Setting, seed: int, rule: str, kept: int | None, build: Build) -> Array:
    x = network_input(setting)
    models = (redrawn(bench, setting, number, kept, build) for number in seeds(setting, seed))
    return np.stack([maps(bench, run(model.layers, x), rule) for model in models]).astype(np.float64)


def alike(rule: str, kept: int, build: Build = deep_net) -> Measure:
    """A measurement: product of the two maps over that of each with itself, means over nets."""

    def measure(bench: Bench, setting: Setting, seed: int) -> Array:
        one, two = pairs(bench, setting, seed, rule, kept, build)
        sums = (np.sum(a * b, axis=(1, 2, 3, 4)) for a, b in ((one, two), (one, one), (two, two)))
        return of_means(lambda product, own, other: 2 * product / (own + other), *sums)

    return measure
