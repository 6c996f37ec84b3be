"""The dense layer ``y = x W^T + b`` and its transposes, as definitions."""

from __future__ import annotations

import numpy as np

from tinycnn.ops.arguments import takes
from tinycnn.ops.types import Array


@takes(x="n c", weight="k c", bias="k")
def dense(x: Array, weight: Array, bias: Array | None = None) -> Array:
    """Map features to features.

    Parameters
    ----------
    x : (n, c)
    weight : (k, c)
    bias : (k,), optional

    Returns
    -------
    (n, k)
    """
    y = np.einsum("nc,kc->nk", x, weight, optimize=True)
    return y if bias is None else y + bias


@takes(signal="n k", weight="k c")
def dense_vjp_input(signal: Array, weight: Array) -> Array:
    """Pass a signal back to the input: ``signal W``, (n, k) -> (n, c)."""
    return np.einsum("nk,kc->nc", signal, weight, optimize=True)


@takes(signal="n k", x="n c")
def dense_vjp_weight(signal: Array, x: Array) -> Array:
    """Pass a signal back to the weight: ``signal^T x``, (n, k) and (n, c) -> (k, c)."""
    return np.einsum("nk,nc->kc", signal, x, optimize=True)


@takes(signal="n k")
def dense_vjp_bias(signal: Array) -> Array:
    """Pass a signal back to the bias: its sum over the images, (n, k) -> (k,)."""
    return signal.sum(axis=0)
