"""Pools: the largest entry or the mean of every window, or of a whole channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tinycnn.layers.base import Layer, expect
from tinycnn.ops import engine
from tinycnn.ops.geometry import Padding
from tinycnn.ops.types import Array, Pair


@dataclass(frozen=True, eq=False)
class Pool2D(Layer):
    """What all pools share: size and stride of the window, and padding."""

    size: int | Pair
    stride: int | Pair
    padding: Padding = 0

    @property
    def geometry(self) -> dict[str, Any]:
        """The options that the forward pass and all ways back share."""
        return {"size": self.size, "stride": self.stride, "padding": self.padding}


@dataclass(frozen=True, eq=False)
class MaxPool2D(Pool2D):
    """Largest entry of every window. Saves its switches: where each maximum was, see `tinycnn.ops`."""

    def forward(self, x: Array) -> tuple[Array, Array]:
        expect(x, 4)
        return engine.max_pool2d(x, **self.geometry)


@dataclass(frozen=True, eq=False)
class AvgPool2D(Pool2D):
    """Mean of every window; padding counts as zeros."""

    def forward(self, x: Array) -> tuple[Array, None]:
        expect(x, 4)
        return engine.avg_pool2d(x, **self.geometry), None


@dataclass(frozen=True, eq=False)
class GlobalAvgPool2D(Layer):
    """Mean of every channel: (n, c, h, w) -> (n, c)."""

    def forward(self, x: Array) -> tuple[Array, None]:
        expect(x, 4)
        return engine.global_avg_pool2d(x), None
