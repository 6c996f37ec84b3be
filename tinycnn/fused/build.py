"""Which nodes a net's trunk is made of: as many of its layers as possible on images in blocks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from tinycnn.errors import ShapeError
from tinycnn.fused import units
from tinycnn.fused.activations import Activation, after, clipping
from tinycnn.fused.blocks import BlockedFork, Blocks, Direct, Pooled, Winograd
from tinycnn.fused.node import Node, Shape
from tinycnn.layers import Add, AvgPool2D, Branches, Conv2D, Layer, MaxPool2D
from tinycnn.ops.geometry import Window, pair, pool_window, window
from tinycnn.ops.kernels.blocks.pool import MOST
from tinycnn.ops.kernels.machine.simd import LANES
from tinycnn.ops.kernels.planes import few

Found = tuple[Node | None, int]
"""A node, and of how many layers it is made."""

_TILES = 9
"""With fewer tiles in an image, turning kernels to points costs more than it saves."""
_CHANNELS = 16
"""With fewer channels, turning images to points does."""


def nodes(layers: Sequence[Layer], shape: Shape) -> tuple[list[Node], int]:
    """The longest chain of nodes that a net starts with, and of how many layers it is made."""
    try:
        return _chain(_node, layers, shape)
    except ShapeError:  # the general path says which layer it is
        return [], 0


def _chain(
    build: Callable[[Sequence[Layer], Shape], Found], layers: Sequence[Layer], shape: Shape
) -> tuple[list[Node], int]:
    found: list[Node] = []
    end = 0
    while end < len(layers):
        node, count = build(layers[end:], shape)
        if node is None or not all(node.output):
            break
        found.append(node)
        shape, end = node.output, end + count
    return found, end


def _node(layers: Sequence[Layer], shape: Shape) -> Found:
    """A run in blocks, if a convolution is in it; else one node on images as they are."""
    run, count = _chain(_in_blocks, layers, shape)
    if any(not isinstance(node, Pooled) for node in run):
        return Blocks(tuple(run), shape), count
    c, layer = shape[0], layers[0]
    if type(layer) is Conv2D and layer.weight.shape[1] * layer.groups == c:
        activation = after(layers[1:], len(layer.weight))
        return units.Unit(layer, layer.window(shape[1:]), activation), 1 + activation.count
    if type(layer) is MaxPool2D:
        at = pool_window(shape[1:], layer.size, layer.stride, layer.padding)
        return units.Pool(layer, shape[1:], (c, *at.output)), 1
    if type(layer) is AvgPool2D:
        at = window(shape[1:], pair(layer.size), layer.stride, layer.padding)
        return units.Pool(layer, shape[1:], (c, *at.output)), 1
    if isinstance(layer, Branches) and (fork := _branches(_node, layer, shape)) is not None:
        activation = clipping(layers[1:])
        return units.PlainFork(*fork, activation), 1 + activation.count
    return None, 0


def _in_blocks(layers: Sequence[Layer], shape: Shape) -> Found:
    c, layer = shape[0], layers[0]
    if type(layer) is Conv2D and layer.weight.shape[1] * layer.groups == c and not layer.circular:
        return _convolution(layer, layers[1:], shape)
    if type(layer) is MaxPool2D:
        at = pool_window(shape[1:], layer.size, layer.stride, layer.padding)
        return (Pooled(at, c), 1) if at.size[0] * at.size[1] <= MOST else (None, 0)
    if isinstance(layer, Branches):
        return _fork(layer, clipping(layers[1:]), shape)
    return None, 0


def _fork(layer: Branches, activation: Activation, shape: Shape) -> Found:
    """Where branches are stacked, the activation after them is taken into each."""
    add = type(layer.merge) is Add
    tail = () if add or activation.layer is None else (activation.layer,)
    fork = _branches(_in_blocks, layer, shape, tail)
    if fork is None or (not add and any(k % LANES for k in fork.channels)) or len(layer.branches) < 2:
        return None, 0
    return BlockedFork(*fork, activation if add else Activation(None, None)), 1 + activation.count


def _convolution(conv: Conv2D, rest: Sequence[Layer], shape: Shape) -> Found:
    """Images of so few channels that `few` takes their signals back do not go in blocks, but for tiles."""
    at, activation = conv.window(shape[1:]), after(rest, len(conv.weight))
    count, c, k = 1 + activation.count, shape[0], len(conv.weight)
    image = c <= few.CHANNELS
    if _tiles(at) and conv.groups == 1 and k >= _CHANNELS and (image or c >= _CHANNELS):
        pool = len(layers := rest[activation.count :]) > 0 and _halves(layers[0]) and activation.clips
        return Winograd(conv, at, activation, pool), count + pool
    if not image and (conv.groups == 1 or conv.groups == c == k):
        return Direct(conv, at, activation), count
    return None, 0


def _tiles(at: Window) -> bool:
    plain = at.size == (3, 3) and at.stride == at.dilation == (1, 1)
    padded = all(edge <= 2 for side in at.edges for edge in side)
    return plain and padded and -(-at.output[0] // 4) * -(-at.output[1] // 4) >= _TILES


def _halves(layer: Any) -> bool:
    return (
        type(layer) is MaxPool2D and pair(layer.size) == pair(layer.stride) == (2, 2) and layer.padding == 0
    )


class _Fork(NamedTuple):
    branches: tuple[tuple[Node, ...], ...]
    channels: tuple[int, ...]
    add: bool
    output: Shape


def _branches(
    build: Callable[[Sequence[Layer], Shape], Found],
    layer: Branches,
    shape: Shape,
    tail: tuple[Layer, ...] = (),
) -> _Fork | None:
    """Branches with `tail` at the end of each; None if one does not fit."""
    every = [(*branch, *tail) for branch in layer.branches]
    found = [_chain(build, branch, shape) for branch in every]
    outputs = [branch[-1].output if branch else shape for branch, _ in found]
    add, channels = type(layer.merge) is Add, tuple(output[0] for output in outputs)
    fits = all(end == len(branch) for (_, end), branch in zip(found, every, strict=True))
    if not fits or len({output if add else output[1:] for output in outputs}) > 1:
        return None
    output = outputs[0] if add else (sum(channels), *outputs[0][1:])
    return _Fork(tuple(tuple(branch) for branch, _ in found), channels, add, output)
