"""Operations that move the numbers of each image to other places: reshape, transpose, slice, pad.

Each is a matrix of zeros and ones, at most one 1 in a row; the vjp is its transpose.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Integral
from typing import Any, Literal, TypeAlias

import numpy as np

from tinycnn.errors import ShapeError
from tinycnn.ops.arguments import takes
from tinycnn.ops.geometry import LARGEST
from tinycnn.ops.shape import _counts
from tinycnn.ops.types import Array, Edges, Pair

Border: TypeAlias = Literal["constant", "reflect", "edge"]
"""What lies around an image: a number, its mirror image without the edge itself, or its edge."""

Range: TypeAlias = tuple[int, int, int]
"""(first, end, step) of what is taken of an axis; ``(0, n, 1)`` is all of it."""


def _reshapes(x: Array, shape: tuple[int, ...]) -> None:
    if math.prod(_counts(shape)) != math.prod(x.shape[1:]):
        raise ShapeError(f"an image of shape {x.shape[1:]} cannot have the shape {tuple(shape)}")


def _orders(x: Array, axes: tuple[int, ...]) -> None:
    if sorted(_counts(axes)) != list(range(1, x.ndim)):
        raise ShapeError(f"axes {axes} are no order of the axes of an image of shape {x.shape[1:]}")


def _reshaped(signal: Array, shape: tuple[int, ...]) -> None:
    _reshapes(signal, shape)


def _ordered(signal: Array, axes: tuple[int, ...]) -> None:
    _orders(signal, axes)


def _is_part(x: Array, ranges: Sequence[Range]) -> None:
    _check_ranges(x.shape[1:], ranges)


def _was_part(signal: Array, shape: tuple[int, ...], ranges: Sequence[Range]) -> None:
    _check_ranges(tuple(_counts(shape)), ranges)
    if math.prod(map(int, shape)) >= LARGEST or signal.shape[1:] != tuple(
        len(range(*each)) for each in ranges
    ):
        raise ShapeError(f"signals of shape {signal.shape[1:]} are no part {ranges} of {shape}")


def _border(x: Array, padding: Edges, border: Border) -> None:
    _places((x.shape[2], x.shape[3]), padding, border)


def _bordered(signal: Array, image: Pair, padding: Edges, border: Border) -> None:
    rows, columns = _places(image, padding, border)
    if signal.shape[2:] != (len(rows), len(columns)):
        raise ShapeError(f"signal must be (n, c, {len(rows)}, {len(columns)}), got shape {signal.shape}")


@takes(_reshapes, x="n ...")
def reshape(x: Array, shape: tuple[int, ...]) -> Array:
    """Give every image other sides: ``(n, ...)`` -> ``(n, *shape)``, in row-major order."""
    return x.reshape(len(x), *shape)


@takes(_reshaped, signal="n ...")
def reshape_vjp(signal: Array, shape: tuple[int, ...]) -> Array:
    """Give signals the sides back that images had, `shape`."""
    return signal.reshape(len(signal), *shape)


@takes(_orders, x="n ...")
def transpose(x: Array, axes: tuple[int, ...]) -> Array:
    """Reorder the axes of every image: axis i of the result, i from 1, was axis ``axes[i - 1]``.

    Parameters
    ----------
    x : (n, ...)
    axes : tuple of int
        A permutation of 1, 2, ...: axis 0 counts images and stays.
    """
    return np.ascontiguousarray(x.transpose(0, *axes))


@takes(_ordered, signal="n ...")
def transpose_vjp(signal: Array, axes: tuple[int, ...]) -> Array:
    """Put the axes back where they were."""
    return np.ascontiguousarray(signal.transpose(0, *(axes.index(i) + 1 for i in range(1, signal.ndim))))


@takes(_is_part, x="n ...")
def take(x: Array, ranges: Sequence[Range]) -> Array:
    """A part of every image: of axis i, from 1, what ``ranges[i - 1]`` says.

    Parameters
    ----------
    x : (n, ...)
    ranges : sequence of (first, end, step)
        One for each axis of an image; steps are positive.
    """
    return np.ascontiguousarray(x[_slices(ranges)])


@takes(_was_part, signal="n ...")
def take_vjp(signal: Array, shape: tuple[int, ...], ranges: Sequence[Range]) -> Array:
    """Put the part back where it was; zeros elsewhere, ``(n, *shape)``."""
    total = np.zeros((len(signal), *shape), signal.dtype)
    total[_slices(ranges)] = signal
    return total


@takes(_border, x="n c h w", value="number")
def pad2d(x: Array, padding: Edges, border: Border = "constant", value: float = 0.0) -> Array:
    """Surround images by a number, by their mirror images, or by their edges.

    Parameters
    ----------
    x : (n, c, h, w)
    padding : ((top, bottom), (left, right))
        Negative numbers cut rows and columns off.
    border : {"constant", "reflect", "edge"}
    value : float
        The number, of a constant border.

    Returns
    -------
    (n, c, top + h + bottom, left + w + right)

    Raises
    ------
    ShapeError
        Nothing is left, or a mirror image does not reach that far.
    """
    rows, columns = _places((x.shape[2], x.shape[3]), padding, border)
    y = x[:, :, rows.clip(0)][..., columns.clip(0)]
    if border == "constant":
        y[:, :, rows < 0] = value
        y[..., columns < 0] = value
    return np.ascontiguousarray(y)


@takes(_bordered, signal="n c h w", image="pair")
def pad2d_vjp(signal: Array, image: Pair, padding: Edges, border: Border = "constant") -> Array:
    """Add up what fell on copies of each pixel; what fell on a constant is lost.

    Parameters
    ----------
    signal : (n, c, top + h + bottom, left + w + right)
    image : (h, w)

    Returns
    -------
    (n, c, h, w)
    """
    rows, columns = _places(image, padding, border)
    signal = signal[:, :, rows >= 0][..., columns >= 0]
    total = np.zeros((*signal.shape[:2], *image), signal.dtype)
    everywhere: Any = (..., rows[rows >= 0][:, None], columns[columns >= 0])
    np.add.at(total, everywhere, signal)
    return total


def _places(image: Pair, padding: Edges, border: Border) -> tuple[Array, Array]:
    """For each row and each column of the padded image, which it is in the image; -1 for a constant."""
    if border not in ("constant", "reflect", "edge"):
        raise ShapeError(f'border is "constant", "reflect" or "edge", got {border!r}')
    sides = padding if isinstance(padding, Sequence) and len(padding) == 2 else ()
    if not sides or not all(isinstance(side, Sequence) and len(side) == 2 for side in sides):
        raise ShapeError(f"padding is ((top, bottom), (left, right)), got {padding!r}")
    edges: list[Any] = [edge for side in sides for edge in side]
    if not all(isinstance(edge, Integral) and -LARGEST < int(edge) < LARGEST for edge in edges):
        raise ShapeError(f"padding is of whole numbers, got {padding!r}")
    lengths = [length + sum(side) for length, side in zip(image, sides, strict=True)]
    if min(lengths) < 1 or min(image) < 1 or math.prod(lengths) >= LARGEST:
        raise ShapeError(
            f"padding {padding} leaves nothing of an image of {image[0]}x{image[1]}, or is too large"
        )
    found = []
    for length, (before, after) in zip(image, padding, strict=True):
        at = np.arange(-before, length + after)
        if border == "edge":
            at = at.clip(0, length - 1)
        elif border == "reflect":
            if max(before, after) >= length:
                raise ShapeError(f"an image of {image[0]}x{image[1]} has no mirror image of {padding}")
            at = length - 1 - np.abs(length - 1 - np.abs(at))
        else:
            at[(at < 0) | (at >= length)] = -1
        found.append(at)
    return found[0], found[1]


def _slices(ranges: Sequence[Range]) -> tuple[slice, ...]:
    return (slice(None), *(slice(*each) for each in ranges))


def _check_ranges(shape: Sequence[int], ranges: Sequence[Range]) -> None:
    whole = isinstance(ranges, Sequence) and all(isinstance(each, Sequence) for each in ranges)
    if not whole or len(ranges) != len(shape) or any(len(_counts(each)) != 3 for each in ranges):
        raise ShapeError(f"expected (first, end, step) for each axis of {tuple(shape)}, got {ranges!r}")
    for (first, end, step), side in zip(ranges, shape, strict=True):
        if not first < end <= side or step < 1:
            raise ShapeError(f"ranges {tuple(ranges)} are no part of an image of shape {tuple(shape)}")
