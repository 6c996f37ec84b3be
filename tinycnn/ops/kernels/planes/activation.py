"""Twins of `tinycnn.ops.activation`: loops where networks have them, forward and backward.

The others need none: NumPy's exponentials already use whole registers.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinycnn.ops.arguments import twin
from tinycnn.ops.kernels.machine import threads
from tinycnn.ops.kernels.machine.jit import jit
from tinycnn.ops.kernels.machine.scratch import empty
from tinycnn.ops.types import Array, frozen

_LEAST = 1 << 14
"""Entries that are worth a thread's while."""


@twin
def relu(x):
    return _map(_relu, x)


@twin
def relu_vjp(signal, x):
    return _zip(_relu_vjp, signal, x)


@twin
def clip(x, low, high):
    return _map(_clip, x, low, high)


@twin
def clip_vjp(signal, x, low, high):
    return _zip(_clip_vjp, signal, x, x.dtype.type(low), x.dtype.type(high))


@twin
def relu6(x):
    return _map(_clip, x, 0, 6)


@twin
def relu6_vjp(signal, x):
    return _zip(_clip_vjp, signal, x, x.dtype.type(0), x.dtype.type(6))


@twin
def leaky_relu(x, slope):
    return _leaky_relu(x, x, slope)


@twin
def leaky_relu_vjp(signal, x, slope):
    return _leaky_relu(signal, x, slope)


def _leaky_relu(signal: Array, x: Array, slope: float | Array) -> Array:
    slopes = np.asarray(slope, x.dtype)
    if slopes.ndim == 0:
        return _zip(_leaky_vjp, signal, x, frozen(slopes.reshape(1)))
    planes = (array.reshape(*array.shape[:2], -1) for array in (signal, x))
    return _zip(_leaky_vjp, *planes, frozen(slopes)).reshape(signal.shape)


@twin
def silu(x):
    return _map(_silu, x)


@twin
def silu_vjp(signal, x):
    return signal * _map(_silu_slope, x)


@twin
def hard_swish(x):
    return x * _map(_hard_sigmoid, x)


@twin
def hard_swish_vjp(signal, x):
    return signal * _map(_hard_swish_slope, x)


def _map(kernel: Any, x: Array, *numbers: float) -> Array:
    y = empty(x.shape, x.dtype)
    constants = [x.dtype.type(number) for number in numbers]
    threads.run(kernel, x.size, frozen(x).reshape(-1), y.reshape(-1), *constants, least=_LEAST)
    return y


def _zip(kernel: Any, signal: Array, x: Array, *numbers: Any) -> Array:
    """Row r of the signal (a plane, or one image's features) meets row r mod rows of the input."""
    y = empty(signal.shape, signal.dtype)
    row = max(1, math.prod(x.shape[2:]) if x.ndim > 2 else math.prod(x.shape[1:]))
    flat = (array.reshape(array.size // row, row) for array in (frozen(signal), frozen(x), y))
    threads.run(kernel, y.size // row, *flat, *numbers, least=max(1, _LEAST // row))
    return y


@jit
def _relu(start: int, stop: int, x: Array, y: Array) -> None:
    x, y, zero = x[start:stop], y[start:stop], x.dtype.type(0)
    for i in range(y.size):
        y[i] = zero if x[i] <= zero else x[i]


@jit
def _relu_vjp(start: int, stop: int, signal: Array, x: Array, y: Array) -> None:
    zero = x.dtype.type(0)
    for r in range(start, stop):
        at, back, out = x[r % len(x)], signal[r], y[r]
        for j in range(at.size):
            out[j] = back[j] if at[j] > zero else zero


@jit
def _clip(start: int, stop: int, x: Array, y: Array, low: Any, high: Any) -> None:
    x, y = x[start:stop], y[start:stop]
    for i in range(y.size):
        y[i] = low if x[i] <= low else high if x[i] >= high else x[i]


@jit
def _clip_vjp(start: int, stop: int, signal: Array, x: Array, y: Array, low: Any, high: Any) -> None:
    zero = x.dtype.type(0)
    for r in range(start, stop):
        at, back, out = x[r % len(x)], signal[r], y[r]
        for j in range(at.size):
            out[j] = back[j] if (at[j] > low) & (at[j] < high) else zero


@jit
def _leaky_vjp(start: int, stop: int, signal: Array, x: Array, y: Array, slopes: Array) -> None:
    zero = x.dtype.type(0)
    for r in range(start, stop):
        at, back, out, slope = x[r % len(x)], signal[r], y[r], slopes[r % slopes.size]
        for j in range(at.size):
            out[j] = back[j] if at[j] > zero else slope * back[j]


@jit
def _logistic(z: Any) -> Any:
    """``1 / (1 + exp(-z))``, without overflow."""
    one, small = type(z)(1), math.exp(-abs(z))
    return (one if z >= 0 else small) / (one + small)


@jit
def _silu(start: int, stop: int, x: Array, y: Array) -> None:
    for i in range(start, stop):
        y[i] = x[i] * _logistic(x[i])


@jit
def _silu_slope(start: int, stop: int, x: Array, y: Array) -> None:
    for i in range(start, stop):
        y[i] = _logistic(x[i]) * (x.dtype.type(1) + x[i] * _logistic(-x[i]))


@jit
def _hard_sigmoid(start: int, stop: int, x: Array, y: Array) -> None:
    number = x.dtype.type
    for i in range(start, stop):
        y[i] = min(max(x[i] + number(3), number(0)), number(6)) / number(6)


@jit
def _hard_swish_slope(start: int, stop: int, x: Array, y: Array) -> None:
    number = x.dtype.type
    for i in range(start, stop):
        slope = x[i] / number(3) + number(0.5)
        y[i] = number(0) if x[i] <= -3 else number(1) if x[i] >= 3 else slope
