"""Moments of a Gaussian filter where it is active: on one half-space, or on two at once."""

from __future__ import annotations

import numpy as np

from tinycnn.ops.types import Array


def half_space_mean(y: Array) -> Array:
    """``E[w 1(w.y > 0)]`` for w ~ N(0, I): ``y / |y| / sqrt(2 pi)``.

    Parameters
    ----------
    y : (..., p)

    Returns
    -------
    (..., p)
        0 for a zero patch, where the strict mask lets nothing through.
    """
    norms = np.linalg.norm(y, axis=-1, keepdims=True)
    direction = np.divide(y, norms, out=np.zeros(np.shape(y)), where=norms > 0)
    return direction / np.sqrt(2 * np.pi)


def pair_moment(u: Array, v: Array) -> Array:
    """``M(theta) = E[w w^T 1(w.u > 0) 1(w.v > 0)]`` for w ~ N(0, I).

    Parameters
    ----------
    u, v : (p,)
        Unit vectors at the angle theta.

    Returns
    -------
    (p, p)

    Notes
    -----
    ``M = 1 / (2 pi) { (pi - theta) I + [u v^T + v u^T - cos(theta) (u u^T + v v^T)] / sin(theta) }``.
    For u = v it is I / 2, for u = -v it is 0. Stein's lemma applied twice: the second derivatives of the
    two masks are surface terms, and each is a Gaussian density on the line orthogonal to u or v.
    """
    cosine = float(np.clip(u @ v, -1, 1))
    theta = np.arctan2(np.linalg.norm(u - cosine * v), cosine)
    moment = (np.pi - theta) * np.eye(len(u))
    if np.sin(theta) > 1e-12:
        cross = np.outer(u, v) + np.outer(v, u)
        moment += (cross - cosine * (np.outer(u, u) + np.outer(v, v))) / np.sin(theta)
    return moment / (2 * np.pi)


def pair_moment_of_activations(u: Array, v: Array) -> Array:
    """``E[w w^T relu(w.u) relu(w.v)]`` for w ~ N(0, I): the pair moment of the rule whose mask is relu(z).

    Parameters
    ----------
    u, v : (p,)
        Unit vectors at the angle theta.

    Returns
    -------
    (p, p)

    Notes
    -----
    ``1 / (2 pi) { [sin + (pi - theta) cos] I + sin (u u^T + v v^T) + (pi - theta) (u v^T + v u^T) }``, by
    Stein's lemma applied twice: ``E[w_a w_b f] = delta_ab E f + E d_a d_b f``.
    """
    cosine = float(np.clip(u @ v, -1, 1))
    theta = np.arctan2(np.linalg.norm(u - cosine * v), cosine)
    sine, rest = np.sin(theta), np.pi - theta
    moment = (sine + rest * cosine) * np.eye(len(u))
    moment += sine * (np.outer(u, u) + np.outer(v, v)) + rest * (np.outer(u, v) + np.outer(v, u))
    return moment / (2 * np.pi)
