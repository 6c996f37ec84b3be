"""Limits behind any max-pool, by sampling filters: for windows that overlap there is no closed form.

Nothing here calls the engine's convolution or pool, so that a fault of theirs does not move the prediction
along with what is measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from tinycnn.ops.geometry import Window
from tinycnn.ops.types import Array, Pair
from tinycnn.theory.patches import cut, filters_as_rows, paste, same, taps_inside

Order = Literal["relu-pool", "pool-relu"]
"""Which comes first in the forward pass."""

BATCH = 64
"""Filters that are drawn at once."""

PART = 8
"""Filters whose maps are added up: the more such sums there are, the better is their spread known."""


@dataclass(frozen=True)
class SampledLimit:
    """The limit of a rule behind a max-pool, and how far finitely many filters are from it.

    Parameters
    ----------
    mean : (c, h, w)
        ``E s = N E[h(V)] mean``; for c = 1.
    spread : float
        Variance, summed over pixels, of one filter's map when every signal is 1, the mean of h.
    energy : float
        What signals of mean 0 and variance 1 in place of these would add.
    flat : float
        What of the spread is one constant per channel.
    filters : float
        How many were sampled; infinite if the mean is known in closed form.
    """

    mean: Array
    spread: float
    energy: float
    flat: float
    filters: float

    def rho(self, filters: float, eta: float = np.pi) -> float:
        """Relative variance of a map of that many filters around the limit.

        Notes
        -----
        ``[(eta - 1) energy + spread] / (N |mean|^2)``, where the bias of squaring a sample mean is removed.
        """
        size = float(np.sum(self.mean**2)) - self.spread / self.filters
        return ((eta - 1) * self.energy + self.spread) / (filters * size)

    def centred(self) -> SampledLimit:
        """The same of maps whose channels have lost their means; of the energy, 1 / (h w) is neglected."""
        mean = self.mean - self.mean.mean(axis=(1, 2), keepdims=True)
        return SampledLimit(mean, self.spread - self.flat, self.energy, 0.0, self.filters)


def sampled_limit(
    x: Array,
    at: Window,
    pool: Pair,
    mask: bool = True,
    order: Order = "relu-pool",
    batches: int = 64,
    seed: int = 0,
) -> SampledLimit:
    """Limit of guided backprop (`mask`) or of DeconvNet behind a max-pool with "same" padding.

    Parameters
    ----------
    x : (c, h, w)
    at : Window
        Of the convolution.
    pool : (size, stride)
    mask : bool
        Whether the forward mask is on.
    order : {"relu-pool", "pool-relu"}
    batches : int
        Of 64 filters each.
    seed : int

    Notes
    -----
    Let n windows choose the same hidden unit. If the ReLU comes first, their signals V add up before the
    backward function sees them, and ``E h(V_1 + ... + V_n) = sqrt(n) E h(V)`` for a positively homogeneous
    h: the limit is ``sum_j D_j^T E[w sqrt(n_j(w)) 1(w.y_j > 0)]``. If the pool comes first, each window's
    signal passes h alone, and the root is n itself.
    """
    return sampled_limits(x, at, pool, order, batches, seed)[0 if mask else 1]


def sampled_limits(
    x: Array, at: Window, pool: Pair, order: Order = "relu-pool", batches: int = 64, seed: int = 0
) -> tuple[SampledLimit, SampledLimit]:
    """`sampled_limit` of guided backprop and of DeconvNet, from the same filters."""
    rng = np.random.default_rng([seed, *at.size, *pool])
    y, found = cut(x, at), (_Sums(x, at), _Sums(x, at))
    for _ in range(batches):
        weight = filters_as_rows(rng.standard_normal((BATCH, x.shape[0], *at.size)))
        z = y @ weight.T
        wins = _wins(z, at.output, pool, order)
        for counts, sums in zip((wins * (z > 0), wins), found, strict=True):
            sums.add(counts, np.sqrt(counts) if order == "relu-pool" else counts, weight)
    guided, deconvnet = (sums.limit(batches * BATCH) for sums in found)
    return guided, deconvnet


class _Sums:
    """What is summed over parts: their maps, the squares of these, and the constants in them."""

    def __init__(self, x: Array, at: Window) -> None:
        self.at, self.inside = at, taps_inside(at, x.shape[0])
        self.total, self.squares, self.energy = np.zeros_like(x), 0.0, 0.0
        self.constants: list[Array] = []

    def add(self, counts: Array, signal: Array, weight: Array) -> None:
        """Filters (k, p), how many windows choose each of their units, and what these send: (J, k)."""
        parts = _parts(signal, weight, self.at).reshape(-1, *self.total.shape)
        self.energy += float(np.sum((counts.T @ self.inside) * weight**2))
        self.total += parts.sum(axis=0)
        self.squares += float(np.sum(parts**2))
        self.constants.extend(parts.mean(axis=(2, 3)))

    def limit(self, filters: int) -> SampledLimit:
        """Mean and variances, the latter without the bias of a sample's own mean."""
        parts = len(self.constants)
        mean, scale = self.total / parts, PART * parts / (parts - 1)
        spread = scale * (self.squares / parts - float(np.sum(mean**2)))
        flat = scale * float(np.sum(np.var(self.constants, axis=0))) * mean[0].size
        return SampledLimit(mean, spread, self.energy / filters, flat, filters)


def _parts(signal: Array, weight: Array, at: Window) -> Array:
    """``sum_ij D_j^T signal_ji w_i``, over `PART` filters i at a time: their maps, one below the other."""
    signals, filters = signal.T.reshape(-1, PART, len(signal)), weight.reshape(-1, PART, weight.shape[1])
    rows = signals.transpose(0, 2, 1) @ filters / PART
    return paste(rows.transpose(1, 0, 2).reshape(len(signal), -1), at)


def _wins(z: Array, output: Pair, pool: Pair, order: Order) -> Array:
    """How many windows of the pool choose each hidden unit: (J, k), as z.

    Of equal entries the first wins, in reading order, as in a window whose units are all shut.
    """
    size, stride = pool
    edges = same(output, (size, size), stride).edges
    entries = (np.maximum(z, 0) if order == "relu-pool" else z).reshape(*output, -1)
    values = np.pad(entries, (*edges, (0, 0)), constant_values=-np.inf)
    places = np.pad(np.arange(z.size).reshape(entries.shape), (*edges, (0, 0)))
    for axis in (1, 0):
        values, places = _largest(values, places, size, axis)
    return np.bincount(places[::stride, ::stride].ravel(), minlength=z.size).reshape(z.shape).astype(float)


def _largest(values: Array, places: Array, size: int, axis: int) -> tuple[Array, Array]:
    """The largest value of every `size` neighbours along an axis, and the place of the first such."""
    count = values.shape[axis] - size + 1
    ranges = [np.arange(start, start + count) for start in range(size)]
    best, first = values.take(ranges[0], axis), places.take(ranges[0], axis)
    for neighbours in ranges[1:]:
        value = values.take(neighbours, axis)
        larger = value > best
        np.copyto(best, value, where=larger)
        np.copyto(first, places.take(neighbours, axis), where=larger)
    return best, first
