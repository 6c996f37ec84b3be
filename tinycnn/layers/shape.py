"""Layers that only move numbers."""

from __future__ import annotations

from dataclasses import dataclass

from tinycnn.layers.base import Layer, expect
from tinycnn.ops import engine
from tinycnn.ops.shape import Order
from tinycnn.ops.types import Array


@dataclass(frozen=True, eq=False)
class Flatten(Layer):
    """(n, c, h, w) -> (n, c*h*w), channels first ("chw", as torch) or last ("hwc", as TensorFlow)."""

    order: Order = "chw"

    def forward(self, x: Array) -> tuple[Array, None]:
        expect(x, 4)
        return engine.flatten(x, self.order), None
