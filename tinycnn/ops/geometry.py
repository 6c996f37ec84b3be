"""Where a sliding window lies on an image: size, stride, dilation and padding, resolved to plain integers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from operator import index
from typing import Literal, TypeAlias

from tinycnn.errors import ShapeError
from tinycnn.ops.types import Edges, Pair

Padding: TypeAlias = int | Pair | Edges | Literal["same"]
"""One number, (height, width), ((top, bottom), (left, right)), or TensorFlow's "same"."""

LARGEST = 2**31
"""A padded image must have fewer pixels: kernels count those of a plane in 32 bits."""

FARTHEST = 2**62
"""A step, however far beyond the image, must be less, so that 64 bits hold the sum of two."""

_REMEMBERED = 1024
"""Geometries: more than the layers of the largest networks here."""


@dataclass(frozen=True)
class Window:
    """A window that slides over images of one size.

    Parameters
    ----------
    image : (h, w)
        Size of the images before padding.
    size, stride, dilation : (int, int)
        Taps of the window, step between windows, and step between taps, each (vertical, horizontal).
    edges : ((top, bottom), (left, right))
        Rows and columns of padding.
    circular : bool
        Pad with the opposite side of the image instead of a constant.
    """

    image: Pair
    size: Pair
    stride: Pair
    dilation: Pair
    edges: Edges
    circular: bool

    @property
    def corner(self) -> Pair:
        """Where the image begins on the padded one: rows of padding above it, and columns to its left."""
        return self.edges[0][0], self.edges[1][0]

    @property
    def padded(self) -> Pair:
        """Size of the image with its padding."""
        (h, w), ((top, bottom), (left, right)) = self.image, self.edges
        return top + h + bottom, left + w + right

    @property
    def extent(self) -> Pair:
        """Pixels from a window's first tap to its last: ``(size - 1) * dilation + 1``."""
        return (self.size[0] - 1) * self.dilation[0] + 1, (self.size[1] - 1) * self.dilation[1] + 1

    @cached_property
    def output(self) -> Pair:
        """How many windows fit, down and across."""
        (h, w), (a, b), (s, t) = self.padded, self.extent, self.stride
        return (h - a) // s + 1, (w - b) // t + 1

    @cached_property
    def sees_image(self) -> bool:
        """Whether every window has at least one tap on a pixel that is not padding."""
        return all(map(self._sees, (0, 1)))

    def _sees(self, axis: int) -> bool:
        """Along one axis. Without dilation the first and the last window tell."""
        count, step, tap = self.output[axis], self.stride[axis], self.dilation[axis]
        for place in range(count) if tap > 1 else {0, count - 1}:
            start = place * step - self.edges[axis][0]
            first = max(0, -(start // tap))
            if first >= self.size[axis] or start + first * tap >= self.image[axis]:
                return False
        return True


def window(
    image: Pair,
    size: Pair,
    stride: int | Pair = 1,
    padding: Padding = 0,
    dilation: int | Pair = 1,
    circular: bool = False,
) -> Window:
    """Resolve a geometry as people write it to the integers that the loops need.

    Parameters
    ----------
    image, size : (int, int)
        Height and width of the image, and of the window.
    stride, dilation : int or (int, int)
    padding : int, (int, int), ((top, bottom), (left, right)) or "same"
        "same" is TensorFlow's: the output has ``ceil(h / stride)`` rows; an odd row of padding goes below.
    circular : bool

    Raises
    ------
    ShapeError
        The numbers are not a geometry, or no window fits on the padded image.
    """
    sides = _sides(padding)
    return _window(pair(image), pair(size), pair(stride), sides, pair(dilation), bool(circular))


@lru_cache(_REMEMBERED)  # of whole numbers only: 1.0, which is no size, counts as 1 there
def _window(
    image: Pair,
    size: Pair,
    stride: Pair,
    padding: Edges | Literal["same"],
    dilation: Pair,
    circular: bool,
) -> Window:
    if min(*size, *stride, *dilation) < 1:
        raise ShapeError(f"size {size}, stride {stride} and dilation {dilation} must be at least 1")
    if max(*size, *stride, *dilation) >= FARTHEST:
        raise ShapeError(f"size {size}, stride {stride} and dilation {dilation} must be below {FARTHEST}")
    edges = padding
    if edges == "same":
        down, across = zip(image, size, stride, dilation, strict=True)
        edges = _same(*down), _same(*across)
    if min(*edges[0], *edges[1]) < 0:
        raise ShapeError(f"padding must not be negative, got {edges}")
    found = Window(image, size, stride, dilation, edges, circular)
    if math.prod(found.padded) >= LARGEST:
        raise ShapeError(f"an image of {found.padded[0]}x{found.padded[1]} with its padding is too large")
    if min(found.output) < 1 or min(image) < 1:
        raise ShapeError(
            f"a window of {found.extent[0]}x{found.extent[1]} does not fit on an image of "
            f"{image[0]}x{image[1]} with padding {edges}"
        )
    return found


def pool_window(
    image: Pair, size: int | Pair, stride: int | Pair, padding: Padding, dilation: int | Pair = 1
) -> Window:
    """The window of a max-pool, in which padding must never win.

    Raises
    ------
    ShapeError
        As `window` does, and where a window would lie on padding alone.
    """
    found = window(image, pair(size), stride, padding, dilation)
    if not found.sees_image:
        raise ShapeError(f"padding {found.edges} fills a whole pooling window of {found.size} on {image}")
    return found


def countable(image: Pair) -> None:
    """Refuse an image of more pixels than kernels count.

    Raises
    ------
    ShapeError
    """
    if math.prod(image) >= LARGEST:
        raise ShapeError(f"an image of {image[0]}x{image[1]} is too large")


def pair(value: int | Pair) -> Pair:
    """``3`` means ``(3, 3)``.

    Raises
    ------
    ShapeError
        These are not one or two whole numbers.
    """
    if type(value) is int:  # these two lines are for speed: every operation comes by here
        return value, value
    if type(value) is tuple and list(map(type, value)) == [int, int]:
        return value
    try:
        both = value if isinstance(value, Sequence) else (value, value)
        first, second = (index(number) for number in both)
    except (TypeError, ValueError):
        raise ShapeError(f"expected a whole number or a pair of them, got {value!r}") from None
    return first, second


def _sides(padding: Padding) -> Edges | Literal["same"]:
    if isinstance(padding, str) and padding == "same":
        return padding
    sides = padding if isinstance(padding, Sequence) else (padding, padding)
    if isinstance(sides, str) or len(sides) != 2:
        raise ShapeError(f'padding is a number, a pair, a pair of pairs, or "same"; got {padding!r}')
    return pair(sides[0]), pair(sides[1])


def _same(length: int, size: int, stride: int, dilation: int) -> Pair:
    outputs = -(-length // stride)
    total = max((outputs - 1) * stride + (size - 1) * dilation + 1 - length, 0)
    return total // 2, total - total // 2
