"""Hypothesis strategies for the geometries and arrays that the operations take."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from hypothesis import strategies as st

from tinycnn.errors import ShapeError
from tinycnn.ops.geometry import pool_window, window

seeds = st.integers(0, 2**32 - 1)
dtypes = st.sampled_from([np.float32, np.float64])
strides = st.one_of(st.integers(1, 3), st.tuples(st.integers(1, 3), st.integers(1, 3)))
paddings = st.one_of(
    st.integers(0, 2),
    st.tuples(st.integers(0, 2), st.integers(0, 2)),
    st.tuples(
        st.tuples(st.integers(0, 2), st.integers(0, 2)), st.tuples(st.integers(0, 2), st.integers(0, 2))
    ),
    st.just("same"),
)


def normal(seed: int, shape: tuple[int, ...], dtype: type = np.float64) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


@dataclass(frozen=True)
class ConvCase:
    """One convolution: shapes, geometry, and a seed for its numbers."""

    x: tuple[int, int, int, int]
    weight: tuple[int, int, int, int]
    options: dict = field(default_factory=dict)
    seed: int = 0

    def arrays(self, dtype: type = np.float64) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """x, weight and bias."""
        return (
            normal(self.seed, self.x, dtype),
            normal(self.seed + 1, self.weight, dtype),
            normal(self.seed + 2, self.weight[:1], dtype),
        )


@st.composite
def conv_cases(draw: st.DrawFn, largest: int = 9) -> ConvCase:
    groups = draw(st.sampled_from([1, 1, 2, 3]))
    c, k = groups * draw(st.integers(1, 3)), groups * draw(st.integers(1, 3))
    image = draw(st.tuples(st.integers(1, largest), st.integers(1, largest)))
    size = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    options = {
        "stride": draw(strides),
        "padding": draw(paddings),
        "dilation": draw(st.sampled_from([1, 1, 2, (1, 2)])),
        "groups": groups,
        "circular": draw(st.booleans()),
    }
    try:
        window(image, size, options["stride"], options["padding"], options["dilation"])
    except ShapeError:
        options["padding"], size, options["dilation"] = 0, image, 1
    n = draw(st.integers(0, 2))
    return ConvCase((n, c, *image), (k, c // groups, *size), options, draw(seeds))


@dataclass(frozen=True)
class PoolCase:
    """One pooling: shape, geometry, and a seed for its numbers."""

    x: tuple[int, int, int, int]
    options: dict
    seed: int = 0

    def array(self, dtype: type = np.float64, ties: bool = False) -> np.ndarray:
        x = normal(self.seed, self.x, dtype)
        return np.round(x) if ties else x


@st.composite
def pool_cases(draw: st.DrawFn) -> PoolCase:
    image = draw(st.tuples(st.integers(1, 9), st.integers(1, 9)))
    size = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    options = {
        "size": size,
        "stride": draw(strides),
        "padding": draw(paddings),
        "dilation": draw(st.sampled_from([1, 1, 2, (1, 3)])),
    }
    try:
        pool_window(image, **options)
    except ShapeError:
        options = {"size": image, "stride": 1, "padding": 0}
    shape = (draw(st.integers(0, 2)), draw(st.integers(1, 3)), *image)
    return PoolCase(shape, options, draw(seeds))
