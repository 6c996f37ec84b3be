"""From a map, an array of any range, to a picture: which numbers become which colours, and when none may.

A style says what is shown of a map, between which limits, and in which colours. The limits can be handed
in, so that several maps share one scale. A map without structure (zero, constant, NaN) has no picture:
`describe` says so in words, and a style refuses it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from tinycnn.errors import NonFiniteError, ShapeError, TinycnnError
from tinycnn.ops.types import Array

Scale: TypeAlias = tuple[float, float]
"""(low, high): the values that get the first and the last colour."""

NEUTRAL = (247, 247, 247)
"""The colour of 0 in `signed`."""

BLUES = ((5, 48, 97), (33, 102, 172), (67, 147, 195), (146, 197, 222), (209, 229, 240))
REDS = ((253, 219, 199), (244, 165, 130), (214, 96, 77), (178, 24, 43), (103, 0, 31))
DIVERGING = np.array((*BLUES, NEUTRAL, *REDS), np.float64)
"""Eleven colours, evenly spaced from -1 to 1; the middle one is `NEUTRAL`."""


def describe(map: Array) -> str | None:
    """Say in words what is wrong with a map as a picture.

    Parameters
    ----------
    map : (c, h, w)

    Returns
    -------
    str or None
        ``"12 NaN, 3 infinite"``, ``"zero"``, ``"constant 0.3"`` or ``"constant in each channel: 0.1, 0.2"``;
        None for a map with structure, however small its range.

    Raises
    ------
    ShapeError
        Not three axes, or one of them is empty.

    Examples
    --------
    >>> tc.maps.describe(np.zeros((3, 8, 8)))
    'zero'
    >>> tc.maps.describe(np.array([[[1.0, np.nan]]]))
    '1 NaN'
    """
    map = np.asarray(map)
    if map.ndim != 3 or map.size == 0:
        raise ShapeError(f"a map to show must be (c, h, w) with c, h, w >= 1, not {map.shape}")
    counts = {"NaN": np.isnan(map).sum(), "infinite": np.isinf(map).sum()}
    if any(counts.values()):
        return ", ".join(f"{count} {what}" for what, count in counts.items() if count)
    corner = map[:, :1, :1]
    if (map != corner).any():
        return None
    if (corner == corner[0]).all():
        return f"constant {map.flat[0]:.3g}" if map.flat[0] else "zero"
    more = ", ..." if len(map) > 4 else ""
    return "constant in each channel: " + ", ".join(f"{value:.3g}" for value in corner[:4].ravel()) + more


@dataclass(frozen=True)
class Style:
    """A way to show a map; calling it draws the picture.

    Parameters
    ----------
    name : str
    says : str
        What is shown, between which limits, in which colours: for the text beside a picture.
    reduce : callable
        (c, h, w) -> (h, w) or (h, w, 3) float64, the values that are shown.
    limits : callable
        Those values -> `Scale`.
    colour : callable
        Values between two limits -> (h, w, 3) in 0..255.

    Examples
    --------
    >>> map = np.array([[[-1.0, 0.0, 0.5]]])
    >>> tc.maps.signed(map)[0]
    array([[  5,  48,  97],
           [247, 247, 247],
           [229, 131, 104]], dtype=uint8)
    >>> tc.maps.signed.scale(map)
    (-1.0, 1.0)
    """

    name: str
    says: str
    reduce: Callable[[Array], Array]
    limits: Callable[[Array], Scale]
    colour: Callable[[Array, Scale], Array]

    def __call__(self, map: Array, scale: Scale | None = None) -> Array:
        """Draw a map.

        Parameters
        ----------
        map : (c, h, w)
        scale : (low, high), optional
            The map's own limits where not given, see `scale`. Values beyond them take the end colours.

        Returns
        -------
        (h, w, 3) uint8

        Raises
        ------
        NonFiniteError
            The map holds a NaN or an infinity.
        TinycnnError
            What would be shown is zero or constant, or `scale` is not low < high.
        """
        report = self.report(map)
        if report is not None:
            kind = TinycnnError if np.isfinite(map).all() else NonFiniteError
            raise kind(f"{self.name}: the map has no picture: {report}; see maps.describe")
        low, high = self.scale(map) if scale is None else scale
        if not (low < high and np.isfinite([low, high]).all()):
            raise TinycnnError(f"{self.name}: a scale must be two finite numbers low < high, not {scale}")
        return np.rint(self.colour(self.reduce(map), (low, high))).astype(np.uint8)

    def report(self, map: Array) -> str | None:
        """As `describe`, but also of what this style shows of the map, such as the sum of its channels."""
        report = describe(map)
        if report is None:
            shown = self.reduce(map)
            inner = describe(np.atleast_3d(shown).transpose(2, 0, 1))
            report = inner and f"{inner} as shown in style {self.name}"
        return report

    def scale(self, map: Array) -> Scale:
        """The limits (low, high) between which this style shows a map, left to itself."""
        return self.limits(self.reduce(map))


def shared_scale(maps: Iterable[Array], style: Style) -> Scale:
    """Find the one scale on which several maps can be compared.

    Parameters
    ----------
    maps : iterable of (c, h, w)
        Maps that have no picture in this style (zero, constant, NaN) are left out.
    style : Style

    Returns
    -------
    (low, high)
        The smallest interval that holds every map's own scale.

    Raises
    ------
    TinycnnError
        No map is left.

    Examples
    --------
    >>> one, two = np.array([[[0.0, 1.0]]]), np.array([[[-3.0, 0.0]]])
    >>> tc.maps.shared_scale([one, two], tc.maps.signed)
    (-3.0, 3.0)
    """
    scales = [style.scale(map) for map in maps if style.report(map) is None]
    if not scales:
        raise TinycnnError(f"{style.name}: no shared scale; every map is zero, constant or not finite")
    return min(low for low, _ in scales), max(high for _, high in scales)


def _channels_last(map: Array) -> Array:
    if len(map) not in (1, 3):
        raise ShapeError(f"minmax shows 1 or 3 channels as colours, not {len(map)}; use another style")
    values = np.asarray(map, np.float64).transpose(1, 2, 0)
    return np.broadcast_to(values, (*values.shape[:2], 3))


def _channel_sum(map: Array) -> Array:
    return np.asarray(map, np.float64).sum(axis=0)


def _channel_mean(map: Array) -> Array:
    return np.asarray(map, np.float64).mean(axis=0)


def _largest_size(map: Array) -> Array:
    return np.abs(np.asarray(map, np.float64)).max(axis=0)


def _min_max(values: Array) -> Scale:
    return float(values.min()), float(values.max())


def _plus_minus(values: Array) -> Scale:
    most = float(np.abs(values).max())
    return -most, most


def _zero_to_cap(values: Array) -> Scale:
    return 0.0, float(np.percentile(values, 99)) or float(values.max())


def _linear(values: Array, scale: Scale) -> Array:
    """Black at the low limit, white at the high one; dividing first keeps 1e-300 and 1e300 in range."""
    unit = max(abs(limit) for limit in scale)
    low, high = scale[0] / unit, scale[1] / unit
    shade = 255 * ((values / unit - low) / (high - low)).clip(0, 1)
    return shade if shade.ndim == 3 else np.repeat(shade[..., None], 3, axis=2)


def _diverging(values: Array, scale: Scale) -> Array:
    """Both signs on one ruler, so 0 is neutral and equal sizes are equally strong whatever the limits."""
    unit = max(abs(limit) for limit in scale)
    at = np.linspace(-1, 1, len(DIVERGING))
    return np.stack([np.interp(values / unit, at, shades) for shades in DIVERGING.T], axis=-1)


minmax = Style(
    "minmax",
    "colours; one min-max over height, width and channels",
    _channels_last, _min_max, _linear,
)  # fmt: skip
"""The display of Nie, Zhang and Patel (2018). 0 has no colour of its own, and offsets are hidden."""

signed = Style(
    "signed",
    "sum over channels; blue below 0, red above, 0 neutral, symmetric about 0",
    _channel_sum, _plus_minus, _diverging,
)  # fmt: skip
"""The sum over channels of a gradient is the effect of making a pixel brighter by one in every channel."""

absolute = Style(
    "absolute",
    "largest absolute value over channels; black is 0, white the 99th percentile and above",
    _largest_size, _zero_to_cap, _linear,
)  # fmt: skip
"""Where a map acts, whatever its sign. Where more than 99 % of it is 0, white is its maximum."""

grey = Style(
    "grey",
    "mean over channels; black is the minimum, white the maximum",
    _channel_mean, _min_max, _linear,
)  # fmt: skip
"""Edges and shapes without colour; takes any number of channels."""

STYLES = {style.name: style for style in (minmax, signed, absolute, grey)}
"""Every style by its name."""
