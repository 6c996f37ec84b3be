"""Numba twins of `tinycnn.ops.conv`: each call goes to the fastest method for its shape.

The caller never chooses. Direct loops serve groups of few channels, and the way back to the few channels of
an image; Winograd's method serves 3x3 kernels of stride 1 with enough channels, in float32; a matrix product
with patches serves the rest, and all else of float64 that has one group.
"""

from __future__ import annotations

import numpy as np

from tinycnn.ops.arguments import twin
from tinycnn.ops.geometry import Padding, window
from tinycnn.ops.kernels import direct, winograd
from tinycnn.ops.kernels.planes import few, im2col
from tinycnn.ops.types import Array, Pair

_WIDE = 8
"""Channels of a group from which on each group is worth a matrix product of its own."""


@twin
def conv2d(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    stride: int | Pair = 1,
    padding: Padding = 0,
    dilation: int | Pair = 1,
    groups: int = 1,
    circular: bool = False,
) -> Array:
    at = window(_size(x), _size(weight), stride, padding, dilation, circular)
    shift = np.zeros(len(weight), x.dtype) if bias is None else bias
    if groups > 1 and weight.shape[1] < _WIDE:
        return direct.conv2d(x, weight, shift, at)
    if groups > 1:
        parts = zip(np.split(x, groups, 1), np.split(weight, groups), np.split(shift, groups), strict=True)
        return np.concatenate([conv2d(*part, stride, padding, dilation, 1, circular) for part in parts], 1)
    method = winograd if winograd.suits(x, len(weight), at) else im2col
    return method.conv2d(x, weight, shift, at)


@twin
def conv2d_vjp_input(
    signal: Array,
    weight: Array,
    image: Pair,
    stride: int | Pair = 1,
    padding: Padding = 0,
    dilation: int | Pair = 1,
    groups: int = 1,
    circular: bool = False,
) -> Array:
    at = window(image, _size(weight), stride, padding, dilation, circular)
    if groups > 1 and weight.shape[1] < _WIDE:
        return direct.conv2d_vjp_input(signal, weight, at, groups)
    if groups > 1:
        parts = zip(np.split(signal, groups, 1), np.split(weight, groups), strict=True)
        back = [conv2d_vjp_input(*part, image, stride, padding, dilation, 1, circular) for part in parts]
        return np.concatenate(back, 1)
    if few.suits(weight, at):
        return few.conv2d_vjp_input(signal, weight, at)
    method = winograd if winograd.suits(signal, weight.shape[1], at) else im2col
    return method.conv2d_vjp_input(signal, weight, at)


@twin
def conv2d_vjp_weight(
    signal: Array,
    x: Array,
    size: Pair,
    stride: int | Pair = 1,
    padding: Padding = 0,
    dilation: int | Pair = 1,
    groups: int = 1,
    circular: bool = False,
) -> Array:
    at = window(_size(x), size, stride, padding, dilation, circular)
    if groups == 1:
        return im2col.conv2d_vjp_weight(signal, x, at)
    return direct.conv2d_vjp_weight(signal, x, at, groups)


@twin
def conv2d_vjp_bias(signal: Array) -> Array:
    return signal.sum(axis=(2, 3)).sum(axis=0)


def _size(array: Array) -> Pair:
    return array.shape[2], array.shape[3]
