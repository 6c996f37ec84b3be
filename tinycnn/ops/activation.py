"""Activations, entry by entry, and their vjps: ``signal * f'(x)``, with x the activation's input.

At a kink the derivative is that of the flatter side: masks of ReLU and of clips are strict. A signal of t
seeds may be sent through the activation of one image.
"""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

import numpy as np

from tinycnn.errors import ShapeError
from tinycnn.ops.arguments import takes
from tinycnn.ops.types import Array

_map = takes(x="...")
_zip = takes(signal="t ...", x="n ...")


def _bounds(low: float, high: float) -> None:
    if not low < high:
        raise ShapeError(f"low {low} must be less than high {high}")


def _sharp(beta: float) -> None:
    if not 0 < beta < math.inf:
        raise ShapeError(f"beta must be positive, got {beta}")


def _slopes(x: Array, slope: Any) -> None:
    several = isinstance(slope, np.ndarray) and slope.dtype.kind == "f" and slope.shape == x.shape[1:2]
    if not several and not isinstance(slope, Real):
        raise ShapeError(f"slope must be a number, or a vector with one for each channel of {x.shape}")


@_map
def relu(x: Array) -> Array:
    """``max(x, 0)``; NaN stays NaN."""
    return np.where(x <= 0, x.dtype.type(0), x)


@_zip
def relu_vjp(signal: Array, x: Array) -> Array:
    """``signal * 1[x > 0]``."""
    return np.where(x > 0, signal, signal.dtype.type(0))


@takes(_bounds, x="...", low="number", high="number")
def clip(x: Array, low: float, high: float) -> Array:
    """``min(max(x, low), high)``; NaN stays NaN. ReLU6 is the clip to 0 and 6, hard tanh that to -1 and 1."""
    return np.minimum(np.maximum(x, x.dtype.type(low)), x.dtype.type(high))


@takes(_bounds, signal="t ...", x="n ...", low="number", high="number")
def clip_vjp(signal: Array, x: Array, low: float, high: float) -> Array:
    """``signal * 1[low < x < high]``: the mask closes on both sides."""
    return np.where((x > x.dtype.type(low)) & (x < x.dtype.type(high)), signal, signal.dtype.type(0))


@_map
def relu6(x: Array) -> Array:
    """``min(max(x, 0), 6)``; NaN stays NaN."""
    return np.minimum(relu(x), x.dtype.type(6))


@_zip
def relu6_vjp(signal: Array, x: Array) -> Array:
    """``signal * 1[0 < x < 6]``: the mask closes on both sides."""
    return np.where((x > 0) & (x < 6), signal, signal.dtype.type(0))


@takes(_slopes, x="...")
def leaky_relu(x: Array, slope: float | Array) -> Array:
    """``x`` where it is positive, elsewhere ``slope * x``.

    Parameters
    ----------
    x : (n, k, ...)
    slope : float or (k,)
        One for all, or one for each channel (PReLU; He et al. 2015, equation 1).
    """
    return np.where(x > 0, x, _per_channel(slope, x) * x)


@takes(_slopes, signal="t ...", x="n ...")
def leaky_relu_vjp(signal: Array, x: Array, slope: float | Array) -> Array:
    """``signal`` where x is positive, elsewhere ``slope * signal``."""
    return np.where(x > 0, signal, _per_channel(slope, x) * signal)


@takes(x="...", alpha="number", scale="number")
def elu(x: Array, alpha: float = 1.0, scale: float = 1.0) -> Array:
    """``scale * x`` where x is positive, elsewhere ``scale * alpha * (exp(x) - 1)``.

    Clevert et al. 2016, equation 15; SELU has both factors (Klambauer et al. 2017, equation 2).
    """
    number = x.dtype.type
    return number(scale) * np.where(x > 0, x, number(alpha) * np.expm1(np.minimum(x, 0)))


@takes(signal="t ...", x="n ...", alpha="number", scale="number")
def elu_vjp(signal: Array, x: Array, alpha: float = 1.0, scale: float = 1.0) -> Array:
    """``signal * scale`` where x is positive, elsewhere ``signal * scale * alpha * exp(x)``."""
    number = x.dtype.type
    return signal * number(scale) * np.where(x > 0, number(1), number(alpha) * np.exp(np.minimum(x, 0)))


@takes(_sharp, x="...", beta="number")
def softplus(x: Array, beta: float = 1.0) -> Array:
    """``log(1 + exp(beta x)) / beta``, without overflow."""
    number = x.dtype.type
    return np.logaddexp(number(beta) * x, number(0)) / number(beta)


@takes(_sharp, signal="t ...", x="n ...", beta="number")
def softplus_vjp(signal: Array, x: Array, beta: float = 1.0) -> Array:
    """``signal * sigmoid(beta x)``."""
    return signal * sigmoid(x.dtype.type(beta) * x)


