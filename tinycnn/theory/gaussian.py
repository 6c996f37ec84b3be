"""Gaussian weights by the million: to draw them takes most of the time of a claim."""

from __future__ import annotations

from math import prod

import numpy as np

from tinycnn.ops.types import Array

PAIRS = 1 << 13
"""How many are made at once, so that what they are made of stays in the cache."""


def gaussian(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """N(0, 1) in float32, by the method of Box and Muller; an `Init`.

    Notes
    -----
    ``sqrt(-2 log u) (cos t, sin t)`` for u uniform on (0, 1] and t on [-pi, pi), in steps of ``2^-32``. So no
    weight is larger than 6.8, which a Gaussian one is once in 10^11. This is whole-array arithmetic, three to
    four times as fast as the generator's own method, which decides for each number.
    """
    count = prod(shape)
    drawn = np.empty(count + count % 2, np.float32)
    for start in range(0, len(drawn), 2 * PAIRS):
        both = drawn[start : start + 2 * PAIRS]
        radius, other = both[: len(both) // 2], both[len(both) // 2 :]
        bits = rng.bit_generator.random_raw(len(radius)).view(np.uint32)
        radius[:] = bits[: len(radius)]
        radius += np.float32(0.5)
        radius *= np.float32(2**-32)
        np.log(radius, out=radius)
        radius *= np.float32(-2)
        np.sqrt(radius, out=radius)
        angle = bits[len(radius) :].view(np.int32).astype(np.float32)
        angle *= np.float32(np.pi * 2**-31)
        np.multiply(radius, np.sin(angle), out=other)
        radius *= np.cos(angle)
    return drawn[:count].reshape(shape)
