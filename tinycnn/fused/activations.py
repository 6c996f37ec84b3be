"""The epilogue of a convolution: the batch norm and the activation after it, each of which may be missing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinycnn.layers import Activation, BatchNorm2D, Conv2D, Layer
from tinycnn.ops.kernels.blocks.affine import Affine
from tinycnn.ops.kernels.planes.gate import Range
from tinycnn.ops.kernels.planes.norm import scale_and_shift
from tinycnn.ops.types import Array


@dataclass(frozen=True)
class Epilogue:
    """What lies between one convolution and the next."""

    norm: BatchNorm2D | None
    activation: Activation | None

    @property
    def clips(self) -> bool:
        """Whether there is an activation."""
        return self.activation is not None

    @property
    def inside(self) -> Range:
        """The range of numbers that the activation leaves; all of them where there is none."""
        return Range(-math.inf, math.inf) if self.activation is None else Range(*self.activation.range)

    @property
    def count(self) -> int:
        """How many layers of the net it stands for: 0 to 2."""
        return (self.norm is not None) + self.clips

    def scale_and_shift(self, k: int) -> tuple[Array, Array]:
        """The batch norm as a factor and a summand for each of k channels."""
        norm = self.norm
        if norm is None:
            return np.ones(k, np.float32), np.zeros(k, np.float32)
        return scale_and_shift(norm.weight, norm.bias, norm.mean, norm.variance, norm.epsilon)


def affine_of(conv: Conv2D, epilogue: Epilogue) -> Affine:
    """All that is done to a convolution's sums: its bias, the batch norm and the activation."""
    scale, shift = epilogue.scale_and_shift(len(conv.weight))
    return Affine(scale, shift if conv.bias is None else shift + scale * conv.bias, epilogue.inside)


def after(layers: Sequence[Any], k: int) -> Epilogue:
    """The batch norm of k channels and the activation that layers begin with."""
    norm = layers[0] if layers and type(layers[0]) is BatchNorm2D and len(layers[0].weight) == k else None
    return Epilogue(norm, clipping(layers[1:] if norm else layers).activation)


def clipping(layers: Sequence[Layer]) -> Epilogue:
    """The activation that layers begin with, and no batch norm."""
    first = layers[0] if layers else None
    return Epilogue(None, first if isinstance(first, Activation) and first.range is not None else None)
