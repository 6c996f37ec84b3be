"""Small dense nets in double precision, for what must hold up to rounding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from tinycnn.layers import Dense, Layer, ReLU
from tinycnn.ops.types import Array
from tinycnn.rules import Rule, names
from tinycnn.theory.claim import Bench, Setting
from tinycnn.theory.claims.nets import Measure, photograph, seeds
from tinycnn.trace import Trace, backward, run
from tinycnn.zoo.init import stream


def dense_layers(bench: Bench, seed: int, widths: Sequence[int], bias: float = 0.0) -> list[Layer]:
    """Dense layers of these widths with ReLUs between; weights keep energy, biases have that deviation."""
    layers: list[Layer] = []
    for place, (size, units) in enumerate(pairwise(widths)):
        weight = drawn(bench, seed, 2 * place, (units, size)) * np.sqrt(2 / size)
        shift = bias * drawn(bench, seed, 2 * place + 1, (units,)) if bias else None
        layers += [Dense(weight, shift), ReLU()]
    return layers[:-1]


def drawn(bench: Bench, seed: int, place: int, shape: tuple[int, ...]) -> Array:
    """The bench's weights, float64."""
    return bench.init(stream(seed, place, shape), shape).astype(np.float64)


def vector(setting: Setting) -> Array:
    """The setting's image as a row of length 1: (1, d) float64."""
    x = photograph(setting).reshape(1, -1)
    return x / np.linalg.norm(x)


def widths(setting: Setting) -> list[int]:
    """Widths of input, hidden layers and output."""
    return [photograph(setting).size, *[setting.filters] * setting.depth, setting.classes]


def rule_of(bench: Bench, name: str) -> Rule:
    """A rule of the bench; one with options that the bench does not list, as everyone has it."""
    return bench.rules[name] if name in bench.rules else names.table(name)


def sent(bench: Bench, trace: Trace, rule: str, seed: Array | None = None) -> Array:
    """The first logit's signal at the input, from 1 unless a seed is given."""
    start = np.eye(1, trace.output.shape[1]) if seed is None else seed
    return backward(trace, np.repeat(start, len(trace.output), axis=0), rule_of(bench, rule))[0]


def each_net(value: Callable[[Bench, Setting, Trace, int], float]) -> Measure:
    """A measurement: a number of each net of the setting on its image."""

    def measure(bench: Bench, setting: Setting, seed: int) -> Array:
        x, found = vector(setting), []
        for number in seeds(setting, seed):
            trace = run(dense_layers(bench, number, widths(setting), setting.bias), x)
            found.append(value(bench, setting, trace, number))
        return np.array(found)

    return measure


def apart(one: Array, two: Array) -> float:
    """Largest difference, over the largest number."""
    return float(np.abs(one - two).max() / max(np.abs(one).max(), np.abs(two).max()))
