"""What patches that overlap, and so share pixels and filters, add to the noise of a map."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tinycnn.ops.geometry import Window
from tinycnn.ops.types import Array, Pair
from tinycnn.theory.patches import cut, taps_inside, units


def overlap(
    x: Array, at: Window, activations: bool = False, other: Array | None = None, pool: int | None = None
) -> float:
    """X: what overlapping patches add to the energy of a map by sharing filters.

    Parameters
    ----------
    x : (c, h, w)
    at : Window
        Undilated.
    activations : bool
        For the mask relu(z) instead of 1(z > 0).
    other : (c, h, w), optional
        A second image of which the second patch of each pair is taken; x itself unless given.
    pool : int, optional
        Count only pairs within one window of a pool of this size and stride.

    Notes
    -----
    ``X = sum_a sum_{j != j' covering a} M_{oo'}(theta_jj')`` where o and o' are the taps of pixel a in
    the two patches, and M is `moments.pair_moment` or `moments.pair_moment_of_activations`. As o != o', the
    identity in M drops out. All pairs at the same offset are summed at once; each unordered pair counts
    twice.
    """
    shape = (*at.output, x.shape[0], *at.size)
    inside = taps_inside(at, x.shape[0]).reshape(shape)
    patches = [cut(image, at) for image in (x, x if other is None else other)]
    u, v = (units(y).reshape(shape) for y in patches)
    norms = [np.linalg.norm(y, axis=1).reshape(at.output) for y in patches]
    weights = _of_activations if activations else _of_masks
    total = 0.0
    for shift in _offsets(at):
        kept = _in_one_window(shift, at, pool)
        for (a, b), sizes in (((u, v), norms), ((v, u), norms[::-1])):
            cosine, own, cross = _products(a, b, inside, shift, at)
            scale = _pairs(sizes[0], shift, at.circular)[0] * _pairs(sizes[1], shift, at.circular)[1]
            total += float((kept * weights(cosine, own, cross, scale)).sum())
    return total / (2 * np.pi)


def _in_one_window(shift: Pair, at: Window, pool: int | None) -> Array:
    """1 where both patches of a pair belong to one window of the pool, or there is none."""
    rows, columns = np.indices(at.output)
    if pool is None:
        return np.ones_like(_pairs(rows, shift, at.circular)[0], float)
    windows = (np.floor_divide(_pairs(each, shift, at.circular), pool) for each in (rows, columns))
    return np.all([first == second for first, second in windows], axis=0).astype(float)


def _offsets(at: Window) -> Iterator[Pair]:
    """Half of all offsets, in positions, at which two different windows overlap."""
    rows, columns = ((size - 1) // step for size, step in zip(at.size, at.stride, strict=True))
    for down in range(rows + 1):
        for right in range(-columns, columns + 1):
            if (down, right) > (0, 0):
                yield down, right


def _products(u: Array, v: Array, inside: Array, shift: Pair, at: Window) -> tuple[Array, Array, Array]:
    """For all pairs of windows at one offset: u.v, and the shared pixels' sums of uu^T + vv^T, uv^T + vu^T.

    Entries are those of M at (o, o'): the tap of a pixel in the first window, and in the second.
    """
    first, second = _pairs(u, shift, at.circular)[0], _pairs(v, shift, at.circular)[1]
    step = shift[0] * at.stride[0], shift[1] * at.stride[1]
    here, there = _shared_taps(step, at.size)
    mask = _pairs(inside, shift, at.circular)[0][here]
    cosine = np.einsum("hwcab,hwcab->hw", first, second).clip(-1, 1)
    a, b = (first[here], first[there]), (second[here], second[there])
    own = np.einsum("hwcab,hwcab->hw", mask, a[0] * a[1] + b[0] * b[1])
    cross = np.einsum("hwcab,hwcab->hw", mask, a[0] * b[1] + b[0] * a[1])
    return cosine, own, cross


def _of_masks(cosine: Array, own: Array, cross: Array, scale: Array) -> Array:
    """``2 pi M`` summed over shared pixels; a zero patch, and two patches on one line, give 0."""
    sine = np.sqrt(1 - cosine**2)
    return np.divide(cross - cosine * own, sine, out=np.zeros_like(sine), where=(sine > 1e-9) & (scale > 0))


def _of_activations(cosine: Array, own: Array, cross: Array, scale: Array) -> Array:
    """The same for relu(z)."""
    return scale * (np.sqrt(1 - cosine**2) * own + (np.pi - np.arccos(cosine)) * cross)


def _pairs(u: Array, shift: Pair, circular: bool) -> tuple[Array, Array]:
    """Every window that has a partner at the offset, and its partner."""
    down, right = shift
    if circular:
        return u, np.roll(u, (-down, -right), axis=(0, 1))
    rows, columns = u.shape[:2]
    left = max(-right, 0)
    first = u[: rows - down, left : columns - max(right, 0)]
    return first, u[down:, max(right, 0) : columns - left]


def _shared_taps(step: Pair, size: Pair) -> tuple[Any, Any]:
    """The taps of shared pixels in the first window, and in the second, which lies `step` pixels on."""
    (down, right), (a, b) = step, size
    here = (..., slice(down, a), slice(max(right, 0), b + min(right, 0)))
    there = (..., slice(0, a - down), slice(max(-right, 0), b - max(right, 0)))
    return here, there
