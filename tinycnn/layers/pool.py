"""Pools: the largest entry or the mean of every window, or of a whole channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from tinycnn.layers.base import Layer, expect
from tinycnn.ops import engine
from tinycnn.ops.geometry import Padding, Window, pair, pool_window, window
from tinycnn.ops.types import Array, Pair


@dataclass(frozen=True, eq=False)
class Pool2D(Layer):
    """What all pools share: size and stride of the window, padding, and dilation."""

    size: int | Pair
    stride: int | Pair
    padding: Padding = 0
    dilation: int | Pair = 1

    @property
    def geometry(self) -> dict[str, Any]:
        """The options that the forward pass and all ways back share."""
        return {key: getattr(self, key) for key in ("size", "stride", "padding", "dilation")}

    def window(self, image: Pair) -> Window:
        """Where its windows lie on images of a size."""
        return window(image, pair(self.size), self.stride, self.padding, self.dilation)


@dataclass(frozen=True, eq=False)
class MaxPool2D(Pool2D):
    """Largest entry of every window. Saves its switches: where each maximum was, see `tinycnn.ops`.

    Examples
    --------
    >>> y, switches = tc.MaxPool2D(2, 2).forward(np.array([[[[1.0, 4.0], [2.0, 3.0]]]]))
    >>> y.item(), switches.item()
    (4.0, 1)
    """

    def window(self, image: Pair) -> Window:
        """Where its windows lie on images of a size."""
        return pool_window(image, self.size, self.stride, self.padding, self.dilation)

    def forward(self, x: Array) -> tuple[Array, Array]:
        expect(x, 4)
        return engine.max_pool2d(x, **self.geometry)


@dataclass(frozen=True, eq=False)
class AvgPool2D(Pool2D):
    """Mean of every window; padding counts as zeros, or not at all.

    Examples
    --------
    >>> x = np.array([[[[1.0, 4.0], [2.0, 3.0]]]])
    >>> tc.AvgPool2D(2, 2).forward(x)[0].item()
    2.5
    """

    linear: ClassVar[bool] = True
    count_padding: bool = True

    @property
    def geometry(self) -> dict[str, Any]:
        """The options that the forward pass and its vjp share."""
        return {**super().geometry, "count_padding": self.count_padding}

    def forward(self, x: Array) -> tuple[Array, None]:
        expect(x, 4)
        return engine.avg_pool2d(x, **self.geometry), None


@dataclass(frozen=True, eq=False)
class GlobalAvgPool2D(Layer):
    """Mean of every channel: (n, c, h, w) -> (n, c).

    Examples
    --------
    >>> tc.GlobalAvgPool2D().forward(np.array([[[[1.0, 3.0]], [[2.0, 8.0]]]]))[0]
    array([[2., 5.]])
    """

    linear: ClassVar[bool] = True

    def forward(self, x: Array) -> tuple[Array, None]:
        expect(x, 4)
        return engine.global_avg_pool2d(x), None
