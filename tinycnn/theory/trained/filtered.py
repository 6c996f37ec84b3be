"""What a bank of filters is predicted to send back: its input, filtered by the bank."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from tinycnn.layers import Conv2D
from tinycnn.ops import engine
from tinycnn.ops.types import Array
from tinycnn.theory.bank import density
from tinycnn.theory.trained.stages import Stage


def bank_prediction(h: Array, layer: Conv2D, strength: Array | None = None) -> Array:
    """Predict the direction of guided backprop through one layer from its own filters' second moment.

    Parameters
    ----------
    h : (n, c, h, w)
        The layer's input.
    layer : Conv2D
        Of one group.
    strength : (n, 1, h', w'), optional
        How much signal arrives at each patch; the same everywhere unless given.

    Returns
    -------
    (n, c, h, w)
        ``sum_j D_j^T Sigma y_j / sqrt(y_j^T Sigma y_j)`` with ``Sigma = sum_i w_i w_i^T / N``.

    Notes
    -----
    `tinycnn.theory.bank.bank_limit` of the layer's second moment, without ever forming Sigma: as
    ``Sigma y = W^T z / N`` and ``y^T Sigma y = |z|^2 / N`` with ``z = W y``, the predicted signal at the
    filters is ``z / (sqrt(N) |z|)``, which is then sent through the convolution's vjp.
    """
    z = engine.conv2d(h, layer.weight, None, **layer.geometry)
    size = np.sqrt(len(layer.weight) * np.square(z).sum(axis=1, keepdims=True))
    signal = np.divide(z, size, out=np.zeros_like(z), where=size > 0)
    return send_back(signal if strength is None else signal * strength, h, layer)


def shifted_prediction(h: Array, layer: Conv2D, strength: Array | None = None) -> Array:
    """The same for filters and biases that are Gaussian about a mean of their own: (w, b) ~ N(mu, C).

    Parameters
    ----------
    h, layer, strength
        As for `bank_prediction`.

    Returns
    -------
    (n, c, h, w)
        ``sum_j D_j^T [mu Phi(t_j) + C y_j phi(t_j) / sd_j]`` with ``t_j = mu . y_j / sd_j`` and
        ``sd_j^2 = y_j^T C y_j``, the bias being one more tap of w whose y is 1.

    Notes
    -----
    `tinycnn.theory.bank.shifted_limit`, with biases and without ever forming C: split w - mu into its part
    along C y and the rest, which is independent of the mask ``w . y > 0``. With the mean and the deviation
    over filters of ``z_ij``, the predicted signal at the filters is
    ``Phi(t_j) + phi(t_j) (z_ij - mean_j) / sd_j``, over N: the regression of the mask on z.
    """
    z = engine.conv2d(h, layer.weight, layer.bias, **layer.geometry)
    mean, sd = z.mean(axis=1, keepdims=True), z.std(axis=1, keepdims=True)
    t, away = (np.divide(each, sd, out=np.zeros_like(z), where=sd > 0) for each in (mean, z - mean))
    signal = np.where(sd > 0, ndtr(t) + density(t) * away, mean > 0) / len(layer.weight)
    signal = signal.astype(z.dtype)
    return send_back(signal if strength is None else signal * strength, h, layer)


def isotropic_prediction(h: Array, layer: Conv2D) -> Array:
    """The same for filters of ``Sigma = I``: the input times a gain, as in a random net.

    Parameters
    ----------
    h : (n, c, h, w)
    layer : Conv2D

    Returns
    -------
    (n, c, h, w)
        ``sum_j D_j^T y_j / |y_j|``, see `tinycnn.theory.limit.limit_map`.
    """
    box = np.ones((1, 1, *layer.weight.shape[2:]), h.dtype)
    energy = engine.conv2d(np.square(h).sum(axis=1, keepdims=True), box, None, **layer.geometry)
    size = np.sqrt(energy)
    inverse = np.divide(1, size, out=np.zeros_like(size), where=size > 0)
    return h * engine.conv2d_vjp_input(inverse, box, (h.shape[2], h.shape[3]), **layer.geometry)


def constant_signal(stage: Stage) -> Array:
    """What a signal of ones at the stage's activation really sends back: the mask and nothing else.

    Parameters
    ----------
    stage : Stage

    Returns
    -------
    (1, c, h, w)
        ``sum_j D_j^T sum_i w_i 1(z_ij > 0)``, the biases being the layer's own.
    """
    mask = stage.mask.astype(stage.step.output.dtype)
    return send_back(mask, stage.step.input, stage.layer)


def send_back(signal: Array, h: Array, layer: Conv2D) -> Array:
    """A signal at the layer's output, taken to its input by its vjp."""
    return engine.conv2d_vjp_input(signal, layer.weight, (h.shape[2], h.shape[3]), **layer.geometry)
