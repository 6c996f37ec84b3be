"""How alike two maps are: one number for every pair.

Every function takes two arrays (..., c, h, w) whose leading axes broadcast, so a batch of maps is compared
with one input in one call, and measures over the last three. Sums run in float64. Where the answer is not
defined (a zero map, a constant one after its mean is removed, a NaN, an infinity, or a difference that
overflows) it is NaN, without warning.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinycnn.errors import ShapeError
from tinycnn.ops.types import Array

AXES = (-3, -2, -1)


def cosine(a: Array, b: Array) -> Array:
    """Cosine of the angle between two maps.

    Parameters
    ----------
    a, b : (..., c, h, w)

    Returns
    -------
    (...) float64
        In [-1, 1]; NaN where a map is zero.

    Notes
    -----
    ``<a, b> / (|a| |b|)``. Between maps that share an offset, such as raw images, it is high whatever
    they show: report `pearson` or `centred_cosine` as well.

    Examples
    --------
    >>> a, b = np.array([[[1.0, 2.0]]]), np.array([[[2.0, 1.0]]])
    >>> float(tc.metrics.cosine(a, b).round(3))
    0.8
    """
    a, b = _pair(a, b)
    return _unit_cosine(a, b)


def pearson(a: Array, b: Array) -> Array:
    """Pearson correlation: the cosine after each map's overall mean is removed.

    Parameters
    ----------
    a, b : (..., c, h, w)

    Returns
    -------
    (...) float64
        In [-1, 1]; NaN where a map is constant.

    Examples
    --------
    >>> a, b = np.array([[[1.0, 2.0]]]), np.array([[[2.0, 1.0]]])
    >>> float(tc.metrics.pearson(a, b).round(3))
    -1.0
    """
    a, b = _pair(a, b)
    return _unit_cosine(_centred(a, AXES), _centred(b, AXES))


def centred_cosine(a: Array, b: Array) -> Array:
    """Cosine after the mean of each channel is removed from each map ("cc-cos").

    Parameters
    ----------
    a, b : (..., c, h, w)

    Returns
    -------
    (...) float64
        In [-1, 1]; NaN where a map is constant in each channel.

    Notes
    -----
    A flat colour counts for nothing: what is compared is where a map is lighter and where darker.

    Examples
    --------
    >>> a = np.array([[[0.0, 1.0]], [[5.0, 6.0]]])
    >>> b = np.array([[[7.0, 8.0]], [[1.0, 2.0]]])
    >>> float(tc.metrics.centred_cosine(a, b).round(3))
    1.0
    >>> float(tc.metrics.pearson(a, b).round(3))
    -0.935
    """
    a, b = _pair(a, b)
    return _unit_cosine(_centred(a, (-2, -1)), _centred(b, (-2, -1)))


def spearman(a: Array, b: Array) -> Array:
    """Spearman's rank correlation: `pearson` of the ranks, ties sharing their mean rank.

    Parameters
    ----------
    a, b : (..., c, h, w)

    Returns
    -------
    (...) float64
        In [-1, 1]; NaN where a map is constant.

    Examples
    --------
    >>> x = np.arange(1.0, 9.0).reshape(1, 2, 4)
    >>> float(tc.metrics.spearman(x, x**5).round(3))
    1.0
    >>> float(tc.metrics.pearson(x, x**5).round(3))
    0.846
    """
    from scipy.stats import rankdata  # half a second to import, and seldom needed

    a, b = _pair(a, b)
    size = math.prod(a.shape[-3:])
    rank_a, rank_b = (rankdata(x.reshape(*x.shape[:-3], 1, 1, size), axis=-1) for x in (a, b))
    defined = np.isfinite(a).all(axis=AXES) & np.isfinite(b).all(axis=AXES)
    return np.where(defined, pearson(rank_a, rank_b), np.nan)[()]


def l2_distance(a: Array, b: Array) -> Array:
    """Euclidean distance of two maps scaled to norm one.

    Parameters
    ----------
    a, b : (..., c, h, w)

    Returns
    -------
    (...) float64
        In [0, 2]; NaN where a map is zero.

    Notes
    -----
    ``|a/|a| - b/|b|| = sqrt(2 - 2 cos(a, b))``: 0 for the same direction, ``sqrt(2)`` for unrelated
    maps, 2 for opposite ones. Computed as the norm on the left, which keeps its digits near 0.

    Examples
    --------
    >>> a, b = np.array([[[1.0, 0.0]]]), np.array([[[0.0, 2.0]]])
    >>> float(tc.metrics.l2_distance(a, 3 * a))
    0.0
    >>> float(tc.metrics.l2_distance(a, b).round(3))
    1.414
    """
    a, b = _pair(a, b)
    return np.sqrt(np.square(_unit(a) - _unit(b)).sum(axis=AXES))


def high_pass(x: Array, sigma: float = 1.0) -> Array:
    """Remove all that a Gaussian blur keeps: fine detail and edges remain.

    Parameters
    ----------
    x : (..., h, w)
    sigma : float
        Standard deviation of the Gaussian, in pixels.

    Returns
    -------
    (..., h, w) float64
        ``x - blur(x)``; the image is mirrored at its border.

    Examples
    --------
    >>> float(tc.metrics.high_pass(np.full((8, 8), 5.0)).max())
    0.0
    >>> float(tc.metrics.high_pass(np.eye(8)).max().round(3))
    0.718
    """
    from scipy.ndimage import gaussian_filter  # a third of a second to import

    with np.errstate(over="ignore", invalid="ignore"):
        x = np.asarray(x, np.float64)
        x = x - x[..., :1, :1]  # changes nothing but rounding: a constant must leave exactly 0
        return x - gaussian_filter(x, sigma, axes=(-2, -1))


def high_pass_cosine(a: Array, x: Array, sigma: float = 1.0) -> Array:
    """Cosine of a map with the fine detail of the input.

    Parameters
    ----------
    a, x : (..., c, h, w)
        The map, as it is, and the input, of which `high_pass` is taken.
    sigma : float
        See `high_pass`.

    Returns
    -------
    (...) float64
        In [-1, 1]; NaN where the map is zero, or the input constant in each channel.

    Examples
    --------
    >>> x = np.eye(8)[None]
    >>> float(tc.metrics.high_pass_cosine(tc.metrics.high_pass(x), x).round(3))
    1.0
    """
    a, x = _pair(a, x)
    return _unit_cosine(a, high_pass(x, sigma))


def ssim(a: Array, b: Array) -> Array:
    """Structural similarity (Wang et al. 2004), by the conventions of scikit-image.

    Parameters
    ----------
    a, b : (..., c, h, w)
        h, w >= 7, the size of the window.

    Returns
    -------
    (...) float64
        At most 1, which only equal maps reach; NaN where a map is constant.

    Raises
    ------
    ShapeError
        The image is smaller than the window.

    Notes
    -----
    Uniform 7x7 window, K1 = .01, K2 = .03, mean over channels and positions. The data range is that of
    the two maps together. SSIM depends on scale: maps whose scales carry no meaning should be brought to
    one first.

    Examples
    --------
    >>> cat = tc.image.default().transpose(2, 0, 1)
    >>> float(tc.metrics.ssim(cat, cat))
    1.0
    >>> bool(tc.metrics.ssim(cat, 255.0 - cat) < 0)
    True
    """
    a, b = np.broadcast_arrays(*_pair(a, b))
    if min(a.shape[-2:]) < 7:
        raise ShapeError(f"ssim needs maps of at least 7x7, the size of its window; got {a.shape}")
    result = np.full(a.shape[:-3], np.nan)
    for index in np.ndindex(result.shape):
        one, two = a[index], b[index]
        with np.errstate(over="ignore", invalid="ignore"):
            spans = [np.ptp(each) for each in (one, two, (one, two))]
        if np.isfinite(spans).all() and min(spans) > 0:
            result[index] = _ssim(one, two)
    return result if result.ndim else result[()]


def _ssim(a: Array, b: Array) -> float:
    """SSIM of two maps (c, h, w), each window's variances of what is left without the maps' common offset."""
    from scipy.ndimage import uniform_filter  # a third of a second to import

    low, size = min(a.min(), b.min()), 7 * 7
    span = max(a.max(), b.max()) - low
    a, b, offset = (a - low) / span, (b - low) / span, low / span

    def mean(x: Array) -> Array:
        return uniform_filter(x, (0, 7, 7))[:, 3:-3, 3:-3]

    mean_a, mean_b = mean(a), mean(b)
    variances = (mean(a * a) - mean_a**2 + mean(b * b) - mean_b**2) * size / (size - 1)
    covariance = (mean(a * b) - mean_a * mean_b) * size / (size - 1)
    with np.errstate(over="ignore"):
        squares = (offset + mean_a) ** 2 + (offset + mean_b) ** 2
    luminance = 1 - (mean_a - mean_b) ** 2 / (squares + 0.01**2)
    contrast = (2 * covariance + 0.03**2) / (variances + 0.03**2)
    return min(1.0, float((luminance * contrast).mean()))


def signed_text(value: float | Array) -> str:
    """A correlation as captions give it, such as ``+.25`` is written ``+0.25``; a NaN is ``undefined``.

    Examples
    --------
    >>> tc.metrics.signed_text(0.25), tc.metrics.signed_text(float("nan"))
    ('+0.25', 'undefined')
    """
    return "undefined" if math.isnan(value) else f"{float(value):+.2f}"


def _pair(a: Array, b: Array) -> tuple[Array, Array]:
    """Check two arrays against each other, and take them to float64."""
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if a.ndim < 3 or b.ndim < 3 or a.shape[-3:] != b.shape[-3:] or 0 in a.shape[-3:]:
        raise ShapeError(f"maps must be (..., c, h, w) of one c, h, w >= 1, not {a.shape}, {b.shape}")
    return a, b


def _centred(x: Array, axes: tuple[int, ...]) -> Array:
    """Remove the mean; exactly, where x is constant and rounding would leave something."""
    first: Any = (..., *[slice(1)] * len(axes))
    with np.errstate(over="ignore", invalid="ignore"):
        x = x - x[first]
        return x - x.mean(axis=axes, keepdims=True)


def _unit(x: Array) -> Array:
    """Scale to norm one; dividing by the largest entry first keeps the squares of 1e-200 from vanishing."""
    with np.errstate(invalid="ignore", divide="ignore"):
        x = x / np.abs(x).max(axis=AXES, keepdims=True)
        return x / np.sqrt(np.square(x).sum(axis=AXES, keepdims=True))


def _unit_cosine(a: Array, b: Array) -> Array:
    return np.clip((_unit(a) * _unit(b)).sum(axis=AXES), -1, 1)
