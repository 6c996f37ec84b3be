"""Convolution as one matrix product per image: patches become the columns of a matrix.

With the patches ``D_j x`` as columns, forward is ``W @ columns``; the two vjps are ``W^T @ signal``, put
back where the patches came from, and ``signal @ columns^T``. All three cost 2 k c a b h' w' operations, at
the speed of BLAS.
"""

from __future__ import annotations

import numpy as np

from tinycnn.ops.geometry import Window
from tinycnn.ops.kernels import threads
from tinycnn.ops.kernels.jit import frozen, jit
from tinycnn.ops.kernels.padding import pad, pad_vjp
from tinycnn.types import Array


def conv2d(x: Array, weight: Array, at: Window) -> Array:
    """(n, c, h, w) and (k, c, a, b) -> (n, k, h', w')."""
    kernels = weight.reshape(weight.shape[0], -1)
    padded = pad(x, at)
    y = np.empty((x.shape[0], weight.shape[0], *at.output), x.dtype)
    for image, out in zip(padded, y, strict=True):
        np.matmul(kernels, _columns(image, at), out=out.reshape(len(kernels), -1))
    return y


def conv2d_vjp_input(signal: Array, weight: Array, at: Window) -> Array:
    """(n, k, h', w') and (k, c, a, b) -> (n, c, h, w)."""
    k, c = weight.shape[:2]
    kernels = weight.reshape(k, -1)
    total = np.zeros((signal.shape[0], c, *at.padded), signal.dtype)
    for back, image in zip(signal, total, strict=True):
        columns = (kernels.T @ back.reshape(k, -1)).reshape(c, *at.size, *at.output)
        threads.run(_put_back, c, frozen(columns), image, at.stride, at.dilation)
    return pad_vjp(total, at)


def conv2d_vjp_weight(signal: Array, x: Array, at: Window) -> Array:
    """(n, k, h', w') and (n, c, h, w) -> (k, c, a, b)."""
    k, c = signal.shape[1], x.shape[1]
    total = np.zeros((k, c * at.size[0] * at.size[1]), x.dtype)
    for back, image in zip(signal, pad(x, at), strict=True):
        total += back.reshape(k, -1) @ _columns(image, at).T
    return total.reshape(k, c, *at.size)


def _columns(image: Array, at: Window) -> Array:
    """One padded image (c, h, w) -> (c * a * b, h' * w')."""
    c = len(image)
    columns = np.empty((c, *at.size, *at.output), image.dtype)
    threads.run(_cut, c, frozen(image), columns, at.stride, at.dilation)
    return columns.reshape(c * at.size[0] * at.size[1], -1)


@jit
def _cut(start, stop, image, columns, stride, dilation):  # type: ignore[no-untyped-def]
    (s, t), (d, e) = stride, dilation
    for c in range(start, stop):
        for a in range(columns.shape[1]):
            for b in range(columns.shape[2]):
                for i in range(columns.shape[3]):
                    row, out = image[c, i * s + a * d], columns[c, a, b, i]
                    if t == 1:
                        for j in range(out.size):
                            out[j] = row[j + b * e]
                    else:
                        for j in range(out.size):
                            out[j] = row[j * t + b * e]


@jit
def _put_back(start, stop, columns, image, stride, dilation):  # type: ignore[no-untyped-def]
    (s, t), (d, e) = stride, dilation
    for c in range(start, stop):
        for a in range(columns.shape[1]):
            for b in range(columns.shape[2]):
                for i in range(columns.shape[3]):
                    back, row = columns[c, a, b, i], image[c, i * s + a * d]
                    if t == 1:
                        for j in range(back.size):
                            row[j + b * e] += back[j]
                    else:
                        for j in range(back.size):
                            row[j * t + b * e] += back[j]
