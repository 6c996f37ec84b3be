"""Laws that tie a map to the image and to the network's output."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from tinycnn.errors import CheckError
from tinycnn.layers import Conv2D, MaxPool2D, ReLU
from tinycnn.layers.sizes import Shape, shape_after
from tinycnn.ops.geometry import pool_window
from tinycnn.ops.types import Array
from tinycnn.rules import GRADIENT
from tinycnn.testing.case import Case
from tinycnn.testing.law import Law, expect_same
from tinycnn.testing.strategies import cases, chains, convolutions, perceptrons, pools, tiny_shapes
from tinycnn.trace import Rows

ROUNDING = 1e-12
"""Of sums of products, relative to the sum of their magnitudes."""


def completeness(rule: Rows, case: Case) -> None:
    map_, trace = case.map(rule), case.trace()
    inner, logit = float((map_ * trace.input).sum()), float((case.seed * trace.output).sum())
    scale = float(np.abs(map_ * trace.input).sum() + np.abs(case.seed * trace.output).sum())
    if not abs(inner - logit) <= ROUNDING * scale:
        raise CheckError(f"<map, x> is {inner:.9g}, expected <seed, output>, {logit:.9g}")


def conservation(rule: Rows, case: Case) -> None:
    for signal in case.signals(rule):
        found, sent = float(signal.sum()), float(case.seed.sum())
        scale = float(np.abs(signal).sum() + np.abs(case.seed).sum())
        if not abs(found - sent) <= ROUNDING * scale:
            raise CheckError(f"a signal of sum {sent:.9g} was sent back, but one of sum {found:.9g} arrives")


def input_sign(rule: Rows, case: Case) -> None:
    product = case.map(rule) * case.x
    if not product.sum() >= -ROUNDING * np.abs(product).sum():
        raise CheckError(f"<map, x> is {float(product.sum()):.9g}")


def positive(rule: Rows, case: Case) -> None:
    expect_same(case.map(rule), case.map(GRADIENT), "where all is positive, the map")


def switches(rule: Rows, case: Case) -> None:
    expected: Array = np.zeros_like(case.x)
    for output, entry in first_maxima(case).items():
        expected[entry] += case.seed[output]
    expect_same(case.map(rule), expected, "the signal below the pool")


def first_maxima(case: Case) -> dict[tuple[int, ...], tuple[int, ...]]:
    """From each output of a max-pool to the input that it took, found by walking through its window."""
    (layer,) = case.layers
    assert isinstance(layer, MaxPool2D)
    at = pool_window((case.x.shape[2], case.x.shape[3]), layer.size, layer.stride, layer.padding)
    found: dict[tuple[int, ...], tuple[int, ...]] = {}
    for n, c, i, j in np.ndindex(*case.seed.shape):
        top, left = i * at.stride[0] - at.edges[0][0], j * at.stride[1] - at.edges[1][0]
        inside = [
            (n, c, h, w)
            for h in range(max(top, 0), min(top + at.size[0], at.image[0]))
            for w in range(max(left, 0), min(left + at.size[1], at.image[1]))
        ]
        found[n, c, i, j] = max(inside, key=lambda entry: case.x[entry])
    return found


@st.composite
def _first_conv(draw: st.DrawFn, shape: Shape) -> Any:
    first: Conv2D = draw(convolutions(shape, bias=False))
    below = (first, ReLU())
    kinds = ("relu", "conv", "maxpool", "avgpool", "flatten")
    return (*below, *draw(chains(shape_after(below, shape), kinds, deepest=3)))


_PIECEWISE = ("relu", "conv", "maxpool", "avgpool", "flatten", "gap", "branches")

MEANING = (
    Law(
        "completeness",
        "In a ReLU network without biases, <map, x> = <seed, output>.",
        completeness,
        (cases(lambda shape: chains(shape, _PIECEWISE, bias=False)),),
    ),
    Law(
        "conservation",
        "Where all numbers are positive, the sum of the signal is the same at every layer.",
        conservation,
        (
            cases(lambda shape: perceptrons(shape, smallest=1), tiny_shapes, smallest_x=1),
            cases(
                lambda shape: chains(shape, ("relu", "conv", "maxpool", "flatten"), smallest=1, plain=True),
                smallest_x=1,
            ),
        ),
    ),
    Law(
        "input-sign",
        "If the first layers are a convolution without bias and a ReLU, <map, x> is never negative.",
        input_sign,
        (cases(_first_conv),),
    ),
    Law(
        "positive",
        "Where all numbers are positive, the map is the gradient.",
        positive,
        (cases(lambda shape: chains(shape, _PIECEWISE, smallest=1), smallest_x=1, smallest_seed=1),),
    ),
    Law(
        "switches",
        "Below a max-pool, each signal lands on the first maximum of its window, once.",
        switches,
        (cases(lambda shape: st.tuples(pools(shape))),),
    ),
)
