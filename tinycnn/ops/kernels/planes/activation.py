"""Numba twins of `tinycnn.ops.activation`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinycnn.ops.kernels.machine import threads
from tinycnn.ops.kernels.machine.jit import frozen, jit
from tinycnn.ops.kernels.machine.scratch import empty
from tinycnn.ops.types import Array

_LEAST = 1 << 14
"""Entries that are worth a thread's while."""


def relu(x: Array) -> Array:
    """Twin of `tinycnn.ops.relu`."""
    return _map(_relu, x)


def relu_vjp(signal: Array, x: Array) -> Array:
    """Twin of `tinycnn.ops.relu_vjp`."""
    return _zip(_relu_vjp, signal, x)


def relu6(x: Array) -> Array:
    """Twin of `tinycnn.ops.relu6`."""
    return _map(_relu6, x)


def relu6_vjp(signal: Array, x: Array) -> Array:
    """Twin of `tinycnn.ops.relu6_vjp`."""
    return _zip(_relu6_vjp, signal, x)


def softplus(x: Array) -> Array:
    """Twin of `tinycnn.ops.softplus`."""
    return _map(_softplus, x)


def softplus_vjp(signal: Array, x: Array) -> Array:
    """Twin of `tinycnn.ops.softplus_vjp`."""
    return _zip(_softplus_vjp, signal, x)


def sigmoid(x: Array) -> Array:
    """Twin of `tinycnn.ops.sigmoid`."""
    return _map(_sigmoid, x)


def _map(kernel: Any, x: Array) -> Array:
    y = empty(x.shape, x.dtype)
    threads.run(kernel, x.size, frozen(x).reshape(-1), y.reshape(-1), least=_LEAST)
    return y


def _zip(kernel: Any, signal: Array, x: Array) -> Array:
    """Batch axes broadcast: row r of the signal (a plane, or one image's features) meets row r mod rows."""
    y = empty(np.broadcast_shapes(signal.shape, x.shape), signal.dtype)
    signal = np.broadcast_to(signal, y.shape)
    row = max(1, math.prod(x.shape[2:]) if x.ndim > 2 else x.shape[-1])
    flat = (array.reshape(array.size // row, row) for array in (frozen(signal), frozen(x), y))
    threads.run(kernel, y.size // row, *flat, least=max(1, _LEAST // row))
    return y


@jit
def _relu(start: int, stop: int, x: Array, y: Array) -> None:
    x, y, zero = x[start:stop], y[start:stop], x.dtype.type(0)
    for i in range(y.size):
        y[i] = zero if x[i] <= zero else x[i]


@jit
def _relu6(start: int, stop: int, x: Array, y: Array) -> None:
    x, y, zero, six = x[start:stop], y[start:stop], x.dtype.type(0), x.dtype.type(6)
    for i in range(y.size):
        y[i] = zero if x[i] <= zero else six if x[i] >= six else x[i]


@jit
def _softplus(start: int, stop: int, x: Array, y: Array) -> None:
    for i in range(start, stop):
        y[i] = max(x[i], x.dtype.type(0)) + math.log1p(math.exp(-abs(x[i])))


@jit
def _sigmoid(start: int, stop: int, x: Array, y: Array) -> None:
    one = x.dtype.type(1)
    for i in range(start, stop):
        small = math.exp(-abs(x[i]))
        y[i] = (one if x[i] >= 0 else small) / (one + small)


@jit
def _relu_vjp(start: int, stop: int, signal: Array, x: Array, y: Array) -> None:
    zero = x.dtype.type(0)
    for r in range(start, stop):
        at, back, out = x[r % len(x)], signal[r], y[r]
        for j in range(at.size):
            out[j] = back[j] if at[j] > zero else zero


@jit
def _relu6_vjp(start: int, stop: int, signal: Array, x: Array, y: Array) -> None:
    zero, six = x.dtype.type(0), x.dtype.type(6)
    for r in range(start, stop):
        at, back, out = x[r % len(x)], signal[r], y[r]
        for j in range(at.size):
            out[j] = back[j] if (at[j] > zero) & (at[j] < six) else zero


@jit
def _softplus_vjp(start: int, stop: int, signal: Array, x: Array, y: Array) -> None:
    one = x.dtype.type(1)
    for r in range(start, stop):
        at, back, out = x[r % len(x)], signal[r], y[r]
        for j in range(at.size):
            small = math.exp(-abs(at[j]))
            out[j] = back[j] * (one if at[j] >= 0 else small) / (one + small)
