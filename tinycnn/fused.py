"""Maps without intermediate signals: the convolutional trunk of a net in one pass each way.

A trunk is a chain of 3x3 convolutions of stride 1, each followed by a ReLU and perhaps by a 2x2 max-pool,
as in VGG. What follows it, dense layers mostly, takes the general path. Nothing here knows a rule by name:
what a rule does at a ReLU is read off its table, and where a table, a layer or a target does not fit,
`maps` declines.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinycnn.errors import ShapeError, TinycnnError
from tinycnn.layers import Conv2D, Layer, MaxPool2D, ReLU
from tinycnn.ops.geometry import Window, pair, window
from tinycnn.ops.kernels.blocked import Gates, conv_relu, conv_relu_back, from_blocks, to_blocks
from tinycnn.rules import GRADIENT, Gate, Rule, Stack, derivative, everywhere, identity, positive
from tinycnn.targets import Target
from tinycnn.trace import forward
from tinycnn.types import Array, Pair

_HELD = 1 << 28
"""Bytes of signals that are sent back at once."""
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
class _Rest:
    """The layers after a trunk, as something that `forward` runs."""

    layers: tuple[Layer, ...]


def maps(layers: Sequence[Layer], x: Array, rules: Sequence[Rule], target: Target) -> dict[str, Array] | None:
    """The maps of some rules, or None if the net, a rule or the target asks for the general path.

    Parameters
    ----------
    layers : sequence of Layer
    x : (n, c, h, w)
    rules : sequence of Rule
    target : Target

    Returns
    -------
    dict from rule name to (n, c, h, w), or None
    """
    x = np.asarray(x)
    blocks = trunk(layers, x) if x.ndim == 4 and len(x) and np.isfinite(x).all() else []
    end = sum(3 if block.pool else 2 for block in blocks)
    gates = [found for found in map(gate, rules) if found is not None]
    if not blocks or not gates or len(gates) < len(rules) or not _is_after(target, layers, end):
        return None
    codes, features = _forward(blocks, x)
    try:
        trace = forward(_Rest(tuple(layers[end:])), features)
    except TinycnnError:  # the general path says in which layer of the whole net
        return None
    back = _backward(blocks, codes, Stack(rules).maps(target.cut(trace), target(trace)), gates)
    return {rule.name: found for rule, found in zip(rules, back, strict=True)}


def trunk(layers: Sequence[Layer], x: Array) -> list[Block]:
    """The longest chain of blocks that a net starts with."""
    blocks: list[Block] = []
    size, rest = (x.shape[2], x.shape[3]), list(layers)
    while len(rest) >= 2 and isinstance(rest[0], Conv2D) and type(rest[1]) is ReLU:
        conv, pool = rest[0], len(rest) > 2 and _halves(rest[2])
        if not _suits(conv, x, first=not blocks):
            break
        try:
            block = Block(conv, window(size, (3, 3), padding=conv.padding), pool)
        except ShapeError:  # the general path says which layer it is
            return []
        if min(block.output) < 1:
            return []
        blocks.append(block)
        size, rest = block.output, rest[3 if pool else 2 :]
    return blocks


def gate(rule: Rule) -> tuple[bool, np.float32] | None:
    """Whether a rule masks at a ReLU, and the least signal that passes; None if that does not describe it."""
    row = rule.table.get(ReLU)
    same = all(rule.table.get(kind) is GRADIENT.table[kind] for kind in (Conv2D, MaxPool2D))
    if not same or not isinstance(row, Gate):
        return None
    if row.mask not in (derivative, everywhere) or row.send not in (identity, positive):
        return None
    return row.mask is derivative, np.float32(0 if row.send is positive else -np.inf)


def _forward(blocks: Sequence[Block], x: Array) -> tuple[list[Array], Array]:
    y, codes = to_blocks(x), []
    for block in blocks:
        weight = block.conv.weight
        bias = np.zeros(len(weight), weight.dtype) if block.conv.bias is None else block.conv.bias
        y, code = conv_relu(y, weight, bias, block.at, block.pool)
        codes.append(code)
    return codes, from_blocks(y, len(blocks[-1].conv.weight))


def _backward(
    blocks: Sequence[Block], codes: Sequence[Array], signal: Array, gates: Sequence[tuple[bool, np.float32]]
) -> Array:
    """Signals (rules, seeds, k, h, w) at the trunk's output to (rules, seeds, c, h, w) at its input."""
    rules, seeds = signal.shape[:2]
    widest = max(math.prod(block.at.output) * max(block.conv.weight.shape[:2]) for block in blocks)
    together = max(1, _HELD // (2 * rules * 4 * widest))
    maps = []
    for first in range(0, seeds, together):
        part = signal[:, first : first + together]
        back = to_blocks(part.reshape(-1, *part.shape[2:]))
        every = Gates(*(np.repeat(np.array(values), part.shape[1]) for values in zip(*gates, strict=True)))
        for block, code in zip(reversed(blocks), reversed(codes), strict=True):
            own = code if len(code) == 1 else code[first : first + together]
            back = conv_relu_back(back, own, every, block.conv.weight, block.at)
        back = from_blocks(back, blocks[0].conv.weight.shape[1])
        maps.append(back.reshape(*part.shape[:2], *back.shape[1:]))
    return np.concatenate(maps, axis=1)


def _suits(conv: Conv2D, x: Array, first: bool) -> bool:
    k, c = conv.weight.shape[:2]
    plain = pair(conv.stride) == pair(conv.dilation) == (1, 1) and conv.groups == 1 and not conv.circular
    fits = conv.weight.shape[2:] == (3, 3) and x.dtype == conv.weight.dtype == np.float32
    return plain and fits and k >= _CHANNELS and (c == x.shape[1] if first else c >= _CHANNELS)


def _halves(layer: Any) -> bool:
    return (
        type(layer) is MaxPool2D and pair(layer.size) == pair(layer.stride) == (2, 2) and layer.padding == 0
    )


def _is_after(target: Target, layers: Sequence[Layer], end: int) -> bool:
    """Whether there are layers from `end` on, and the target is the last of them or calls one by its name."""
    names = [layer.name for layer in layers]
    named = target.layer in names and names.index(str(target.layer)) >= end
    return end < len(layers) and (target.layer == -1 or named)
