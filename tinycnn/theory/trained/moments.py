"""What the theory assumes of filters and signals, as numbers: Gaussian, isotropic, independent."""

from __future__ import annotations

import math

import numpy as np

from tinycnn.ops.types import Array
from tinycnn.pictures.metrics import pearson
from tinycnn.theory.patches import filters_as_rows


def excess_kurtosis(values: Array) -> float:
    """Fourth moment over the squared variance, minus a Gaussian's 3; NaN where all entries are equal.

    Notes
    -----
    0 for a Gaussian, 3 for a Laplace distribution; about the entries' mean.
    """
    if values.size == 0:
        return math.nan
    centred = np.asarray(values, np.float64) - np.mean(values, dtype=np.float64)
    variance = float(np.mean(np.square(centred)))
    return float(np.mean(np.square(np.square(centred)))) / variance**2 - 3 if variance > 0 else math.nan


def effective_rank(weight: Array) -> float:
    """In how many directions the filters' energy lies.

    Parameters
    ----------
    weight : (k, c, a, b)

    Returns
    -------
    float
        ``(tr Sigma)^2 / tr Sigma^2``, from 1, if all filters are parallel, up to min(k, c a b).

    Notes
    -----
    The participation ratio of the eigenvalues. Of N isotropic Gaussian filters it is about
    `isotropic_rank`, not p.
    """
    rows = filters_as_rows(weight)
    return float(np.square(rows).sum() ** 2 / np.square(rows @ rows.T).sum())


def isotropic_rank(filters: int, taps: int) -> float:
    """`effective_rank` of N isotropic Gaussian filters of p taps, to first order: ``p N / (p + N + 1)``."""
    return filters * taps / (filters + taps + 1)


def filter_correlation(weight: Array) -> float:
    """Root mean square of the cosines between different filters, about ``1 / sqrt(p)`` if independent."""
    rows = filters_as_rows(weight)
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    rows = np.divide(rows, norms, out=np.zeros_like(rows), where=norms > 0)
    count = len(rows)
    return math.sqrt(max(float(np.square(rows @ rows.T).sum()) - count, 0) / (count * (count - 1)))


def correlation(a: Array, b: Array) -> float:
    """Pearson correlation of the entries of two arrays; NaN where one is constant."""
    return float(pearson(np.reshape(a, (1, 1, -1)), np.reshape(b, (1, 1, -1))))
