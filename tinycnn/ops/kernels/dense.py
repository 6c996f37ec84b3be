"""Numba twins of `tinycnn.ops.dense`.

A few rows at a time the layer is bound by the reading of its weight, so a loop that both threads share
keeps up with any library; with many rows it is a matrix product, which BLAS does best.
"""

from __future__ import annotations

import numpy as np

from tinycnn.ops.kernels import threads
from tinycnn.ops.kernels.jit import frozen, jit
from tinycnn.types import Array

_FEW = 4


def dense(x: Array, weight: Array, bias: Array | None = None) -> Array:
    """Twin of `tinycnn.ops.dense`."""
    if len(x) <= _FEW:
        y = np.empty((len(x), len(weight)), x.dtype)
        threads.run(_rows, len(weight), frozen(x), frozen(weight), y)
    else:
        y = x @ weight.T
    return y if bias is None else y + bias


def dense_vjp_input(signal: Array, weight: Array) -> Array:
    """Twin of `tinycnn.ops.dense_vjp_input`."""
    if len(signal) <= _FEW:
        y = np.zeros((len(signal), weight.shape[1]), signal.dtype)
        threads.run(_columns, weight.shape[1], frozen(signal), frozen(weight), y)
        return y
    return signal @ weight


def dense_vjp_weight(signal: Array, x: Array) -> Array:
    """Twin of `tinycnn.ops.dense_vjp_weight`."""
    return signal.T @ x


def dense_vjp_bias(signal: Array) -> Array:
    """Twin of `tinycnn.ops.dense_vjp_bias`."""
    return np.add.reduce(signal, axis=0)


@jit
def _rows(start, stop, x, weight, y):  # type: ignore[no-untyped-def]
    for k in range(start, stop):
        row = weight[k]
        for n in range(len(x)):
            total = x.dtype.type(0)
            for c in range(row.size):
                total += row[c] * x[n, c]
            y[n, k] = total


@jit
def _columns(start, stop, signal, weight, y):  # type: ignore[no-untyped-def]
    """Rows whose signal is zero are never read: after a backward ReLU that is half of them or more."""
    for k in range(len(weight)):
        for n in range(len(signal)):
            back = signal[n, k]
            if back != 0:
                for c in range(start, stop):
                    y[n, c] += back * weight[k, c]
