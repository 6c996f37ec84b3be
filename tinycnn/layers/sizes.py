"""What layers make of the shape of an image, and how many multiplications it takes, without running them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from tinycnn.errors import ShapeError
from tinycnn.layers.activation import Activation
from tinycnn.layers.base import Layer
from tinycnn.layers.branches import Add, Branches, Concatenate, Multiply
from tinycnn.layers.linear import BatchNorm2D, Conv2D, ConvTranspose2D, Dense, Scale
from tinycnn.layers.normalise import GroupNorm, LocalResponseNorm
from tinycnn.layers.pool import GlobalAvgPool2D, Pool2D
from tinycnn.layers.shape import Flatten, Pad2D, Resample2D, Reshape, Take, Transpose
from tinycnn.ops.types import Pair
from tinycnn.trace import title

Shape = tuple[int, ...]
"""Of one image, or of what became of it: (c, h, w) or (c,)."""


def shape_after(layers: Sequence[Layer], shape: Shape) -> Shape:
    """The shape of what a chain of layers makes of one image.

    Raises
    ------
    ShapeError
        A layer does not fit; names it.
    """
    for layer in layers:
        shape = output_shape(layer, shape)
    return shape


def output_shape(layer: Layer, shape: Shape) -> Shape:
    """The shape of what one layer makes of one image; see `shape_after`."""
    try:
        return _output_shape(layer, shape)
    except ShapeError as error:
        text = str(error)
        raise ShapeError(text if text.startswith(title(layer)) else f"{title(layer)}: {text}") from None


def _output_shape(layer: Layer, shape: Shape) -> Shape:
    match layer:
        case Branches():
            return merged_shape(layer.merge, [shape_after(branch, shape) for branch in layer.branches])
        case Conv2D():
            return len(layer.weight), *layer.window(
                _image(shape, layer.weight.shape[1] * layer.groups)
            ).output
        case ConvTranspose2D():
            return layer.weight.shape[1] * layer.groups, *layer.output(_image(shape, len(layer.weight)))
        case Dense():
            _expect(shape, (layer.weight.shape[1],))
            return (len(layer.weight),)
        case BatchNorm2D() | GroupNorm():
            return len(layer.weight), *_image(shape, len(layer.weight))
        case Pool2D():
            return shape[0], *layer.window(_image(shape)).output
        case GlobalAvgPool2D():
            _image(shape)
            return shape[:1]
        case Flatten():
            _image(shape)
            return (math.prod(shape),)
        case Reshape():
            if math.prod(layer.shape) != math.prod(shape):
                raise ShapeError(f"an image of shape {shape} cannot have the shape {layer.shape}")
            return layer.shape
        case Transpose():
            _expect(tuple(sorted(layer.axes)), tuple(range(1, len(shape) + 1)))
            return tuple(shape[axis - 1] for axis in layer.axes)
        case Take():
            return tuple(len(range(*each)) for each in layer.ranges)
        case Pad2D():
            h, w = _image(shape)
            return shape[0], h + sum(layer.padding[0]), w + sum(layer.padding[1])
        case Resample2D():
            _expect(_image(shape), (layer.rows.shape[1], layer.columns.shape[1]))
            return shape[0], len(layer.rows), len(layer.columns)
        case Scale():
            if np.broadcast_shapes(shape, layer.weight.shape, layer.bias.shape) != shape:
                raise ShapeError(f"constants of shape {layer.weight.shape} do not meet an image of {shape}")
            return shape
        case LocalResponseNorm() | Activation():
            return shape
    try:  # a type of one's own
        return layer.forward(np.zeros((1, *shape), np.float32))[0].shape[1:]
    except NotImplementedError:
        raise ShapeError("is of a type whose output shape is not known") from None


def merged_shape(merge: Layer, shapes: Sequence[Shape]) -> Shape:
    """The shape of what branches whose ends have these shapes make together."""
    alike = len({len(shape) for shape in shapes}) == 1
    if isinstance(merge, Concatenate) and alike and len({shape[1:] for shape in shapes}) == 1:
        return sum(shape[0] for shape in shapes), *shapes[0][1:]
    if isinstance(merge, Add) and len(set(shapes)) == 1:
        return shapes[0]
    if isinstance(merge, Multiply) and alike:
        try:
            return tuple(np.broadcast_shapes(*shapes))
        except ValueError:
            pass
    raise ShapeError(f"{title(merge)}: branches of shapes {', '.join(map(str, shapes))} do not meet")


def walk(layers: Sequence[Layer], shape: Shape, depth: int = 0) -> Iterator[tuple[int, Layer, Shape, int]]:
    """Depth, layer, shape of its output and its multiplications, those inside branches below their own.

    Raises
    ------
    ShapeError
        A layer does not fit; names it.
    """
    for layer in layers:
        after = output_shape(layer, shape)
        if isinstance(layer, Branches):
            yield depth, layer.merge if not layer.name else layer, after, 0
            for branch in layer.branches:
                yield from walk(branch, shape, depth + 1)
        else:
            yield depth, layer, after, multiplications(layer, shape)
        shape = after


def multiplications(layer: Layer, shape: Shape) -> int:
    """How often a layer multiplies a weight with a number of an image of this shape, once forward."""
    match layer:
        case Conv2D():
            return layer.weight.size * math.prod(output_shape(layer, shape)[1:])
        case ConvTranspose2D():
            return layer.weight.size * math.prod(shape[1:])
        case Dense():
            return layer.weight.size
        case BatchNorm2D() | Scale() | GroupNorm():
            return math.prod(shape)
        case Resample2D():
            (c, h, _), (v, u) = shape, (len(layer.rows), len(layer.columns))
            return c * u * (h * layer.columns.shape[1] + h * v)
    return 0


def _image(shape: Shape, channels: int | None = None) -> Pair:
    if len(shape) != 3:
        raise ShapeError(f"expects images (c, h, w), got shape {shape}")
    if channels is not None and shape[0] != channels:
        raise ShapeError(f"expects {channels} channels, got {shape[0]} (shape {shape})")
    return shape[1], shape[2]


def _expect(found: Shape, expected: Shape) -> None:
    if found != expected:
        raise ShapeError(f"expects shape {expected}, got {found}")
