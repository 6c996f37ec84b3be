"""Cut an image into patches, and put patches back: the operator D of the derivations, and its transpose.

Row j of D cuts patch ``y_j = D_j x``; ``sum_j D_j^T s_j`` puts signals back where the patches came from.
Convolution and pooling are both written with these two functions.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinycnn.ops.geometry import Window
from tinycnn.ops.types import Array


def pad(x: Array, window: Window, value: float = 0.0) -> Array:
    """Surround images with `value`, or with their opposite sides if the window is circular.

    Parameters
    ----------
    x : (n, c, h, w)

    Returns
    -------
    (n, c, top + h + bottom, left + w + right)
    """
    edges = ((0, 0), (0, 0), *window.edges)
    if window.circular:
        return np.pad(x, edges, mode="wrap")
    return np.pad(x, edges, constant_values=value)


def pad_vjp(signal: Array, window: Window) -> Array:
    """Transpose of `pad`: drop what fell on a constant, add what fell on a copy to its original.

    Parameters
    ----------
    signal : (n, c, top + h + bottom, left + w + right)

    Returns
    -------
    (n, c, h, w)
    """
    (top, bottom), (left, right) = window.edges
    h, w = window.image
    if not window.circular:
        return signal[:, :, top : top + h, left : left + w]
    rows, columns = np.arange(-top, h + bottom) % h, np.arange(-left, w + right) % w
    total: Array = np.zeros((*signal.shape[:2], h, w), signal.dtype)
    everywhere: Any = (..., rows[:, None], columns)
    np.add.at(total, everywhere, signal)
    return total


def patches(x: Array, window: Window, value: float = 0.0) -> Array:
    """All patches of an image: ``patches(x)[n, :, h, w]`` is ``D_j x`` for the window at row h, column w.

    Parameters
    ----------
    x : (n, c, h, w)
    value : float
        What lies outside the image.

    Returns
    -------
    (n, c, h', w', a, b)
        a and b run over the taps of the window.
    """
    every = np.lib.stride_tricks.sliding_window_view(pad(x, window, value), window.extent, axis=(2, 3))
    (s, t), (d, e) = window.stride, window.dilation
    return every[:, :, ::s, ::t, ::d, ::e]


def patches_vjp(signal: Array, window: Window) -> Array:
    """Transpose of `patches`: every patch is added to the place that it came from.

    Parameters
    ----------
    signal : (n, c, h', w', a, b)

    Returns
    -------
    (n, c, h, w)
    """
    (rows, columns), (s, t), (d, e) = window.output, window.stride, window.dilation
    total = np.zeros((*signal.shape[:2], *window.padded), signal.dtype)
    for a in range(window.size[0]):
        for b in range(window.size[1]):
            down = slice(a * d, a * d + s * (rows - 1) + 1, s)
            across = slice(b * e, b * e + t * (columns - 1) + 1, t)
            total[:, :, down, across] += signal[..., a, b]
    return pad_vjp(total, window)
