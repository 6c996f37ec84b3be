"""Which nodes a net's trunk is made of: as many of its layers as possible on images in blocks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tinycnn.errors import ShapeError
from tinycnn.fused import units
from tinycnn.fused.activations import Epilogue, after, clipping
from tinycnn.fused.blocks import Blocks, Convolution, Fork, Pooled
from tinycnn.fused.node import ImageShape, Node
from tinycnn.layers import Add, AvgPool2D, Branches, Concatenate, Conv2D, Layer, MaxPool2D
from tinycnn.ops.geometry import pair
from tinycnn.ops.kernels.blocks import conv
from tinycnn.ops.kernels.blocks.pool import MOST
from tinycnn.ops.kernels.machine.simd import LANES
from tinycnn.ops.kernels.planes import few

Found = tuple[Node | None, int]
"""A node, and of how many layers it is made."""


def nodes(layers: Sequence[Layer], shape: ImageShape) -> tuple[list[Node], int]:
    """The longest chain of nodes that a net starts with, and of how many layers it is made."""
    try:
        return _chain(_node, layers, shape)
    except ShapeError:  # the general path says which layer it is
        return [], 0


def _chain(
    build: Callable[[Sequence[Layer], ImageShape], Found], layers: Sequence[Layer], shape: ImageShape
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


def _node(layers: Sequence[Layer], shape: ImageShape) -> Found:
    """A run in blocks, if a convolution is in it; else one node on images as they are."""
    run, count = _chain(_in_blocks, layers, shape)
    if any(not isinstance(node, Pooled) for node in run):
        return Blocks(tuple(run), shape), count
    c, layer = shape[0], layers[0]
    if type(layer) is Conv2D and layer.weight.shape[1] * layer.groups == c:
        epilogue = after(layers[1:], len(layer.weight))
        return units.Unit(layer, layer.window(shape[1:]), epilogue), 1 + epilogue.count
    if type(layer) is MaxPool2D or type(layer) is AvgPool2D:
        return units.Pool(layer, shape[1:], (c, *layer.window(shape[1:]).output)), 1
    return None, 0


def _in_blocks(layers: Sequence[Layer], shape: ImageShape) -> Found:
    c, layer = shape[0], layers[0]
    if type(layer) is Conv2D and layer.weight.shape[1] * layer.groups == c:
        return _convolution(layer, layers[1:], shape)
    if type(layer) is MaxPool2D:
        at = layer.window(shape[1:])
        fits = at.size[0] * at.size[1] <= MOST and at.dilation == (1, 1)
        return (Pooled(at, c), 1) if fits else (None, 0)
    if isinstance(layer, Branches):
        return _fork(layer, clipping(layers[1:]), shape)
    return None, 0


def _fork(layer: Branches, epilogue: Epilogue, shape: ImageShape) -> Found:
    """Where branches are concatenated, the activation after them is taken into each."""
    if type(layer.merge) not in (Add, Concatenate):
        return None, 0
    add, nothing = type(layer.merge) is Add, Epilogue(None, None)
    tail = () if add or epilogue.activation is None else (epilogue.activation,)
    every = [(*branch, *tail) for branch in layer.branches]
    found = [_chain(_in_blocks, branch, shape) for branch in every]
    outputs = [branch[-1].output if branch else shape for branch, _ in found]
    channels = tuple(output[0] for output in outputs)
    fits = all(end == len(branch) for (_, end), branch in zip(found, every, strict=True))
    alike = len({output if add else output[1:] for output in outputs}) == 1
    if not (fits and alike and len(every) > 1) or (not add and any(k % LANES for k in channels)):
        return None, 0
    branches = tuple(tuple(branch) for branch, _ in found)
    output = outputs[0] if add else (sum(channels), *outputs[0][1:])
    return Fork(branches, channels, add, output, epilogue if add else nothing), 1 + epilogue.count


def _convolution(layer: Conv2D, rest: Sequence[Layer], shape: ImageShape) -> Found:
    """Images of so few channels that `few` takes their signals back do not go in blocks, but for tiles."""
    at, epilogue = layer.window(shape[1:]), after(rest, len(layer.weight))
    count, tiled = 1 + epilogue.count, conv.tiled(layer.weight, at, layer.groups)
    if not conv.suits(layer.weight, at, layer.groups) or (shape[0] <= few.CHANNELS and not tiled):
        return None, 0
    pool = tiled and epilogue.clips and _halves(rest[epilogue.count :])
    return Convolution(layer, at, epilogue, pool), count + pool


def _halves(layers: Sequence[Layer]) -> bool:
    """Whether layers begin with a 2x2 max-pool of stride 2, without padding."""
    return (
        len(layers) > 0
        and type(layer := layers[0]) is MaxPool2D
        and pair(layer.size) == pair(layer.stride) == (2, 2)
        and layer.padding == 0
        and pair(layer.dilation) == (1, 1)
    )
