"""Layers with weights: convolution, dense, and batch norm as it acts at inference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from tinycnn.errors import ShapeError
from tinycnn.layers.base import Layer, expect
from tinycnn.ops import engine
from tinycnn.ops.geometry import Padding, Window, window
from tinycnn.ops.types import Array, Pair
from tinycnn.trace import title


@dataclass(frozen=True, eq=False)
class Conv2D(Layer):
    """Convolution (cross-correlation).

    Parameters
    ----------
    weight : (k, c / groups, a, b)
    bias : (k,), optional
    stride, padding, dilation, groups, circular
        As `tinycnn.ops.conv2d` takes them.

    Examples
    --------
    >>> layer = tc.Conv2D(np.ones((1, 1, 3, 3)), padding="same")
    >>> layer.forward(np.ones((1, 1, 2, 3)))[0]
    array([[[[4., 6., 4.],
             [4., 6., 4.]]]])
    """

    linear: ClassVar[bool] = True
    weight: Array
    bias: Array | None = None
    stride: int | Pair = 1
    padding: Padding = 0
    dilation: int | Pair = 1
    groups: int = 1
    circular: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_parameters(self, 4)
        _check_groups(self, "filters")

    @property
    def geometry(self) -> dict[str, Any]:
        """The options that the forward pass and all vjps share."""
        return {key: getattr(self, key) for key in ("stride", "padding", "dilation", "groups", "circular")}

    def window(self, image: Pair) -> Window:
        """Where its patches lie on images of a size."""
        size = (self.weight.shape[2], self.weight.shape[3])
        return window(image, size, self.stride, self.padding, self.dilation, self.circular)

    def forward(self, x: Array) -> tuple[Array, None]:
        expect(x, 4, self.weight.shape[1] * self.groups, self.weight)
        return engine.conv2d(x, self.weight, self.bias, **self.geometry), None


@dataclass(frozen=True, eq=False)
class ConvTranspose2D(Layer):
    """Transposed convolution: the vjp of a convolution, run forwards.

    Parameters
    ----------
    weight : (c, k / groups, a, b)
        Of the convolution from k channels to c whose vjp this is.
    bias : (k,), optional
    stride, padding, dilation, groups
        Of that convolution; padding is therefore cut off.
    extra : (int, int)
        Rows below and columns to the right that are added to the output.

    Examples
    --------
    >>> layer = tc.ConvTranspose2D(np.array([[[[1.0, 2.0]]]]), stride=(1, 2))
    >>> layer.forward(np.array([[[[1.0, 10.0]]]]))[0]
    array([[[[ 1.,  2., 10., 20.]]]])
    """

    linear: ClassVar[bool] = True
    weight: Array
    bias: Array | None = None
    stride: int | Pair = 1
    padding: Padding = 0
    dilation: int | Pair = 1
    groups: int = 1
    extra: Pair = (0, 0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.weight.ndim != 4:
            raise ShapeError(f"{title(self)}: weight must have 4 axes, got shape {self.weight.shape}")
        _check_groups(self, "channels")
        filters = self.weight.shape[1] * self.groups
        if self.bias is not None and self.bias.shape != (filters,):
            raise ShapeError(f"{title(self)}: bias must be ({filters},), got {self.bias.shape}")

    @property
    def geometry(self) -> dict[str, Any]:
        """The options that the forward pass and its vjp share."""
        return {key: getattr(self, key) for key in ("stride", "padding", "dilation", "groups")}

    def output(self, image: Pair) -> Pair:
        """Size of the output for images of a size."""
        if self.padding == "same":
            raise ShapeError(f'{title(self)}: padding must be given in numbers, not as "same"')
        at = window((1 << 12, 1 << 12), (1, 1), self.stride, self.padding, self.dilation)
        sides = [
            (image[i] - 1) * at.stride[i] + (self.weight.shape[2 + i] - 1) * at.dilation[i] + 1
            - sum(at.edges[i]) + self.extra[i]
            for i in (0, 1)
        ]  # fmt: skip
        if min(sides) < 1:
            raise ShapeError(f"{title(self)}: nothing is left of images of {image[0]}x{image[1]}")
        return sides[0], sides[1]

    def forward(self, x: Array) -> tuple[Array, None]:
        expect(x, 4, len(self.weight), self.weight)
        image = self.output((x.shape[2], x.shape[3]))
        y = engine.conv2d_vjp_input(x, self.weight, image, **self.geometry)
        return y if self.bias is None else y + self.bias[:, None, None], None


@dataclass(frozen=True, eq=False)
class Dense(Layer):
    """``y = x W^T + b`` with weight (k, c) and bias (k,), optional.

    Examples
    --------
    >>> layer = tc.Dense(np.array([[1.0, 2.0]]), np.array([0.5]))
    >>> layer.forward(np.array([[3.0, 4.0]]))[0]
    array([[11.5]])
    """

    linear: ClassVar[bool] = True
    weight: Array
    bias: Array | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_parameters(self, 2)

    def forward(self, x: Array) -> tuple[Array, None]:
        expect(x, 2, self.weight.shape[1], self.weight)
        return engine.dense(x, self.weight, self.bias), None


@dataclass(frozen=True, eq=False)
class BatchNorm2D(Layer):
    """Batch norm in inference form; weight, bias, mean and variance are (c,).

    Examples
    --------
    >>> one = np.ones(1)
    >>> layer = tc.BatchNorm2D(2 * one, one, mean=3 * one, variance=4 * one, epsilon=0.0)
    >>> layer.forward(np.array([[[[3.0, 5.0]]]]))[0]
    array([[[[1., 3.]]]])
    """

    linear: ClassVar[bool] = True
    weight: Array
    bias: Array
    mean: Array
    variance: Array
    epsilon: float = 1e-5

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_parameters(self, 1)

    def forward(self, x: Array) -> tuple[Array, None]:
        expect(x, 4, len(self.weight), self.weight)
        return engine.batch_norm2d(x, self.weight, self.bias, self.mean, self.variance, self.epsilon), None


@dataclass(frozen=True, eq=False)
class Scale(Layer):
    """``weight * x + bias`` with constants whose sides are those of an image, or 1 where all share a number.

    A batch norm over vectors, in inference form, is one.

    Examples
    --------
    >>> layer = tc.Scale(np.array([2.0, 3.0]), np.array([0.0, 1.0]))
    >>> layer.forward(np.ones((1, 2)))[0]
    array([[2., 4.]])
    """

    linear: ClassVar[bool] = True
    weight: Array
    bias: Array

    def forward(self, x: Array) -> tuple[Array, None]:
        return engine.scale(x, self.weight, self.bias), None


def _check_groups(layer: Conv2D | ConvTranspose2D, what: str) -> None:
    count, groups = len(layer.weight), layer.groups
    if not isinstance(groups, int | np.integer) or groups < 1 or count % groups:
        raise ShapeError(f"{title(layer)}: {count} {what} are not {groups!r} equal groups")


def _check_parameters(layer: Conv2D | Dense | BatchNorm2D, axes: int) -> None:
    shape, dtype = layer.weight.shape, layer.weight.dtype
    if len(shape) != axes:
        raise ShapeError(f"{title(layer)}: weight must have {axes} axes, got shape {shape}")
    for key, array in layer.parameters():
        if key != "weight" and (array.shape, array.dtype) != (shape[:1], dtype):
            raise ShapeError(
                f"{title(layer)}: {key} must be {dtype} {shape[:1]} to fit weight {shape}, "
                f"got {array.dtype} {array.shape}"
            )
