"""What lies between two convolutions in one pass each way: batch norm, activation, and a rule's gate.

Forward, in place, with a scale and a shift per channel (batch norm or bias) and the activation as a range:

    y <- min(max(scale * y + shift, low), high)

ReLU is the range (0, inf), ReLU6 (0, 6), no activation (-inf, inf). A byte per entry says whether it was
open, that is strictly inside the range. Those bytes are all that the way back needs:

    signal_in = scale * mask * max(signal, low)

where `low` belongs to the rule: the gradient has a mask and low = -inf, DeconvNet no mask and low = 0, guided
backprop a mask and low = 0. Signals of several rules and seeds form one batch.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tinycnn.ops.kernels.machine import threads
from tinycnn.ops.kernels.machine.jit import jit
from tinycnn.ops.kernels.machine.scratch import empty
from tinycnn.ops.types import Array, frozen


class Gates(NamedTuple):
    """What the rules do at every activation, for each signal of a batch.

    Parameters
    ----------
    masked : (n,) bool
        Whether the forward mask applies.
    low : (n,) float32
        Signals are raised to this: 0 is the backward ReLU, -inf leaves them.
    """

    masked: Array
    low: Array


def open_gates(n: int) -> Gates:
    """The gates that leave n signals as they are."""
    return Gates(np.zeros(n, np.bool_), np.full(n, -np.inf, np.float32))


class Range(NamedTuple):
    """What an activation leaves of the numbers."""

    low: float
    high: float


def activate(y: Array, scale: Array, shift: Array, inside: Range) -> Array:
    """Scale, shift and clip in place; returns whether each entry was open.

    Parameters
    ----------
    y : (n, k, h, w)
        C-contiguous.
    scale, shift : (k,)
    inside : Range

    Returns
    -------
    (n, k, h, w) uint8
    """
    codes = empty(y.shape, np.uint8)
    low, high = y.dtype.type(inside.low), y.dtype.type(inside.high)
    arrays = _planes(y), _planes(codes), frozen(scale), frozen(shift)
    threads.run(_activate, len(arrays[0]), *arrays, low, high)
    return codes


def gate(signal: Array, codes: Array, gates: Gates, scale: Array) -> Array:
    """Take signals from the output of `activate` to its input.

    Parameters
    ----------
    signal : (n, k, h, w)
    codes : (images, k, h, w) uint8
        As `activate` returned them; signal i belongs to image ``i % images``.
    gates : Gates
        Of the n signals.
    scale : (k,)
    """
    back = empty(signal.shape, signal.dtype)
    rules = frozen(gates.masked), frozen(gates.low.astype(signal.dtype))
    arrays = _planes(frozen(signal)), _planes(frozen(codes)), *rules, frozen(scale), _planes(back)
    threads.run(_gate, len(arrays[0]), *arrays)
    return back


def _planes(array: Array) -> Array:
    """(n, k, h, w) -> (n * k, h * w)."""
    n, k, h, w = array.shape
    return array.reshape(n * k, h * w)


@jit
def _activate(start, stop, y, codes, scale, shift, low, high):
    for p in range(start, stop):
        row, code, factor, summand = y[p], codes[p], scale[p % scale.size], shift[p % scale.size]
        for j in range(row.size):
            z = row[j] * factor + summand
            code[j] = (z > low) & (z < high)
            row[j] = low if -np.inf < z <= low else high if high <= z < np.inf else z


@jit
def _gate(start, stop, signal, codes, masked, low, scale, back):
    k, zero = scale.size, scale.dtype.type(0)
    for p in range(start, stop):
        n, factor = p // k, scale[p % k]
        row, code, out, least = signal[p], codes[p % len(codes)], back[p], low[n]
        if masked[n]:
            for j in range(row.size):
                out[j] = factor * (least if row[j] < least else row[j]) if code[j] else zero
        else:
            for j in range(row.size):
                out[j] = factor * (least if row[j] < least else row[j])
