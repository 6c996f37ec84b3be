"""How alike two maps are: the measures of the checks, and what is done to maps before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from tinycnn.checks.result import CheckResult
from tinycnn.errors import ShapeError, UnknownNameError
from tinycnn.ops.types import Array
from tinycnn.pictures.metrics import AXES, cosine, pearson, spearman, ssim

CELL, BLOCK = 16, 3
"""Side of a cell of HOG in pixels, less where 3 cells do not fit; cells along the side of a block."""


def hog(a: Array, b: Array) -> Array:
    """Pearson correlation of the histograms of oriented gradients of two maps.

    Parameters
    ----------
    a, b : (..., c, h, w)
        h, w >= 6. Summed over their channels.

    Returns
    -------
    (...) float64
        NaN where one of the histograms is constant.

    Notes
    -----
    Adebayo et al. (2018): 9 orientations, cells of 16x16 pixels, blocks of 3x3 cells. Smaller images have
    cells of a third of their side.
    """
    from skimage.feature import hog as histogram

    side = min(a.shape[-2:])
    if side < 2 * BLOCK:
        raise ShapeError(f"hog needs maps of at least 6x6, got {a.shape}")
    cell = min(CELL, side // BLOCK)

    def of(maps: Array) -> Array:
        pictures = np.asarray(maps, np.float64).sum(axis=-3)
        flat = pictures.reshape(-1, *pictures.shape[-2:])
        found = np.array([histogram(one, pixels_per_cell=(cell, cell)) for one in flat])
        return found.reshape(*pictures.shape[:-2], 1, 1, -1)

    return pearson(of(a), of(b))


SIMILARITIES: Mapping[str, Callable[[Array, Array], Array]] = MappingProxyType(
    {"spearman": spearman, "pearson": pearson, "cosine": cosine, "ssim": ssim, "hog": hog}
)
"""Measures by name: two batches of maps (n, c, h, w) to (n,). All are 1 for equal maps."""


def _over(size: Callable[[Array], Array]) -> Callable[[Array], Array]:
    """Divide each map by its size; a zero map stays."""

    def scaled(maps: Array) -> Array:
        by = size(maps)
        return maps / np.where(by == 0, 1, by)

    return scaled


def _minmax(maps: Array) -> Array:
    low = maps.min(axis=AXES, keepdims=True)
    return _over(lambda above: above.max(axis=AXES, keepdims=True))(maps - low)


NORMALISERS: Mapping[str, Callable[[Array], Array]] = MappingProxyType(
    {
        "max": _over(lambda maps: np.abs(maps).max(axis=AXES, keepdims=True)),
        "rms": _over(lambda maps: np.sqrt(np.square(maps).mean(axis=AXES, keepdims=True))),
        "minmax": _minmax,
        "none": lambda maps: maps,
    }
)
"""What brings maps to one scale: largest magnitude 1; root mean square 1; from 0 to 1; nothing."""


class Likeness(NamedTuple):
    """How two maps are compared; parameters as of `compare`, defaults as published.

    Examples
    --------
    >>> tc.checks.Likeness("ssim", absolute=False)
    Likeness(similarity='ssim', absolute=False, normaliser='max')
    """

    similarity: str = "spearman"
    absolute: bool = True
    normaliser: str = "max"


def prepared(maps: Array, absolute: bool, normaliser: str) -> Array:
    """Maps as they are compared, (n, c, h, w) float64.

    Raises
    ------
    UnknownNameError
        There is no such normaliser.
    """
    if normaliser not in NORMALISERS:
        raise UnknownNameError("normaliser", normaliser, NORMALISERS)
    taken = np.asarray(maps, np.float64)
    return NORMALISERS[normaliser](np.abs(taken) if absolute else taken)


def compare(a: Array, b: Array, similarity: str, absolute: bool, normaliser: str) -> Array:
    """How alike two batches of maps are, (n,).

    Parameters
    ----------
    a, b : (n, c, h, w)
    similarity : str
        A key of `SIMILARITIES`.
    absolute : bool
        Compare the magnitudes of entries.
    normaliser : str
        A key of `NORMALISERS`. Ranks and cosines do not depend on it; SSIM does.

    Raises
    ------
    UnknownNameError
        There is no such measure or normaliser.
    """
    if similarity not in SIMILARITIES:
        raise UnknownNameError("similarity", similarity, SIMILARITIES)
    return SIMILARITIES[similarity](prepared(a, absolute, normaliser), prepared(b, absolute, normaliser))


def compared(
    check: str,
    row: str,
    maps: tuple[Array, Array],
    limits: tuple[float, str, float],
    choices: Mapping[str, Any],
    source: str,
) -> CheckResult:
    """The result of a check that compares two maps of each image, by the measure that its choices name.

    Parameters
    ----------
    check, row, source
        As of `CheckResult`, which has this one row.
    maps : two of (n, c, h, w)
    limits : (float, str, float)
        Null, what has it, and optimum.
    choices : dict
        With ``similarity``, ``absolute`` and ``normaliser``, as `compare` takes them.
    """
    alike = compare(*maps, choices["similarity"], choices["absolute"], choices["normaliser"])
    return CheckResult(check, (row,), alike[None], *limits, choices, source)
