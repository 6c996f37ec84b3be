"""Operations that only move numbers: flatten, add, concatenate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Integral
from typing import Any, Literal, TypeAlias

import numpy as np

from tinycnn.errors import ShapeError
from tinycnn.ops.arguments import takes
from tinycnn.ops.types import FLOATS, Array

Order: TypeAlias = Literal["chw", "hwc"]
"""Which axis runs slowest: channels first (torch) or last (TensorFlow)."""


def _order(order: Order) -> None:
    if order not in ("chw", "hwc"):
        raise ShapeError(f'order is "chw" or "hwc", got {order!r}')


def _folds(signal: Array, shape: tuple[int, ...], order: Order) -> None:
    _order(order)
    if len(_counts(shape)) != 3 or math.prod(shape) != signal.shape[1]:
        raise ShapeError(f"rows of {signal.shape[1]} entries do not fold up to (c, h, w) = {shape}")


def _alike(xs: Sequence[Array]) -> None:
    _arrays(xs)
    if len({(x.shape, x.dtype) for x in xs}) != 1:
        raise ShapeError(f"arrays to be added differ: {_listed(xs)}")


def _stackable(xs: Sequence[Array]) -> None:
    _arrays(xs)
    if min((x.ndim for x in xs), default=0) < 2 or len({(len(x), x.shape[2:], x.dtype) for x in xs}) != 1:
        raise ShapeError(f"arrays to be stacked differ in more than their channels: {_listed(xs)}")


def _adds_up(signal: Array, channels: Sequence[int]) -> None:
    if not _counts(channels) or sum(channels) != signal.shape[1]:
        raise ShapeError(f"{signal.shape[1]} channels cannot be cut into {list(channels)}")


def _counts(numbers: Any) -> Sequence[int]:
    """The numbers, if they are whole and none is negative."""
    if not isinstance(numbers, Sequence) or not all(isinstance(n, Integral) and int(n) >= 0 for n in numbers):
        raise ShapeError(f"expected whole numbers that are not negative, got {numbers!r}")
    return numbers


def _arrays(xs: Sequence[Array]) -> None:
    if not isinstance(xs, Sequence) or not all(isinstance(x, np.ndarray) and x.dtype in FLOATS for x in xs):
        raise ShapeError("expected a list of arrays of float32 or float64")


def _listed(xs: Sequence[Array]) -> str:
    return ", ".join(f"{x.dtype} {x.shape}" for x in xs) or "there are none"


@takes(_order, x="n c h w")
def flatten(x: Array, order: Order = "chw") -> Array:
    """Lay an image out as one row: (n, c, h, w) -> (n, c*h*w)."""
    moved = x if order == "chw" else x.transpose(0, 2, 3, 1)
    return moved.reshape(x.shape[0], int(np.prod(x.shape[1:])))


@takes(_folds, signal="n f")
def flatten_vjp(signal: Array, shape: tuple[int, ...], order: Order = "chw") -> Array:
    """Fold a row up again: (n, c*h*w) -> (n, c, h, w), with `shape` = (c, h, w)."""
    c, h, w = shape
    if order == "chw":
        return signal.reshape(len(signal), c, h, w)
    return signal.reshape(len(signal), h, w, c).transpose(0, 3, 1, 2)


@takes(_alike)
def add(xs: Sequence[Array]) -> Array:
    """Sum of arrays of one shape: the end of a residual block."""
    total = xs[0]
    for x in xs[1:]:
        total = total + x
    return total


@takes(signal="...", count="count")
def add_vjp(signal: Array, count: int) -> tuple[Array, ...]:
    """Every summand receives the whole signal."""
    return (signal,) * count


@takes(_stackable)
def concatenate(xs: Sequence[Array]) -> Array:
    """Stack images along their channels: the end of a fire or inception block."""
    return np.concatenate(xs, axis=1)


@takes(_adds_up, signal="n c ...")
def concatenate_vjp(signal: Array, channels: Sequence[int]) -> tuple[Array, ...]:
    """Cut a signal where the images met: image i had ``channels[i]`` channels."""
    return tuple(np.split(signal, np.cumsum(channels)[:-1], axis=1))
