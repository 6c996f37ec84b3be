"""Limits behind any max-pool, by sampling filters: for windows that overlap there is no closed form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from tinycnn.ops import engine
from tinycnn.ops.geometry import Window
from tinycnn.ops.types import Array, Pair

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
    rng = np.random.default_rng([seed, *at.size, *pool])
    total, squares, energy = np.zeros_like(x), 0.0, 0.0
    constants: list[Array] = []
    for _ in range(batches):
        weight = rng.standard_normal((BATCH, x.shape[0], *at.size))
        counts = _wins(x, weight, at, pool, mask, order)
        energy += float(np.sum(_unfold(counts, weight**2, at)))
        weighed = np.sqrt(counts) if order == "relu-pool" else counts
        for start in range(0, BATCH, PART):
            part = slice(start, start + PART)
            found = _unfold(weighed[:, part], weight[part], at) / PART
            total += found
            squares += float(np.sum(found**2))
            constants.append(found.mean(axis=(1, 2)))
    parts = len(constants)
    mean, scale = total / parts, PART * parts / (parts - 1)
    spread = scale * (squares / parts - float(np.sum(mean**2)))
    flat = scale * float(np.sum(np.var(constants, axis=0))) * mean[0].size
    return SampledLimit(mean, spread, energy / (batches * BATCH), flat, batches * BATCH)


def _wins(x: Array, weight: Array, at: Window, pool: Pair, mask: bool, order: Order) -> Array:
    """How many windows choose each hidden unit: (1, k, h', w')."""
    z = engine.conv2d(x[None], weight, None, at.stride, at.edges, at.dilation, circular=at.circular)
    pooled = engine.relu(z) if order == "relu-pool" else z
    top, switches = engine.max_pool2d(pooled, *pool, padding="same")
    counts = engine.max_pool2d_vjp(np.ones_like(top), switches, at.output)
    return engine.relu_vjp(counts, z) if mask else counts


def _unfold(signal: Array, weight: Array, at: Window) -> Array:
    """``sum_ij D_j^T signal_ij w_i``: (c, h, w)."""
    found = engine.conv2d_vjp_input(
        signal, weight, at.image, at.stride, at.edges, at.dilation, circular=at.circular
    )
    return found[0]
