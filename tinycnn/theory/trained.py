"""What the theory assumes of a layer, as numbers that a trained layer can be held against.

A random layer of He's law has independent Gaussian filters, so each number here has a value to expect.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import ndtr

from tinycnn.layers import Conv2D
from tinycnn.ops import kernels
from tinycnn.theory.bank import density
from tinycnn.types import Array


class Filters(NamedTuple):
    """A bank of k filters with p taps each, as the theory looks at it.

    Parameters
    ----------
    kurtosis : float
        Mean fourth power of the entries, each filter scaled to variance 1, less 3: 0 for Gaussian filters.
    isotropy : float
        Effective rank of Sigma, ``tr(Sigma)^2 / tr(Sigma^2)``, over that of k isotropic filters,
        ``k p / (k + p)``: 1 if every direction has its share, near 0 if a few directions have all.
    overlap : float
        Root mean square cosine of two different filters, times sqrt(p): 1 for independent isotropic ones.
    """

    kurtosis: float
    isotropy: float
    overlap: float


def filters(weight: Array) -> Filters:
    """Measure a bank of filters.

    Parameters
    ----------
    weight : (k, c, a, b)
        At least two filters.
    """
    rows = weight.reshape(len(weight), -1).astype(np.float64)
    rows = rows[np.abs(rows).max(axis=1) > 0]  # a filter of zeros has no direction
    k, p = rows.shape
    entries = rows - rows.mean(axis=1, keepdims=True)
    entries /= entries.std(axis=1, keepdims=True)
    gram = rows @ rows.T
    norms = np.sqrt(np.diag(gram))
    cosines = (gram / norms / norms[:, None])[~np.eye(k, dtype=bool)]
    rank = np.trace(gram) ** 2 / np.square(gram).sum()
    return Filters(
        float((entries**4).mean() - 3),
        float(rank * (k + p) / (k * p)),
        float(np.sqrt(np.square(cosines).mean() * p)),
    )


def bank_signal(conv: Conv2D, y: Array) -> Array:
    """The limit of guided backprop for filters of this layer's own second moment, at the layer's input.

    Parameters
    ----------
    conv : Conv2D
        Of one group.
    y : (n, c, h, w)
        The layer's input.

    Returns
    -------
    (n, c, h, w)
        ``sqrt(k) sum_j D_j^T Sigma y_j / sqrt(y_j^T Sigma y_j)``.

    Notes
    -----
    `bank.bank_limit` without the matrix. With the filters as rows W, ``Sigma = W^T W / k``; the layer itself
    computes ``z_j = W y_j``, so ``y_j^T Sigma y_j = |z_j|^2 / k`` and ``Sigma y_j = W^T z_j / k``. So the
    limit is the layer's transpose, applied to its own pre-activations (without bias) scaled to norm 1 at
    every position.
    """
    z = kernels.conv2d(y, conv.weight, None, **conv.geometry)
    norms = np.sqrt(np.square(z).sum(axis=1, keepdims=True))
    return _back(conv, np.divide(z, norms, out=np.zeros_like(z), where=norms > 0), y)


def gaussian_signal(conv: Conv2D, y: Array, z: Array) -> Array:
    """The same for Gaussian filters and biases that need not have mean 0: those of this layer.

    Parameters
    ----------
    conv : Conv2D
        Of one group.
    y : (n, c, h, w)
        The layer's input.
    z : (n, k, h', w')
        Its output, biases included.

    Returns
    -------
    (n, c, h, w)
        ``sum_j D_j^T (k Phi(a_j) mu + k C y_j phi(a_j) / sd_j)``, mu and C being mean and covariance of the
        filters, ``sd_j`` the spread of the pre-activations at position j and ``a_j`` their mean over it.

    Notes
    -----
    `bank.shifted_limit` without the matrix: ``k C y_j = W^T (z_j - mean z_j)`` and ``k mu = W^T 1``.
    """
    mean, sd = z.mean(axis=1, keepdims=True), z.std(axis=1, keepdims=True)
    a = np.divide(mean, sd, out=np.zeros_like(sd), where=sd > 0)
    deviation = np.divide(z - mean, sd, out=np.zeros_like(z), where=sd > 0)
    return _back(conv, (ndtr(a) + density(a) * deviation).astype(y.dtype), y)


def isotropic_signal(conv: Conv2D, y: Array) -> Array:
    """The same for isotropic filters: ``sum_j D_j^T y_j / |y_j|``, which is y times a gain.

    Parameters
    ----------
    conv : Conv2D
        Of one group; only its geometry counts.
    y : (n, c, h, w)

    Returns
    -------
    (n, c, h, w)
    """
    ones = Conv2D(np.ones((1, *conv.weight.shape[1:]), y.dtype), None, **conv.geometry)
    norms = np.sqrt(np.maximum(ones.forward(np.square(y))[0], 0))
    gains = np.divide(1, norms, out=np.zeros_like(norms), where=norms > 0)
    gain: Array = _back(ones, gains, y)[:, :1]
    return y * gain


def open_signal(conv: Conv2D, y: Array, mask: Array) -> Array:
    """What arrives if every open unit sends 1: the sum of the filters of all open units, where they looked.

    Parameters
    ----------
    conv : Conv2D
    y : (n, c, h, w)
    mask : (n, k, h', w') bool

    Returns
    -------
    (n, c, h, w)
        ``sum_j D_j^T sum_i w_i 1(unit i is open at j)``, whose expectation `bank_signal` predicts.
    """
    return _back(conv, mask.astype(y.dtype), y)


class Inner(NamedTuple):
    """``<s, y> = units + shift`` for a signal s at a convolution's input y.

    Parameters
    ----------
    whole : float
    units : float
        ``sum R z`` over all units, R the signal at the pre-activations z. It is at least 0 under guided
        backprop, where R is positive and lives only where z is.
    shift : float
        ``-sum R b``, b being the biases. It is 0 without any, and then guided backprop never leaves a map
        that points away from the image: ``<s, x> >= 0``.
    """

    whole: float
    units: float
    shift: float


def inner(signal: Array, y: Array, arriving: Array, z: Array, bias: Array | None) -> Inner:
    """The two parts of ``<s, y>``, each computed by itself.

    Parameters
    ----------
    signal, y : (n, c, h, w)
        At the convolution's input.
    arriving, z : (n, k, h', w')
        Signal and pre-activations just below the activation.
    bias : (k,), optional
        The convolution's.
    """
    signal, arriving = signal.astype(np.float64), arriving.astype(np.float64)
    shift = 0.0 if bias is None else -float(np.einsum("nkhw,k->", arriving, bias))
    return Inner(float(np.vdot(signal, y)), float(np.vdot(arriving, z)), shift)


def _back(conv: Conv2D, signal: Array, y: Array) -> Array:
    return kernels.conv2d_vjp_input(signal, conv.weight, (y.shape[2], y.shape[3]), **conv.geometry)
