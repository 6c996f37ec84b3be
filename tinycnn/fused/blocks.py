"""Chains as in VGG, in one pass each way.

A block is a 3x3 convolution of stride 1 with its ReLU and, perhaps, a 2x2 max-pool.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinycnn.layers import Conv2D, Layer, MaxPool2D, ReLU
from tinycnn.ops.geometry import Window, pair, window
from tinycnn.ops.kernels.blocked import conv_relu, conv_relu_back, from_blocks, to_blocks
from tinycnn.ops.kernels.gate import Gates
from tinycnn.types import Array, Pair

_CHANNELS = 16
"""Below this many, transforming costs more than the multiplications that it saves."""


@dataclass(frozen=True)
class Block:
    """A convolution with its ReLU and, perhaps, its pool."""

    conv: Conv2D
    at: Window
    pool: bool

    @property
    def output(self) -> Pair:
        """Rows and columns of what comes out."""
        h, w = self.at.output
        return (h // 2, w // 2) if self.pool else (h, w)


@dataclass(frozen=True)
class Chain:
    """Blocks one after another; between them, images stay in the layout of `tinycnn.ops.kernels.blocked`."""

    blocks: tuple[Block, ...]

    @property
    def output(self) -> tuple[int, int, int]:
        """(k, h, w)"""
        return len(self.blocks[-1].conv.weight), *self.blocks[-1].output

    @property
    def widest(self) -> int:
        """Entries of the largest signal."""
        return max(math.prod(block.at.output) * max(block.conv.weight.shape[:2]) for block in self.blocks)

    def forward(self, x: Array) -> tuple[Array, tuple[Array, ...]]:
        y, codes = to_blocks(x), []
        for block in self.blocks:
            weight = block.conv.weight
            bias = np.zeros(len(weight), weight.dtype) if block.conv.bias is None else block.conv.bias
            y, code = conv_relu(y, weight, bias, block.at, block.pool)
            codes.append(code)
        return from_blocks(y, self.output[0]), tuple(codes)

    def backward(self, signal: Array, saved: tuple[Array, ...], gates: Gates) -> Array:
        back = to_blocks(signal)
        for block, code in zip(reversed(self.blocks), reversed(saved), strict=True):
            back = conv_relu_back(back, code, gates, block.conv.weight, block.at)
        return from_blocks(back, self.blocks[0].conv.weight.shape[1])


def chain(layers: Sequence[Layer], c: int, image: Pair) -> tuple[Chain | None, int]:
    """The longest chain that starts here, and of how many layers it is made.

    Raises
    ------
    ShapeError
        A window does not fit.
    """
    blocks: list[Block] = []
    rest: list[Any] = list(layers)
    while len(rest) >= 2 and _suits(rest[0], c, first=not blocks) and type(rest[1]) is ReLU:
        conv, pool = rest[0], len(rest) > 2 and _halves(rest[2])
        block = Block(conv, window(image, (3, 3), padding=conv.padding), pool)
        if min(block.output) < 1:
            break
        blocks.append(block)
        c, image, rest = len(conv.weight), block.output, rest[3 if pool else 2 :]
    return (Chain(tuple(blocks)) if blocks else None), len(layers) - len(rest)


def _suits(layer: Any, c: int, first: bool) -> bool:
    if type(layer) is not Conv2D or layer.weight.shape[1:] != (c, 3, 3) or layer.groups != 1:
        return False
    plain = pair(layer.stride) == pair(layer.dilation) == (1, 1) and not layer.circular
    return plain and len(layer.weight) >= _CHANNELS and (first or c >= _CHANNELS)


def _halves(layer: Any) -> bool:
    return (
        type(layer) is MaxPool2D and pair(layer.size) == pair(layer.stride) == (2, 2) and layer.padding == 0
    )
