"""Products: of images with constants, and of images with each other, as gates multiply them.

Here sides of 1 meet any size: a gate (n, c, 1, 1) weighs every pixel of a channel alike. On the way back,
what was spread over many entries is summed over them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tinycnn.errors import ShapeError
from tinycnn.ops.arguments import takes
from tinycnn.ops.types import FLOATS, Array


def _scales(x: Array, weight: Array, bias: Array) -> None:
    _fits(x, weight, bias)


def _scaled(signal: Array, weight: Array) -> None:
    _fits(signal, weight)


def _fits(x: Array, *constants: Array) -> None:
    for constant in constants:
        if not isinstance(constant, np.ndarray) or constant.dtype != x.dtype:
            found = getattr(constant, "dtype", type(constant).__name__)
            raise ShapeError(f"a constant is {found}, but the images are {x.dtype}")
        if constant.ndim != x.ndim - 1 or any(
            a not in (1, b) for a, b in zip(constant.shape, x.shape[1:], strict=True)
        ):
            raise ShapeError(f"a constant of shape {constant.shape} does not meet images of {x.shape[1:]}")


def _factors(xs: Sequence[Array]) -> tuple[int, ...]:
    """The shape of the product."""
    if not isinstance(xs, Sequence) or not xs:
        raise ShapeError("expected a list of arrays of float32 or float64")
    if not all(isinstance(x, np.ndarray) and x.dtype in FLOATS and x.ndim for x in xs):
        raise ShapeError("expected a list of arrays of float32 or float64")
    if len({(x.ndim, len(x), x.dtype) for x in xs}) > 1:
        raise ShapeError(f"factors differ in images, axes or precision: {[x.shape for x in xs]}")
    sides = [{side for side in each if side != 1} for each in zip(*(x.shape for x in xs), strict=True)]
    if any(len(each) > 1 for each in sides):
        raise ShapeError(f"factors of shapes {[x.shape for x in xs]} do not meet")
    return tuple(next(iter(each), 1) for each in sides)


def _of_product(signal: Array, xs: Sequence[Array]) -> None:
    shape = _factors(xs)
    if signal.dtype != xs[0].dtype or signal.shape[1:] != shape[1:]:
        raise ShapeError(
            f"a signal {signal.dtype} {signal.shape} is not of the product {shape} of the factors"
        )
    if shape[0] not in (1, len(signal)):
        raise ShapeError(
            f"{len(signal)} signals for {shape[0]} images: one each, or any number for one image"
        )


@takes(_scales, x="n ...")
def scale(x: Array, weight: Array, bias: Array) -> Array:
    """``weight * x + bias``, entry by entry, the same for every image.

    Parameters
    ----------
    x : (n, ...)
    weight, bias : arrays
        As many axes as an image has, and sides of 1 where all entries share a number: (c, 1, 1) is a number
        for each channel.

    Returns
    -------
    (n, ...)
    """
    return x * weight + bias


@takes(_scaled, signal="t ...")
def scale_vjp(signal: Array, weight: Array) -> Array:
    """``weight * signal``: the bias is nothing to the way back."""
    return signal * weight


@takes(_factors)
def multiply(xs: Sequence[Array]) -> Array:
    """Product of images, entry by entry: the end of a squeeze-and-excitation block.

    Parameters
    ----------
    xs : sequence of arrays
        Of as many axes; sides are equal, or 1.

    Returns
    -------
    array
        Of the shape that they have together.
    """
    return math.prod(xs[1:], start=xs[0])


@takes(_of_product, signal="t ...")
def multiply_vjp(signal: Array, xs: Sequence[Array]) -> tuple[Array, ...]:
    """The product rule: factor i receives ``signal`` times all the others, summed where it was spread.

    Parameters
    ----------
    signal : array of the shape of the product
        For factors of one image, any number of signals.
    xs : sequence of arrays
        The factors that `multiply` was given.
    """
    others = ([*xs[:i], *xs[i + 1 :]] for i in range(len(xs)))
    parts = (math.prod(each, start=signal) for each in others)
    return tuple(_summed(part, x.shape) for part, x in zip(parts, xs, strict=True))


def _summed(part: Array, shape: tuple[int, ...]) -> Array:
    """The transpose of spreading sides of 1; the first axis counts signals."""
    spread = tuple(axis for axis in range(1, part.ndim) if shape[axis] == 1 < part.shape[axis])
    return np.asarray(part.sum(axis=spread, keepdims=True)) if spread else part
