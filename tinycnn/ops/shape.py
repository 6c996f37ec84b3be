"""Operations that only move numbers: flatten, add, concatenate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

import numpy as np

from tinycnn.ops.types import Array

Order: TypeAlias = Literal["chw", "hwc"]
"""Which axis runs slowest: channels first (torch) or last (TensorFlow)."""


def flatten(x: Array, order: Order = "chw") -> Array:
    """Lay an image out as one row: (n, c, h, w) -> (n, c*h*w)."""
    moved = x if order == "chw" else x.transpose(0, 2, 3, 1)
    return moved.reshape(x.shape[0], int(np.prod(x.shape[1:])))


def flatten_vjp(signal: Array, shape: tuple[int, ...], order: Order = "chw") -> Array:
    """Fold a row up again: (n, c*h*w) -> (n, c, h, w), with `shape` = (c, h, w)."""
    c, h, w = shape
    if order == "chw":
        return signal.reshape(len(signal), c, h, w)
    return signal.reshape(len(signal), h, w, c).transpose(0, 3, 1, 2)


def add(xs: Sequence[Array]) -> Array:
    """Sum of arrays of one shape: the end of a residual block."""
    total = xs[0]
    for x in xs[1:]:
        total = total + x
    return total


def add_vjp(signal: Array, count: int) -> tuple[Array, ...]:
    """Every summand receives the whole signal."""
    return (signal,) * count


def concatenate(xs: Sequence[Array]) -> Array:
    """Stack images along their channels: the end of a fire or inception block."""
    return np.concatenate(xs, axis=1)


def concatenate_vjp(signal: Array, channels: Sequence[int]) -> tuple[Array, ...]:
    """Cut a signal where the images met: image i had ``channels[i]`` channels."""
    return tuple(np.split(signal, np.cumsum(channels)[:-1], axis=1))
