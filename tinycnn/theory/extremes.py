"""The expected maximum of many logits: why the largest logit's saliency map looks a little like the image."""

from __future__ import annotations

import numpy as np
from scipy.integrate import quad
from scipy.stats import norm

from tinycnn.ops.geometry import Window
from tinycnn.ops.types import Array
from tinycnn.theory.patches import cover


def expected_maximum(count: int) -> float:
    """Expected maximum of `count` independent N(0, 1): 0 for one, 3.24 for a thousand.

    Notes
    -----
    ``t + int_t^inf (1 - F^n) - int_-inf^t F^n`` for any t; here t is the median of the maximum.
    """
    median = float(norm.isf(-np.expm1(-np.log(2) / count)))
    above = quad(lambda t: -np.expm1(count * norm.logcdf(t)), median, median + 20, limit=200)[0]
    below = quad(lambda t: np.exp(count * norm.logcdf(t)), median - 20, median, limit=200)[0]
    return float(median + above - below)


def saliency_cosine_sd(x: Array, at: Window) -> float:
    """Standard deviation of the cosine of a fixed logit's saliency map with the image.

    Parameters
    ----------
    x : (c, h, w)
    at : Window
        Of the convolution.

    Notes
    -----
    ``<s, x> = f``, a logit, is Gaussian with variance ``N c^4 / 2 sum_a cover(a) x_a^2``, and ``|s|^2`` is
    close to ``N c^4 / 2 sum_a cover(a)``. For an even cover that is ``1 / sqrt(d)``.
    """
    weights = np.broadcast_to(cover(at), x.shape)
    return float(np.sqrt((weights * x**2).sum() / (weights.sum() * (x**2).sum())))


def max_logit_cosine(x: Array, at: Window, classes: int) -> float:
    """Mean cosine of the largest logit's saliency map with the image, for that many logits.

    Parameters
    ----------
    x : (c, h, w)
    at : Window
    classes : int

    Notes
    -----
    Given the filters, logits are independent Gaussians, so choosing the largest chooses the largest
    ``<s, x>``: `expected_maximum` times `saliency_cosine_sd`.
    """
    return expected_maximum(classes) * saliency_cosine_sd(x, at)
