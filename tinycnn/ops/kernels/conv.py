"""Numba twins of `tinycnn.ops.conv`: each call goes to the fastest method for its shape.

The caller never chooses. In float32, images of enough channels are convolved in blocks; `few` takes the way
back to few channels, in all or in a group, and what is as good as one; a matrix product with patches takes
the rest, and all of float64.
"""

from __future__ import annotations

import numpy as np

from tinycnn.ops.arguments import twin
from tinycnn.ops.geometry import window
from tinycnn.ops.kernels.blocks import conv as blocks
from tinycnn.ops.kernels.planes import few, im2col
from tinycnn.ops.types import Array, Pair

_WIDE = 8
"""Channels of a group from which on it is convolved as a layer of its own."""


@twin
def conv2d(x, weight, bias, stride, padding, dilation, groups, circular):
    at = window(_size(x), _size(weight), stride, padding, dilation, circular)
    shift = np.zeros(len(weight), x.dtype) if bias is None else bias
    if groups > 1 and weight.shape[1] >= _WIDE:
        parts = zip(np.split(x, groups, 1), np.split(weight, groups), np.split(shift, groups), strict=True)
        return np.concatenate([conv2d(*part, stride, padding, dilation, 1, circular) for part in parts], 1)
    fast = x.dtype == np.float32 and blocks.turned(weight, at, groups)
    if few.reverses(weight, at, groups) and (groups <= few.CHANNELS or not fast):
        return few.conv2d(x, weight, shift, at, groups)
    return (blocks if fast else im2col).conv2d(x, weight, shift, at, groups)


@twin
def conv2d_vjp_input(signal, weight, image, stride, padding, dilation, groups, circular):
    at = window(image, _size(weight), stride, padding, dilation, circular)
    if groups > 1 and weight.shape[1] >= _WIDE:
        parts = zip(np.split(signal, groups, 1), np.split(weight, groups), strict=True)
        back = [conv2d_vjp_input(*part, image, stride, padding, dilation, 1, circular) for part in parts]
        return np.concatenate(back, 1)
    fast = signal.dtype == np.float32 and blocks.turned(weight, at, groups)
    if few.suits(weight, at) and (groups <= few.CHANNELS or not fast):
        return few.conv2d_vjp_input(signal, weight, at, groups)
    return (blocks if fast else im2col).conv2d_vjp_input(signal, weight, at, groups)


@twin
def conv2d_vjp_weight(signal, x, size, stride, padding, dilation, groups, circular):
    at = window(_size(x), size, stride, padding, dilation, circular)
    return im2col.conv2d_vjp_weight(signal, x, at, groups)


def _size(array: Array) -> Pair:
    return array.shape[2], array.shape[3]
