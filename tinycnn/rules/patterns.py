"""PatternNet and PatternAttribution: the way back by what a unit's output says of its input, not by weights.

A weight also cancels what distracts. With ``x = (y + e, e)`` the weights that find y are (1, -1), and half of
their direction is there to remove e; the pattern, ``cov(x, y) / var(y)``, is (1, 0).
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

import numpy as np

from tinycnn.errors import TinycnnError, UnknownNameError
from tinycnn.files import embedded
from tinycnn.layers import Conv2D, Dense, ReLU
from tinycnn.ops import engine
from tinycnn.ops.types import Array
from tinycnn.rules.gradient import GRADIENT
from tinycnn.rules.method import Answer, Method
from tinycnn.rules.rule import Rule
from tinycnn.trace import Step, forward, title

Patterns = str | Mapping[str, Array]
"""From the name of a layer to an array of the shape of its weight; or a name in `STORED`."""

STORED = ("digits",)
"""Networks whose patterns come with tinycnn."""

_TOGETHER = 256
_SOURCE = "Kindermans et al. 2018"


def estimate(model: Any, x: Array, linear: bool = False) -> dict[str, Array]:
    """The pattern of every unit of every convolution and dense layer.

    Parameters
    ----------
    model
        Anything with `layers`; those that have weights have names. Branches are left out.
    x : (n, c, h, w)
        Preprocessed images, such as those that it was trained on.
    linear : bool
        Whether units right below a ReLU have the linear estimator, too, as all others have.

    Returns
    -------
    dict from a layer's name to an array of the shape of its weight
        For each unit ``w . a = 1``; 0 for one whose output never changes, or is never positive below a ReLU.

    Notes
    -----
    x is what one unit sees: of a convolution, the patches at all positions of all images. The linear
    estimator, ``a = cov(x, y) / var(y)`` (S_a of Kindermans et al. 2018), leaves nothing that correlates with
    y in ``x - a y``. Below a ReLU nothing is sent on where y is negative, and the signal there may have
    another direction. So the two-component estimator (their S_a+-) has a pattern for ``y > 0`` alone, with E+
    for the mean there::

        a = (E+[x y] - E+[x] E[y]) / (w . (E+[x y] - E+[x] E[y]))

    Both are ``sum (y - E[y]) x``, over all or over what is positive, divided by w times itself. The bias
    cancels in ``y - E[y]``; it matters for which y are positive.
    """
    total: dict[str, Any] = defaultdict(float)
    count: dict[str, int] = defaultdict(int)
    for step, _ in _steps(model, x):
        y = step.output.swapaxes(1, -1)
        total[step.layer.name] += y.reshape(-1, y.shape[-1]).sum(axis=0, dtype=np.float64)
        count[step.layer.name] += y[..., 0].size
    products: dict[str, Any] = defaultdict(float)
    weights: dict[str, Array] = {}
    for step, below_relu in _steps(model, x):
        name, sides = step.layer.name, (-1, *(1,) * (step.output.ndim - 2))
        centred = step.output - (total[name] / count[name]).astype(x.dtype).reshape(sides)
        if below_relu and not linear:
            centred *= step.output > 0
        products[name] += _with_inputs(centred, step)
        weights[name] = step.layer.weight
    return {name: _scaled(products[name], weights[name]).astype(x.dtype) for name in products}


def pattern_rule(patterns: Patterns = "digits", attribution: bool = False) -> Rule:
    """PatternNet as a table; with `attribution`, PatternAttribution.

    Parameters
    ----------
    patterns : str or mapping
    attribution : bool
        Whether weights are multiplied by their patterns, instead of being replaced.
    """
    row = Patterned(stored(patterns) if isinstance(patterns, str) else patterns, attribution)
    name = "pattern-attribution" if attribution else "patternnet"
    table = GRADIENT.replace(name, {Conv2D: row, Dense: row}, _SOURCE)
    return dataclasses.replace(table, times_value=True)


def patternnet(patterns: Patterns = "digits") -> Method:
    """The signal: weights are replaced by patterns. They are statistics of one trained network."""
    return _method(pattern_rule(patterns))


def pattern_attribution(patterns: Patterns = "digits") -> Method:
    """What the signal adds to the output: weights are multiplied by patterns."""
    return _method(pattern_rule(patterns, attribution=True))


def stored(name: str) -> Mapping[str, Array]:
    """The patterns of the network of that name, which come with tinycnn."""
    if name not in STORED:
        raise UnknownNameError("network with patterns", name, STORED)
    return _read(name)


@dataclass(frozen=True)
class Patterned:
    """The row of a linear layer that goes by patterns."""

    patterns: Mapping[str, Array]
    attribution: bool

    def __call__(self, signal: Array, step: Step) -> Array:
        weight = self._pattern(step.layer)
        if self.attribution:
            weight = weight * step.layer.weight
        layer = dataclasses.replace(step.layer, weight=weight)
        passed: Array = GRADIENT[layer](signal, Step(layer, step.input, step.output, None))
        return passed

    def _pattern(self, layer: Any) -> Array:
        found = self.patterns.get(layer.name)
        if found is None or not _fits(found, layer.weight):
            raise TinycnnError(
                f"{title(layer)} has no pattern: patterns are statistics of one network and its weights; "
                "estimate those of another with tinycnn.rules.patterns.estimate"
            )
        return found.astype(layer.weight.dtype)


def _method(rule: Rule) -> Method:
    return Method(rule.name, lambda question: Answer(question.map(rule)), rule.source)


def _steps(model: Any, x: Array) -> Iterator[tuple[Step, bool]]:
    """What convolutions and dense layers did, image by image; and whether a ReLU comes next."""
    for first in range(0, len(x), _TOGETHER):
        trace = forward(model, x[first : first + _TOGETHER])
        above = [*(step.layer for step in trace[1:]), None]
        for step, layer in zip(trace, above, strict=True):
            if isinstance(step.layer, Conv2D | Dense):
                yield step, isinstance(layer, ReLU)


def _with_inputs(centred: Array, step: Step) -> Array:
    """The sum of the products of each output with what its unit saw."""
    layer = step.layer
    if isinstance(layer, Dense):
        found = engine.dense_vjp_weight(centred, step.input)
    else:
        size = (layer.weight.shape[2], layer.weight.shape[3])
        found = engine.conv2d_vjp_weight(centred, step.input, size, **layer.geometry)
    return found.astype(np.float64)


def _scaled(products: Array, weight: Array) -> Array:
    """The directions with the lengths for which ``w . a = 1``."""
    inner = (weight * products).sum(axis=tuple(range(1, weight.ndim)), keepdims=True)
    return np.divide(products, inner, out=np.zeros_like(products), where=inner != 0)


def _fits(pattern: Array, weight: Array) -> bool:
    """Whether it may be the pattern of these weights: ``w . a = 1`` for all units that have one."""
    if pattern.shape != weight.shape:
        return False
    along = tuple(range(1, weight.ndim))
    inner = np.asarray(np.sum(weight * pattern, axis=along, dtype=np.float64))
    return bool(np.allclose(inner[pattern.any(axis=along)], 1, rtol=0, atol=1e-3))


@cache
def _read(name: str) -> Mapping[str, Array]:
    with np.load(embedded(f"{name}-patterns.npz"), allow_pickle=False) as file:
        return MappingProxyType(dict(file))
