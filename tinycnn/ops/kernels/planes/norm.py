"""Numba twins of `tinycnn.ops.norm`."""

from __future__ import annotations

import math

import numpy as np

from tinycnn.ops.arguments import twin
from tinycnn.ops.kernels.machine import threads
from tinycnn.ops.kernels.machine.jit import jit
from tinycnn.ops.kernels.machine.scratch import empty
from tinycnn.ops.types import Array, frozen


@twin
def batch_norm2d(x, weight, bias, mean, variance, epsilon):
    return _affine(x, *scale_and_shift(weight, bias, mean, variance, epsilon))


@twin
def batch_norm2d_vjp_input(signal, weight, variance, epsilon):
    nothing = np.zeros_like(weight)
    scale, _ = scale_and_shift(weight, nothing, nothing, variance, epsilon)
    return _affine(signal, scale, nothing)


def scale_and_shift(
    weight: Array, bias: Array, mean: Array, variance: Array, epsilon: float
) -> tuple[Array, Array]:
    """Batch norm as ``x * scale + shift``: two numbers for each channel."""
    scale = weight / np.sqrt(variance + variance.dtype.type(epsilon))
    return scale, bias - mean * scale


@twin
def batch_norm2d_vjp_weight(signal, x, mean, variance, epsilon):
    total = np.zeros(x.shape[1], x.dtype)
    threads.run(_inner, x.shape[1], frozen(signal), frozen(x), frozen(mean), total)
    return total / np.sqrt(variance + x.dtype.type(epsilon))


def _affine(x: Array, scale: Array, shift: Array) -> Array:
    y = empty(x.shape, x.dtype)
    planes = x.shape[0] * x.shape[1]
    flat = frozen(x).reshape(planes, math.prod(x.shape[2:])), y.reshape(planes, math.prod(x.shape[2:]))
    threads.run(_scale_and_shift, planes, *flat, frozen(scale), frozen(shift))
    return y


@jit
def _scale_and_shift(start, stop, x, y, scale, shift):
    for p in range(start, stop):
        row, out, c = x[p], y[p], p % scale.size
        for j in range(out.size):
            out[j] = row[j] * scale[c] + shift[c]


@jit
def _inner(start, stop, signal, x, mean, total):
    for c in range(start, stop):
        for n in range(len(x)):
            for i in range(x.shape[2]):
                for j in range(x.shape[3]):
                    total[c] += signal[n, c, i, j] * (x[n, c, i, j] - mean[c])
