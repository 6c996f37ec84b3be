"""Convolution and its three transposes, as definitions.

As everywhere in deep learning, "convolution" is cross-correlation: the kernel is not flipped.

    y[n, k, h, w] = bias[k] + sum_{c, a, b} weight[k, c, a, b] * x[n, c, h*s + a*d, w*s + b*d]

It is linear in x and in the weight, so each vjp is the transpose of that one sum. In patches it reads
``y_j = W D_j x``, hence ``x_signal = sum_j D_j^T W^T y_signal_j``.
"""

from __future__ import annotations

import numpy as np

from tinycnn.errors import ShapeError
from tinycnn.ops.arguments import takes
from tinycnn.ops.geometry import Padding, Window, window
from tinycnn.ops.patches import patches, patches_vjp
from tinycnn.ops.types import Array, Pair


def _fits(x: Array, weight: Array, groups: int) -> None:
    _check_groups(len(weight), x.shape[1], groups)
    if weight.shape[1] * groups != x.shape[1]:
        raise ShapeError(f"weight {weight.shape} in {groups} groups does not fit x {x.shape}")


def _came_from(
    signal: Array,
    weight: Array,
    image: Pair,
    stride: int | Pair,
    padding: Padding,
    dilation: int | Pair,
    groups: int,
) -> None:
    _check_groups(len(weight), weight.shape[1] * groups, groups)
    _check_output(signal, window(image, _size(weight), stride, padding, dilation))


def _came_from_taps(
    signal: Array,
    x: Array,
    size: Pair,
    stride: int | Pair,
    padding: Padding,
    dilation: int | Pair,
    groups: int,
) -> None:
    _check_groups(signal.shape[1], x.shape[1], groups)
    _check_output(signal, window(_size(x), size, stride, padding, dilation))


def _check_groups(k: int, c: int, groups: int) -> None:
    if min(k, c) < 1 or k % groups or c % groups:
        raise ShapeError(f"{c} channels in and {k} out are not {groups} equal groups")


def _check_output(signal: Array, at: Window) -> None:
    if signal.shape[2:] != at.output:
        raise ShapeError(f"signal must be (n, k, {at.output[0]}, {at.output[1]}), got shape {signal.shape}")


@takes(_fits, x="n c h w", weight="k d a b", bias="k", groups="count")
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
    """Convolve images with kernels.

    Parameters
    ----------
    x : (n, c, h, w)
    weight : (k, c / groups, a, b)
    bias : (k,), optional
    stride, dilation : int or (int, int)
    padding : int, (int, int), ((top, bottom), (left, right)) or "same"
    groups : int
        Channels in and out are split into this many groups that do not see each other; ``groups = c`` is
        depthwise convolution.
    circular : bool
        Pad with the opposite side of the image.

    Returns
    -------
    (n, k, h', w')

    Raises
    ------
    ShapeError
        The window does not fit on the image.
    """
    at = window(_size(x), _size(weight), stride, padding, dilation, circular)
    grouped = _split(patches(x, at), 1, groups)
    kernels = _split(weight, 0, groups)
    y = np.einsum("ngchwab,gkcab->ngkhw", grouped, kernels, optimize=True)
    y = y.reshape(x.shape[0], weight.shape[0], *at.output)
    return y if bias is None else y + bias[:, None, None]


@takes(_came_from, signal="n k i j", weight="k d a b", image="pair", groups="count")
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
    """Pass a signal back through a convolution to its input: ``sum_j D_j^T W^T signal_j``.

    Parameters
    ----------
    signal : (n, k, h', w')
    weight : (k, c / groups, a, b)
    image : (h, w)
        Size of the convolution's input; with a stride it does not follow from the signal's.
    stride, padding, dilation, groups, circular
        As given to `conv2d`.

    Returns
    -------
    (n, c, h, w)
    """
    at = window(image, _size(weight), stride, padding, dilation, circular)
    grouped = _split(signal, 1, groups)
    kernels = _split(weight, 0, groups)
    back = np.einsum("ngkhw,gkcab->ngchwab", grouped, kernels, optimize=True)
    return patches_vjp(back.reshape(signal.shape[0], groups * weight.shape[1], *back.shape[3:]), at)


@takes(_came_from_taps, signal="n k i j", x="n c h w", size="pair", groups="count")
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
    """Pass a signal back through a convolution to its kernels: ``sum_j signal_j (D_j x)^T``.

    Parameters
    ----------
    signal : (n, k, h', w')
    x : (n, c, h, w)
        The input that the convolution saw.
    size : (a, b)
        Taps of the kernels.
    stride, padding, dilation, groups, circular
        As given to `conv2d`.

    Returns
    -------
    (k, c / groups, a, b)
    """
    at = window(_size(x), size, stride, padding, dilation, circular)
    grouped = _split(signal, 1, groups)
    cut = _split(patches(x, at), 1, groups)
    kernels = np.einsum("ngkhw,ngchwab->gkcab", grouped, cut, optimize=True)
    return kernels.reshape(signal.shape[1], x.shape[1] // groups, *size)


@takes(signal="n k h w")
def conv2d_vjp_bias(signal: Array) -> Array:
    """Pass a signal back to the bias: it was added at every position, so its signal is the sum over them.

    Parameters
    ----------
    signal : (n, k, h', w')

    Returns
    -------
    (k,)
    """
    return signal.sum(axis=(0, 2, 3))


def _size(array: Array) -> Pair:
    return array.shape[2], array.shape[3]


def _split(array: Array, axis: int, groups: int) -> Array:
    shape = array.shape
    return array.reshape(*shape[:axis], groups, shape[axis] // groups, *shape[axis + 1 :])
