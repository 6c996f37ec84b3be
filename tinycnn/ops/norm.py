"""Batch norm as it acts at inference: one scale and one shift per channel."""

from __future__ import annotations

import numpy as np

from tinycnn.ops.arguments import takes
from tinycnn.ops.types import Array


@takes(x="n c h w", weight="c", bias="c", mean="c", variance="c", epsilon="number")
def batch_norm2d(x: Array, weight: Array, bias: Array, mean: Array, variance: Array, epsilon: float) -> Array:
    """``(x - mean) / sqrt(variance + epsilon) * weight + bias``, channel by channel.

    Parameters
    ----------
    x : (n, c, h, w)
    weight, bias, mean, variance : (c,)
        Learnt scale and shift, and the statistics that training left behind.
    epsilon : float

    Returns
    -------
    (n, c, h, w)
    """
    scale = weight / np.sqrt(variance + x.dtype.type(epsilon))
    return (x - mean[:, None, None]) * scale[:, None, None] + bias[:, None, None]


@takes(signal="n c h w", weight="c", variance="c", epsilon="number")
def batch_norm2d_vjp_input(signal: Array, weight: Array, variance: Array, epsilon: float) -> Array:
    """Pass a signal back to the input: it is scaled as the input was.

    Parameters
    ----------
    signal : (n, c, h, w)

    Returns
    -------
    (n, c, h, w)
    """
    scale = weight / np.sqrt(variance + signal.dtype.type(epsilon))
    return signal * scale[:, None, None]


@takes(signal="n c h w", x="n c h w", mean="c", variance="c", epsilon="number")
def batch_norm2d_vjp_weight(signal: Array, x: Array, mean: Array, variance: Array, epsilon: float) -> Array:
    """Pass a signal back to the scale: ``sum_{n, h, w} signal * (x - mean) / sqrt(variance + epsilon)``.

    Parameters
    ----------
    signal, x : (n, c, h, w)

    Returns
    -------
    (c,)
    """
    total = np.einsum("nchw,nchw->c", signal, x - mean[:, None, None], optimize=True)
    return total / np.sqrt(variance + x.dtype.type(epsilon))


@takes(signal="n c h w")
def batch_norm2d_vjp_bias(signal: Array) -> Array:
    """Pass a signal back to the shift: its sum over images and positions, (n, c, h, w) -> (c,)."""
    return signal.sum(axis=(0, 2, 3))
