"""Numba twins of `tinycnn.ops.dense`.

With a few rows the layer is bound by the reading of its weight, which a loop over all threads does as fast
as memory allows; with many it is a matrix product: the one that convolution uses.
"""

from __future__ import annotations

import numpy as np

from tinycnn.ops.arguments import twin
from tinycnn.ops.kernels.machine import threads
from tinycnn.ops.kernels.machine.jit import jit
from tinycnn.ops.kernels.machine.scratch import empty
from tinycnn.ops.kernels.machine.simd import BYTES, fma, load, store, zero
from tinycnn.ops.kernels.planes import im2col
from tinycnn.ops.types import frozen

_FEW, _SOME = 6, 48
"""Rows up to which loops over the weight are faster than a product with it: forward, and on the way back."""


@twin
def dense(x, weight, bias):
    if len(x) > _FEW:
        y = im2col.matmul(weight, x.T).T
    else:
        y = empty((len(x), len(weight)), x.dtype)
        threads.run(_rows, len(weight), frozen(x), frozen(weight), y)
    return y if bias is None else y + bias


@twin
def dense_vjp_input(signal, weight):
    if len(signal) > _SOME:
        return im2col.matmul(signal, weight)
    y = empty((len(signal), weight.shape[1]), signal.dtype)
    used = np.flatnonzero((signal != 0).any(axis=0))
    threads.run(_columns, -(-weight.shape[1] // _STRIP), frozen(signal), frozen(weight), used, y)
    return y


_STRIP = 2048
"""Entries of a row that are worked on at once: what they are multiplied with stays in a first-level cache."""


@jit
def _rows(start, stop, x, weight, y):
    """A strip of a row of the weight is read once for all images."""
    length = weight.shape[1]
    lanes = np.empty(BYTES // x.itemsize, x.dtype)
    for k in range(start, stop):
        y[:, k] = 0
        for first in range(0, length, _STRIP):
            count = min(_STRIP, length - first)
            for n in range(len(x)):
                y[n, k] += _inner(weight, k * length + first, x, n * length + first, count, lanes)


@jit
def _inner(a, i, b, j, count, lanes):
    """Inner product of `count` entries of a from i on, and of b from j on: four sums in registers."""
    width = lanes.size
    s0 = s1 = s2 = s3 = zero(lanes)
    whole = count // (4 * width) * 4 * width
    for c in range(0, whole, 4 * width):
        s0 = fma(load(a, i + c), load(b, j + c), s0)
        s1 = fma(load(a, i + c + width), load(b, j + c + width), s1)
        s2 = fma(load(a, i + c + 2 * width), load(b, j + c + 2 * width), s2)
        s3 = fma(load(a, i + c + 3 * width), load(b, j + c + 3 * width), s3)
    store(lanes, 0, (s0 + s1) + (s2 + s3))
    total, left, right = lanes.sum(), a.reshape(-1), b.reshape(-1)
    for c in range(whole, count):
        total += left[i + c] * right[j + c]
    return total


@jit
def _columns(start, stop, signal, weight, used, y):
    """Rows of the weight whose signal is zero are never read: after a ReLU that is half of them or more."""
    for strip in range(start, stop):
        first, last = strip * _STRIP, min((strip + 1) * _STRIP, weight.shape[1])
        y[:, first:last] = 0
        for i in range(0, used.size - 3, 4):
            w0, w1 = weight[used[i], first:last], weight[used[i + 1], first:last]
            w2, w3 = weight[used[i + 2], first:last], weight[used[i + 3], first:last]
            for n in range(len(signal)):
                s0, s1 = signal[n, used[i]], signal[n, used[i + 1]]
                s2, s3 = signal[n, used[i + 2]], signal[n, used[i + 3]]
                out = y[n, first:last]
                for c in range(out.size):
                    out[c] += s0 * w0[c] + s1 * w1[c] + s2 * w2[c] + s3 * w3[c]
        for i in range(used.size // 4 * 4, used.size):
            row = weight[used[i], first:last]
            for n in range(len(signal)):
                back, out = signal[n, used[i]], y[n, first:last]
                for c in range(row.size):
                    out[c] += back * row[c]