@_map
def sigmoid(x: Array) -> Array:
    """``1 / (1 + exp(-x))``, without overflow."""
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, small) / (1 + small)


@_zip
def sigmoid_vjp(signal: Array, x: Array) -> Array:
    """``signal * sigmoid(x) * sigmoid(-x)``."""
    return signal * (sigmoid(x) * sigmoid(-x))


@_map
def tanh(x: Array) -> Array:
    """``tanh(x)``."""
    return np.tanh(x)


@_zip
def tanh_vjp(signal: Array, x: Array) -> Array:
    """``signal * (1 - tanh(x)^2)``, computed as ``4 sigmoid(2 x) sigmoid(-2 x)``, which keeps its digits."""
    return signal * (4 * sigmoid(2 * x) * sigmoid(-2 * x))


@_map
def silu(x: Array) -> Array:
    """``x * sigmoid(x)``, also called swish (Ramachandran et al. 2017)."""
    return x * sigmoid(x)


@_zip
def silu_vjp(signal: Array, x: Array) -> Array:
    """``signal * sigmoid(x) * (1 + x sigmoid(-x))``."""
    return signal * (sigmoid(x) * (1 + x * sigmoid(-x)))


@_map
def hard_sigmoid(x: Array) -> Array:
    """``min(max(x + 3, 0), 6) / 6`` (Howard et al. 2019, section 5.2)."""
    number = x.dtype.type
    return np.minimum(np.maximum(x + number(3), number(0)), number(6)) / number(6)


@_zip
def hard_sigmoid_vjp(signal: Array, x: Array) -> Array:
    """``signal / 6`` where ``-3 < x < 3``, else 0."""
    return np.where((x > -3) & (x < 3), signal / signal.dtype.type(6), signal.dtype.type(0))


@_map
def hard_swish(x: Array) -> Array:
    """``x * hard_sigmoid(x)`` (Howard et al. 2019, section 5.2)."""
    return x * hard_sigmoid(x)


@_zip
def hard_swish_vjp(signal: Array, x: Array) -> Array:
    """``signal`` times 0 up to -3, ``x / 3 + 1 / 2`` between, and 1 from 3 on."""
    number = x.dtype.type
    slope = np.where(x <= -3, number(0), np.where(x >= 3, number(1), x / number(3) + number(0.5)))
    return signal * slope


@_map
def gelu(x: Array) -> Array:
    """``x * P(N <= x)`` for a standard normal N (Hendrycks and Gimpel 2016)."""
    return x * _normal_below(x)


@_zip
def gelu_vjp(signal: Array, x: Array) -> Array:
    """``signal * (P(N <= x) + x density(x))``."""
    near = np.clip(x, -40, 40)  # beyond, the density is 0 in either precision, and its exponent overflows
    density = np.exp(-near * near / 2) / x.dtype.type(math.sqrt(2 * math.pi))
    return signal * (_normal_below(x) + near * density)


@_map
def gelu_tanh(x: Array) -> Array:
    """``x / 2 * (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))``: the customary approximation of GELU."""
    inner, _ = _gelu_inner(x)
    return x * sigmoid(2 * inner)  # the same, with all digits in the lower tail


@_zip
def gelu_tanh_vjp(signal: Array, x: Array) -> Array:
    """``signal * ((1 + tanh u) / 2 + x / 2 (1 - tanh(u)^2) u')``, with u what `gelu_tanh` takes tanh of."""
    inner, slope = _gelu_inner(x)
    bend = 2 * sigmoid(2 * inner) * sigmoid(-2 * inner)  # (1 - tanh(u)^2) / 2
    return signal * (sigmoid(2 * inner) + np.clip(x, -20, 20) * bend * slope)


def _gelu_inner(x: Array) -> tuple[Array, Array]:
    """u and its derivative; from 20 on tanh(u) is 1 in either precision, and the cube would overflow."""
    near, factor, cubic = np.clip(x, -20, 20), x.dtype.type(math.sqrt(2 / math.pi)), x.dtype.type(0.044715)
    bend = cubic * near * near
    return factor * near * (1 + bend), factor * (1 + 3 * bend)


def _normal_below(x: Array) -> Array:
    """``P(N <= x)``, with all digits in the lower tail too."""
    from scipy.special import ndtr  # takes longer to import than all else here

    below: Array = ndtr(x)
    return below


def _per_channel(slope: float | Array, x: Array) -> Array:
    """Slopes for each channel, shaped to meet (n, k, ...)."""
    slopes = np.asarray(slope, x.dtype)
    return slopes.reshape(-1, *(1 for _ in x.shape[2:])) if slopes.ndim else slopes
