"""Layers that only move numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from tinycnn.layers.base import Layer, expect
from tinycnn.ops import engine
from tinycnn.ops.rearrange import Border, Range
from tinycnn.ops.shape import Order
from tinycnn.ops.types import Array, Edges


@dataclass(frozen=True, eq=False)
class Flatten(Layer):
    """(n, c, h, w) -> (n, c*h*w), channels first ("chw", as torch) or last ("hwc", as TensorFlow).

    Examples
    --------
    >>> x = np.arange(4.0).reshape(1, 2, 1, 2)
    >>> tc.Flatten().forward(x)[0], tc.Flatten("hwc").forward(x)[0]
    (array([[0., 1., 2., 3.]]), array([[0., 2., 1., 3.]]))
    """

    linear: ClassVar[bool] = True
    order: Order = "chw"

    def forward(self, x: Array) -> tuple[Array, None]:
        expect(x, 4)
        return engine.flatten(x, self.order), None


@dataclass(frozen=True, eq=False)
class Reshape(Layer):
    """Every image gets other sides: ``(n, ...)`` -> ``(n, *shape)``, in row-major order.

    Examples
    --------
    >>> tc.Reshape((2, 2)).forward(np.array([[1.0, 2.0, 3.0, 4.0]]))[0]
    array([[[1., 2.],
            [3., 4.]]])
    """

    linear: ClassVar[bool] = True
    shape: tuple[int, ...]

    def forward(self, x: Array) -> tuple[Array, None]:
        return engine.reshape(x, self.shape), None


@dataclass(frozen=True, eq=False)
class Transpose(Layer):
    """The axes of every image in another order: axis i of the result, i from 1, was axis ``axes[i - 1]``.

    Examples
    --------
    >>> tc.Transpose((2, 3, 1)).forward(np.zeros((1, 3, 5, 7)))[0].shape
    (1, 5, 7, 3)
    """

    linear: ClassVar[bool] = True
    axes: tuple[int, ...]

    def forward(self, x: Array) -> tuple[Array, None]:
        return engine.transpose(x, self.axes), None


@dataclass(frozen=True, eq=False)
class Take(Layer):
    """A part of every image: for each axis of it (first, end, step), as `tinycnn.ops.take` takes them.

    Examples
    --------
    >>> tc.Take(((0, 1, 1), (1, 6, 2))).forward(np.array([[np.arange(6.0)]]))[0]
    array([[[1., 3., 5.]]])
    """

    linear: ClassVar[bool] = True
    ranges: tuple[Range, ...]

    def forward(self, x: Array) -> tuple[Array, None]:
        return engine.take(x, self.ranges), None


@dataclass(frozen=True, eq=False)
class Pad2D(Layer):
    """A border around every image, as `tinycnn.ops.pad2d` draws it.

    Examples
    --------
    >>> tc.Pad2D(((0, 1), (1, 2)), "edge").forward(np.array([[[[1.0, 2.0]]]]))[0]
    array([[[[1., 1., 2., 2., 2.],
             [1., 1., 2., 2., 2.]]]])
    """

    linear: ClassVar[bool] = True
    padding: Edges
    border: Border = "constant"
    value: float = 0.0

    def forward(self, x: Array) -> tuple[Array, None]:
        expect(x, 4)
        return engine.pad2d(x, self.padding, self.border, self.value), None


@dataclass(frozen=True, eq=False)
class Resample2D(Layer):
    """Images at another size: ``rows x columns^T`` for every channel.

    Parameters
    ----------
    rows : (h', h)
    columns : (w', w)
        How much of each row, and of each column, of the image is in each of the result: see
        `tinycnn.ops.resample`.

    Examples
    --------
    >>> halves = np.array([[0.5, 0.5]])
    >>> tc.Resample2D(halves, halves).forward(np.array([[[[1.0, 3.0], [5.0, 7.0]]]]))[0]
    array([[[[4.]]]])
    """

    linear: ClassVar[bool] = True
    rows: Array
    columns: Array

    def forward(self, x: Array) -> tuple[Array, None]:
        return engine.resample2d(x, self.rows, self.columns), None
