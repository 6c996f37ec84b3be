"""An honest test of whether one saliency map is Gaussian noise.

Pixels of one map are neither independent nor of one variance, so a test on all of them rejects correct
theory. Given the filters, a map is exactly Gaussian, pixels at least one kernel apart are exactly
independent, and their variances are known: on such a grid, and scaled so, the null hypothesis is exact.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.special import ndtr
from scipy.stats import kstwo

from tinycnn.ops.geometry import Window
from tinycnn.ops.types import Array
from tinycnn.theory.patches import filters_as_rows, paste, responses


def conditional_sd(x: Array, weight: Array, at: Window) -> Array:
    """Standard deviation of a saliency map over the logits, given the filters, for V ~ N(0, 1).

    Parameters
    ----------
    x : (c, h, w)
    weight : (k, c, a, b)
        The filters, without biases.
    at : Window

    Returns
    -------
    (c, h, w)

    Notes
    -----
    ``Var(s | W) = sum_j D_j^T sum_i 1(w_i.y_j > 0) w_i^2``.
    """
    active = (responses(x, weight, at) > 0).astype(np.float64)
    return np.sqrt(paste(active.T @ np.square(filters_as_rows(weight)), at))


def standardised(map: Array, sd: Array, spacing: int) -> Array:
    """Values of a map on a grid, each divided by its own standard deviation: independent N(0, 1).

    Parameters
    ----------
    map, sd : (h, w)
        One channel of a map, and of `conditional_sd`.
    spacing : int
        At least the kernel's size.

    Returns
    -------
    (count,)
        Pixels that no active filter reaches, and that are therefore 0 for every logit, are left out.
    """
    values, scale = map[::spacing, ::spacing].ravel(), sd[::spacing, ::spacing].ravel()
    return values[scale > 0] / scale[scale > 0]


def normality_p_value(values: Array) -> float:
    """p-value of Kolmogorov and Smirnov's test against N(0, 1), mean and variance fixed in advance."""
    return float(kstwo.sf(_distance(values), len(values)))


def looks_normal(values: Array, level: float = 0.05) -> bool:
    """Whether that test, at a level, has no objection: whether the p-value is above the level."""
    return _distance(values) < _critical_distance(len(values), level)


def rejection_rate(count: int, level: float = 0.05) -> float:
    """How often `looks_normal` rejects independent N(0, 1): the level, if the test is right."""
    return float(kstwo.sf(_critical_distance(count, level), count))


def _distance(values: Array) -> float:
    """The largest difference of the sample's and the normal distribution function."""
    above, steps = ndtr(np.sort(values)), np.arange(len(values) + 1) / len(values)
    return float(max(np.max(steps[1:] - above), np.max(above - steps[:-1])))


@lru_cache(maxsize=16)
def _critical_distance(count: int, level: float) -> float:
    """Far more expensive than all else in the test, and the same for all maps of one size."""
    return float(kstwo.isf(level, count))
