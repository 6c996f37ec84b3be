"""Pools and resampling as frameworks describe them, for images of a known size."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tinycnn.layers import AvgPool2D, GlobalAvgPool2D, Layer, MaxPool2D, Pad2D, Reshape
from tinycnn.ops.geometry import Window, window
from tinycnn.ops.types import Array, Edges, Pair

LARGEST = 1 << 22
"""Entries that a matrix of resampling may have: from 2048 rows to 2048."""

NONE: Edges = ((0, 0), (0, 0))


def overhang(image: Pair, at: Window) -> Edges:
    """What a pool that rounds its output size up sees beyond the padded image, below and to the right.

    A last window that would begin there is left out.
    """
    extra = []
    for axis in (0, 1):
        padded, extent, step = at.padded[axis], at.extent[axis], at.stride[axis]
        count = -(-(padded - extent) // step) + 1
        if (count - 1) * step >= image[axis] + at.edges[axis][0]:
            count -= 1
        extra.append((0, max(0, (count - 1) * step + extent - padded)))
    return extra[0], extra[1]


def max_pool(at: Window, up: bool, name: str) -> Layer:
    """A max-pool, perhaps with its output size rounded up: padding never wins, so more of it does no harm."""
    edges = _together(at.edges, overhang(at.image, at)) if up else at.edges
    return MaxPool2D(at.size, at.stride, edges, at.dilation, name=name)


def avg_pool(at: Window, up: bool, count_padding: bool, name: str) -> tuple[Layer, ...]:
    """A pool of means, perhaps with its output size rounded up: what hangs over never counts."""
    extra = overhang(at.image, at) if up else NONE
    if at.size == at.image and at.edges == NONE and extra == NONE:
        return (GlobalAvgPool2D(name=name),)
    if extra == NONE and (count_padding or at.edges == NONE):
        return (AvgPool2D(at.size, at.stride, at.edges, at.dilation, name=name),)
    if not count_padding or at.edges == NONE:
        edges = _together(at.edges, extra)
        return (AvgPool2D(at.size, at.stride, edges, at.dilation, count_padding=False, name=name),)
    pad = Pad2D(at.edges, name=f"{name}.pad")
    return pad, AvgPool2D(at.size, at.stride, extra, at.dilation, count_padding=False, name=name)


def images_again(layers: tuple[Layer, ...], channels: int) -> tuple[Layer, ...]:
    """The same, but a global pool makes images of one pixel, as frameworks' pools do."""
    if isinstance(layers[-1], GlobalAvgPool2D):
        return *layers, Reshape((channels, 1, 1), name=f"{layers[-1].name}.pixel")
    return layers


def adaptive(image: Pair, output: Pair) -> Window | None:
    """The windows of a pool to a given output size; None where the sizes do not divide."""
    if any(a < 1 or b % a for a, b in zip(output, image, strict=True)):
        return None
    size = image[0] // output[0], image[1] // output[1]
    return window(image, size, size)


Place = Callable[[Array], Array]
"""Where in the image, counted in its pixels, pixel i of the result is taken from."""


def places(kind: str, inner: int, outer: int, scale: float) -> Place:
    """How the coordinates of the result are those of the image.

    Parameters
    ----------
    kind : {"half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"}
        Names and formulas are ONNX's, of its operator Resize.
    inner, outer : int
        Sizes of the image and of the result.
    scale : float
        ``outer / inner``, as given.
    """
    if kind == "align_corners" and outer > 1:
        return lambda i: i * ((inner - 1) / (inner * scale - 1))
    if kind == "align_corners" or (kind == "pytorch_half_pixel" and outer == 1):
        return lambda i: 0 * i
    if kind in ("half_pixel", "pytorch_half_pixel"):
        return lambda i: (i + 0.5) / scale - 0.5
    if kind == "asymmetric":
        return lambda i: i / scale
    raise ValueError(f"coordinates of the kind {kind!r} are not supported")


NEAREST: dict[str, Callable[[Array], Array]] = {
    "round_prefer_floor": lambda at: np.ceil(at - 0.5),
    "round_prefer_ceil": lambda at: np.floor(at + 0.5),
    "floor": np.floor,
    "ceil": np.ceil,
}


def nearest(inner: int, outer: int, place: Place, rounding: str = "floor") -> Array:
    """The matrix (outer, inner) that takes the nearest pixel."""
    _check(inner, outer)
    at = NEAREST[rounding](place(np.arange(outer, dtype=float))).clip(0, inner - 1).astype(int)
    matrix = np.zeros((outer, inner))
    matrix[np.arange(outer), at] = 1
    return matrix


def linear(inner: int, outer: int, place: Place) -> Array:
    """The matrix (outer, inner) that weighs the two pixels on either side; beyond the edge is the edge."""
    _check(inner, outer)
    i = np.arange(outer)
    at = place(i.astype(float)).clip(0, inner - 1)
    low = np.floor(at).astype(int).clip(0, max(0, inner - 2))
    matrix = np.zeros((outer, inner))
    matrix[i, low] = 1 - (at - low)
    matrix[i, (low + 1).clip(0, inner - 1)] += at - low
    return matrix


def _check(inner: int, outer: int) -> None:
    if not 0 < inner * outer <= LARGEST:
        raise ValueError(f"from {inner} to {outer} rows or columns is too many")


def _together(first: Edges, second: Edges) -> Edges:
    (a, b), (c, d) = first
    (e, f), (g, h) = second
    return (a + e, b + f), (c + g, d + h)
