"""The operator D of the derivations: one image as a matrix of patches, and patches back as an image."""

from __future__ import annotations

import numpy as np

from tinycnn import ops
from tinycnn.errors import ShapeError
from tinycnn.ops.geometry import Window, window
from tinycnn.ops.patches import patches, patches_vjp
from tinycnn.ops.types import Array, Pair


def cut(x: Array, at: Window) -> Array:
    """All patches of one image, as rows.

    Parameters
    ----------
    x : (c, h, w)
    at : Window
        Where the patches lie, as `tinycnn.ops.geometry.window` describes it.

    Returns
    -------
    (J, p) float64
        Row j is ``y_j = D_j x``; ``p = c * a * b``, channels first, as in a kernel. Padding is zero.

    Raises
    ------
    ShapeError
        The image is not of the window's size.
    """
    x = np.asarray(x, np.float64)
    if x.ndim != 3 or x.shape[1:] != at.image:
        raise ShapeError(f"expected one image (c, {at.image[0]}, {at.image[1]}), got {x.shape}")
    every = patches(x[None], at)[0].transpose(1, 2, 0, 3, 4)
    return every.reshape(every.shape[0] * every.shape[1], -1)


def paste(s: Array, at: Window) -> Array:
    """Put rows back where they came from, adding up where patches overlap; the transpose of `cut`.

    Parameters
    ----------
    s : (J, p)
    at : Window

    Returns
    -------
    (c, h, w)
        ``sum_j D_j^T s_j``.
    """
    rows = np.asarray(s, np.float64).reshape(*at.output, -1, *at.size)
    return patches_vjp(rows.transpose(2, 0, 1, 3, 4)[None], at)[0]


def cover(at: Window) -> Array:
    """How many patches cover each pixel: (h, w)."""
    return paste(np.ones((at.output[0] * at.output[1], at.size[0] * at.size[1])), at)[0]


def taps_inside(at: Window, channels: int) -> Array:
    """1 where a tap lies on the image and 0 where it lies on padding: (J, p)."""
    return cut(np.ones((channels, *at.image)), at)


def units(y: Array) -> Array:
    """Directions ``u_j = y_j / |y_j|``; a zero patch has none, and stays zero, as a strict mask has it."""
    norms = np.linalg.norm(y, axis=-1, keepdims=True)
    return np.divide(y, norms, out=np.zeros_like(y), where=norms > 0)


def whole(image: Pair) -> Window:
    """The window of a fully connected net: one patch, the whole image."""
    return window(image, image)


def same(image: Pair, size: Pair, stride: int) -> Window:
    """TensorFlow's "same" padding, from its definition: ``ceil(h / stride)`` rows of windows.

    Written anew, as the engine's own would be as wrong in a prediction as in what is measured.

    Parameters
    ----------
    image, size : (int, int)
    stride : int

    Returns
    -------
    Window
        Of the missing rows half lie above, and the odd one below; likewise columns.
    """
    missing = [max(-(-h // stride) * stride - stride + a - h, 0) for h, a in zip(image, size, strict=True)]
    (above, below), (left, right) = ((count // 2, count - count // 2) for count in missing)
    return Window(image, size, (stride, stride), (1, 1), ((above, below), (left, right)), False)


def filters_as_rows(weight: Array) -> Array:
    """Kernels (k, c, a, b) as rows (k, p), in the order of `cut`."""
    return np.asarray(weight, np.float64).reshape(len(weight), -1)


def responses(x: Array, weight: Array, at: Window) -> Array:
    """Pre-activations ``z_ij = w_i . y_j`` of a bank of filters without biases.

    Parameters
    ----------
    x : (c, h, w)
    weight : (k, c, a, b)

    Returns
    -------
    (k, J)
    """
    return ops.dense(cut(x, at), filters_as_rows(weight)).T
