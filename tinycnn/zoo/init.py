"""How random weights are drawn.

Every layer has a stream of its own, seeded with the net's seed, the layer's position *and its shape*: a net
of 16 filters is no prefix of a net of 64, so deviations do not repeat from one width to the next.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from tinycnn.ops.types import Array

Init: TypeAlias = Callable[["np.random.Generator", tuple[int, ...]], Array]
"""Draws a float32 weight of shape (k, c, a, b) or (k, c), or a bias of shape (k,)."""


def he(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """N(0, 2 / fan_in), which keeps the energy of a signal through ReLUs (He et al. 2015)."""
    return normal(np.sqrt(2 / _fan_in(shape)))(rng, shape)


def glorot(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """N(0, 2 / (fan_in + fan_out)) (Glorot and Bengio 2010)."""
    fan_out = shape[0] * _taps(shape)
    return normal(np.sqrt(2 / (_fan_in(shape) + fan_out)))(rng, shape)


def normal(sd: float) -> Init:
    """N(0, sd^2)."""

    def draw(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        weight = rng.standard_normal(shape, dtype=np.float32)
        weight *= np.float32(sd)
        return weight

    return draw


def truncated_normal(sd: float) -> Init:
    """N(0, sd^2), redrawn beyond 2 sd, as the authors of the paper draw; the real deviation is .8796 sd."""

    def draw(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        weight = rng.standard_normal(int(np.prod(shape)), dtype=np.float32)
        outside = np.flatnonzero(np.abs(weight) > 2)
        while outside.size:
            weight[outside] = rng.standard_normal(outside.size, dtype=np.float32)
            outside = outside[np.abs(weight[outside]) > 2]
        weight *= np.float32(sd)
        return weight.reshape(shape)

    return draw


def constant(value: float) -> Init:
    """The same number everywhere; for biases."""
    return lambda rng, shape: np.full(shape, value, np.float32)


def stream(seed: int, position: int, shape: tuple[int, ...]) -> np.random.Generator:
    """The random stream of the weight at `position` in a net."""
    return np.random.default_rng([seed, position, *shape])


def _taps(shape: tuple[int, ...]) -> int:
    return int(np.prod(shape[2:]))


def _fan_in(shape: tuple[int, ...]) -> int:
    return shape[1] * _taps(shape)
