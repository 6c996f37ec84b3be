"""Layers with weights: convolution, dense, and batch norm as it acts at inference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

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
    """

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
        if self.groups < 1 or len(self.weight) % self.groups:
            raise ShapeError(f"{title(self)}: {len(self.weight)} filters are not {self.groups} equal groups")

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
class Dense(Layer):
    """``y = x W^T + b`` with weight (k, c) and bias (k,), optional."""

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
    """Batch norm in inference form; weight, bias, mean and variance are (c,)."""

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
