"""Normalisation by the image's own numbers: of neighbouring channels, and of groups of channels."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tinycnn.errors import ShapeError
from tinycnn.ops.arguments import takes
from tinycnn.ops.types import Array


def _grouped(x: Array, groups: int) -> None:
    if x.shape[1] % groups or 0 in x.shape[1:]:
        raise ShapeError(f"images of shape {x.shape[1:]} have no {groups} equal groups of channels")


@takes(x="n c h w", size="count", alpha="number", beta="number", k="number")
def local_response_norm(x: Array, size: int, alpha: float, beta: float, k: float) -> Array:
    """Divide every entry by what `size` channels around it hold at its place (Krizhevsky et al. 2012, 3.3).

    ``y_c = x_c / (k + alpha / size * sum_i x_i^2)^beta``, with i from ``c - (size - 1) // 2`` to
    ``c + size // 2``.

    Parameters
    ----------
    x : (n, c, h, w)
    size : int
    alpha, beta, k : float

    Returns
    -------
    (n, c, h, w)
    """
    return x * _divisor(x, size, alpha, k) ** x.dtype.type(-beta)


@takes(signal="t c h w", x="n c h w", size="count", alpha="number", beta="number", k="number")
def local_response_norm_vjp(signal: Array, x: Array, size: int, alpha: float, beta: float, k: float) -> Array:
    """With the divisor d: ``signal d^-beta - 2 alpha beta / size * x * sum_c signal_c x_c d_c^(-beta - 1)``.

    The sum is over the channels c whose window holds the entry.
    """
    number = x.dtype.type
    divisor = _divisor(x, size, alpha, k)
    shared = signal * (x * divisor ** number(-beta - 1))
    others = _window_sum(shared, size // 2, (size - 1) // 2)
    return signal * divisor ** number(-beta) - number(2 * alpha * beta / size) * x * others


@takes(_grouped, x="n c h w", groups="count", weight="c", bias="c", epsilon="number")
def group_norm(x: Array, groups: int, weight: Array, bias: Array, epsilon: float) -> Array:
    """Give every group of channels of every image mean 0 and variance 1, then scale and shift each channel.

    ``y = (x - mean) / sqrt(variance + epsilon) * weight + bias`` (Wu and He 2018, equation 1); a group for
    each channel is instance norm (Ulyanov et al. 2016).

    Parameters
    ----------
    x : (n, c, h, w)
    groups : int
    weight, bias : (c,)
    epsilon : float

    Returns
    -------
    (n, c, h, w)
    """
    normal, _ = _normalised(x, groups, epsilon)
    return normal.reshape(x.shape) * weight[:, None, None] + bias[:, None, None]


@takes(_grouped, signal="t c h w", x="n c h w", groups="count", weight="c", epsilon="number")
def group_norm_vjp(signal: Array, x: Array, groups: int, weight: Array, epsilon: float) -> Array:
    """``(s - mean(s) - z mean(s z)) / sd``, with s the scaled signal and z the group, normalised."""
    normal, deviation = _normalised(x, groups, epsilon)
    scaled = (signal * weight[:, None, None]).reshape(len(signal), *normal.shape[1:])
    mean = scaled.mean(axis=2, keepdims=True)
    along = (scaled * normal).mean(axis=2, keepdims=True)
    return ((scaled - mean - normal * along) / deviation).reshape(signal.shape)


def _normalised(x: Array, groups: int, epsilon: float) -> tuple[Array, Array]:
    """Groups of mean 0 and variance 1, (n, groups, entries), and what they were divided by."""
    entries = x.reshape(len(x), groups, math.prod(x.shape[1:]) // groups)
    centred = entries - entries.mean(axis=2, keepdims=True)
    deviation = np.sqrt((centred * centred).mean(axis=2, keepdims=True) + x.dtype.type(epsilon))
    return centred / deviation, deviation


def _divisor(x: Array, size: int, alpha: float, k: float) -> Array:
    number = x.dtype.type
    return number(k) + number(alpha / size) * _window_sum(x * x, (size - 1) // 2, size // 2)


def _window_sum(x: Array, before: int, after: int) -> Array:
    """The sum over channels ``c - before`` to ``c + after``."""
    channels: Sequence[int] = range(x.shape[1])
    total = np.zeros_like(x)
    for offset in range(max(-before, 1 - len(channels)), min(after, len(channels) - 1) + 1):
        start, end = max(0, -offset), min(len(channels), len(channels) - offset)
        total[:, start:end] += x[:, start + offset : end + offset]
    return total
