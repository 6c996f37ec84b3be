"""Softmax over the logits, and the two costs that are built on it."""

from __future__ import annotations

import numpy as np

from tinycnn.errors import ShapeError
from tinycnn.ops.arguments import takes
from tinycnn.ops.types import Array


def _some_classes(logits: Array) -> None:
    if logits.shape[1] < 1:
        raise ShapeError(f"there must be at least one class, got logits of shape {logits.shape}")


def _labels(logits: Array, labels: Array) -> None:
    _some_classes(logits)
    if labels.size and not 0 <= labels.min() <= labels.max() < logits.shape[1]:
        raise ShapeError(f"labels must be 0 to {logits.shape[1] - 1}, got {labels.min()} to {labels.max()}")


@takes(_some_classes, logits="n k")
def softmax(logits: Array) -> Array:
    """``exp(f_k) / sum_l exp(f_l)``, without overflow.

    Parameters
    ----------
    logits : (n, k)

    Returns
    -------
    (n, k)
        Probabilities.
    """
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


@takes(signal="t k", probabilities="n k")
def softmax_vjp(signal: Array, probabilities: Array) -> Array:
    """``p * (signal - <signal, p>)``, with p what `softmax` returned.

    Parameters
    ----------
    signal, probabilities : (n, k)

    Returns
    -------
    (n, k)
    """
    inner = (signal * probabilities).sum(axis=1, keepdims=True)
    return probabilities * (signal - inner)


@takes(_labels, logits="n k", labels="int n")
def squared_cost(logits: Array, labels: Array) -> Array:
    """``sum_k (softmax(f)_k - 1[k = label])^2``, the cost that the authors of the paper visualise.

    Parameters
    ----------
    logits : (n, k)
    labels : (n,) int

    Returns
    -------
    (n,)
    """
    return ((softmax(logits) - _one_hot(logits, labels)) ** 2).sum(axis=1)


@takes(_labels, signal="n", logits="n k", labels="int n")
def squared_cost_vjp(signal: Array, logits: Array, labels: Array) -> Array:
    """Pass a signal of shape (n,) back to the logits (n, k)."""
    probabilities = softmax(logits)
    return softmax_vjp(2 * (probabilities - _one_hot(logits, labels)) * signal[:, None], probabilities)


@takes(_labels, logits="n k", labels="int n")
def cross_entropy(logits: Array, labels: Array) -> Array:
    """``-log softmax(f)_label``, the cost that training minimises; (n, k) -> (n,).

    Notes
    -----
    With g the logits minus that of the label, ``max g + log(1 + sum exp(g - max g))``, the sum over all but
    the largest: however small the cost of a net that is sure, its relative error is that of g.
    """
    above = logits - np.take_along_axis(logits, labels[:, None], axis=1)
    top = above.argmax(axis=1)[:, None]
    most = np.take_along_axis(above, top, axis=1)
    others = np.exp(above - most)
    np.put_along_axis(others, top, 0, axis=1)
    return most[:, 0] + np.log1p(others.sum(axis=1))


@takes(_labels, signal="n", logits="n k", labels="int n")
def cross_entropy_vjp(signal: Array, logits: Array, labels: Array) -> Array:
    """``signal * (softmax(f) - onehot)``: pass a signal of shape (n,) back to the logits (n, k)."""
    return signal[:, None] * (softmax(logits) - _one_hot(logits, labels))


def _one_hot(logits: Array, labels: Array) -> Array:
    return (np.arange(logits.shape[1]) == np.asarray(labels)[:, None]).astype(logits.dtype)
