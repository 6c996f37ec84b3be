"""A layer of every type that the gradient has a row for, each with options that are not the default ones."""

from __future__ import annotations

import numpy as np

import tinycnn as tc
from tinycnn.layers import Activation
from tinycnn.ops.types import Array
from tinycnn.rules import GRADIENT
from tinycnn.testing import check_vjp
from tinycnn.trace import Step


def draw(seed: int, *shape: int) -> Array:
    return np.random.default_rng(seed).standard_normal(shape)


IMAGES, FEATURES = (2, 4, 5, 6), (3, 7)
CONV = {"stride": (2, 1), "padding": ((1, 0), (2, 1)), "dilation": (1, 2), "groups": 2}
POOL = {"size": (2, 3), "stride": (1, 2), "padding": ((0, 1), (1, 0))}

EVERY_LAYER: dict[tc.Layer, tuple[int, ...]] = {
    tc.Conv2D(draw(1, 6, 2, 3, 3), draw(2, 6), **CONV, circular=True): IMAGES,
    tc.ConvTranspose2D(draw(1, 4, 3, 3, 2), draw(2, 6), **CONV, extra=(1, 0)): IMAGES,
    tc.Dense(draw(1, 5, 7), draw(2, 5)): FEATURES,
    tc.BatchNorm2D(*draw(1, 3, 4), np.exp(draw(2, 4)), 0.1): IMAGES,
    tc.Scale(draw(1, 4, 1, 6), draw(2, 4, 5, 1)): IMAGES,
    tc.LocalResponseNorm(3, 0.3, 0.6, 1.5): IMAGES,
    tc.GroupNorm(2, *draw(1, 2, 4), 0.1): IMAGES,
    tc.MaxPool2D(**POOL): IMAGES,
    tc.AvgPool2D(**POOL, count_padding=False): IMAGES,
    tc.GlobalAvgPool2D(): IMAGES,
    tc.Flatten("hwc"): IMAGES,
    tc.Reshape((2, 10, 6)): IMAGES,
    tc.Transpose((3, 1, 2)): IMAGES,
    tc.Take(((0, 4, 2), (1, 5, 1), (2, 6, 3))): IMAGES,
    tc.Pad2D(((1, 2), (0, -1)), "reflect"): IMAGES,
    tc.Resample2D(draw(1, 3, 5), draw(2, 7, 6)): IMAGES,
    tc.SiLU(): IMAGES,
    tc.PReLU(draw(1, 4)): IMAGES,
}
"""From a layer to the shape of what it takes."""

MERGES: dict[tc.Layer, tuple[tuple[int, ...], ...]] = {
    tc.Add(): (IMAGES, IMAGES),
    tc.Concatenate(): (IMAGES, (2, 1, 5, 6)),
    tc.Multiply(): (IMAGES, (2, 4, 1, 1)),
}
"""From what ends branches to the shapes of what they bring."""


def without_example() -> set[type[tc.Layer]]:
    """Types that the gradient has a row for, and no layer is here."""
    kinds = {Activation if isinstance(layer, Activation) else type(layer) for layer in EVERY_LAYER | MERGES}
    return set(GRADIENT.table) - kinds


def check_row(layer: tc.Layer) -> None:
    """The row of a layer against differences of what the layer puts out."""

    def back(signal: Array, x: Array) -> Array:
        return GRADIENT[layer](signal, Step(layer, x, *layer.forward(x)))

    check_vjp(lambda x: layer.forward(x)[0], back, draw(0, *EVERY_LAYER[layer]))


def check_merge(layer: tc.Layer) -> None:
    """The same for each of the branches, where the others stay."""
    xs = [draw(seed, *shape) for seed, shape in enumerate(MERGES[layer])]

    for i, x in enumerate(xs):

        def with_branch(v: Array, i: int = i) -> list[Array]:
            return [*xs[:i], v, *xs[i + 1 :]]

        def back(signal: Array, v: Array, i: int = i) -> Array:
            parts = with_branch(v, i)
            found = GRADIENT[layer](signal, Step(layer, parts, *layer.forward(parts)))
            assert len(found) == len(xs)
            return found[i]

        check_vjp(lambda v, i=i: layer.forward(with_branch(v, i))[0], back, x)
