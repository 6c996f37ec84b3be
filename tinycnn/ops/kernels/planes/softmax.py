"""Numba twins of `tinycnn.ops.softmax`."""

from __future__ import annotations

import math

import numpy as np

from tinycnn.ops.arguments import twin
from tinycnn.ops.kernels.machine import threads
from tinycnn.ops.kernels.machine.jit import frozen, jit
from tinycnn.ops.types import Array


@twin
def softmax(logits: Array) -> Array:
    y = np.empty(logits.shape, logits.dtype)
    threads.run(_softmax, len(logits), frozen(logits), y)
    return y


@twin
def softmax_vjp(signal: Array, probabilities: Array) -> Array:
    y = np.empty(np.broadcast_shapes(signal.shape, probabilities.shape), signal.dtype)
    threads.run(_softmax_vjp, len(y), frozen(signal), frozen(probabilities), y)
    return y


@twin
def squared_cost(logits: Array, labels: Array) -> Array:
    y = np.empty(len(logits), logits.dtype)
    threads.run(_squared_cost, len(y), softmax(logits), frozen(labels), y)
    return y


@twin
def squared_cost_vjp(signal: Array, logits: Array, labels: Array) -> Array:
    probabilities = softmax(logits)
    error = np.empty(logits.shape, logits.dtype)
    threads.run(_error, len(error), frozen(signal), probabilities, frozen(labels), error)
    return softmax_vjp(2 * error, probabilities)


@twin
def cross_entropy(logits: Array, labels: Array) -> Array:
    y = np.empty(len(logits), logits.dtype)
    threads.run(_cross_entropy, len(y), frozen(logits), frozen(labels), y)
    return y


@twin
def cross_entropy_vjp(signal: Array, logits: Array, labels: Array) -> Array:
    y = np.empty(logits.shape, logits.dtype)
    threads.run(_error, len(y), frozen(signal), softmax(logits), frozen(labels), y)
    return y


@jit
def _softmax(start, stop, logits, y):
    for n in range(start, stop):
        top = logits[n].max()
        total = logits.dtype.type(0)
        for k in range(y.shape[1]):
            y[n, k] = math.exp(logits[n, k] - top)
            total += y[n, k]
        for k in range(y.shape[1]):
            y[n, k] /= total


@jit
def _softmax_vjp(start, stop, signal, probabilities, y):
    for n in range(start, stop):
        back, p = signal[n], probabilities[n % len(probabilities)]
        inner = signal.dtype.type(0)
        for k in range(p.size):
            inner += back[k] * p[k]
        for k in range(p.size):
            y[n, k] = p[k] * (back[k] - inner)


@jit
def _squared_cost(start, stop, probabilities, labels, y):
    for n in range(start, stop):
        y[n] = 0
        for k in range(probabilities.shape[1]):
            error = probabilities[n, k] - (k == labels[n])
            y[n] += error * error


@jit
def _error(start, stop, signal, probabilities, labels, y):
    for n in range(start, stop):
        for k in range(y.shape[1]):
            y[n, k] = (probabilities[n, k] - (k == labels[n])) * signal[n]


@jit
def _cross_entropy(start, stop, logits, labels, y):
    for n in range(start, stop):
        label, top = logits[n, labels[n]], logits[n].argmax()
        most, others = logits[n, top] - label, logits.dtype.type(0)
        for k in range(logits.shape[1]):
            if k != top:
                others += math.exp(logits[n, k] - label - most)
        y[n] = most + math.log1p(others)
