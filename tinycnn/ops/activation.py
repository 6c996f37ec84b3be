"""Activations, entry by entry, and their vjps. At the kinks the derivative is 0: the masks are strict.

A signal of t seeds may be sent through the activation of one image: the batch axes broadcast.
"""

from __future__ import annotations

import numpy as np

from tinycnn.ops.types import Array


def relu(x: Array) -> Array:
    """``max(x, 0)``; NaN stays NaN."""
    return np.where(x <= 0, x.dtype.type(0), x)


def relu_vjp(signal: Array, x: Array) -> Array:
    """``signal * 1[x > 0]``, with x the activation's input."""
    return np.where(x > 0, signal, signal.dtype.type(0))


def relu6(x: Array) -> Array:
    """``min(max(x, 0), 6)``; NaN stays NaN."""
    return np.minimum(relu(x), x.dtype.type(6))


def relu6_vjp(signal: Array, x: Array) -> Array:
    """``signal * 1[0 < x < 6]``: the mask closes on both sides."""
    return np.where((x > 0) & (x < 6), signal, signal.dtype.type(0))


def softplus(x: Array) -> Array:
    """``log(1 + exp(x))``, without overflow."""
    return np.logaddexp(x, x.dtype.type(0))


def softplus_vjp(signal: Array, x: Array) -> Array:
    """``signal * sigmoid(x)``."""
    return signal * sigmoid(x)


def sigmoid(x: Array) -> Array:
    """``1 / (1 + exp(-x))``, without overflow: the derivative of softplus."""
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, small) / (1 + small)
