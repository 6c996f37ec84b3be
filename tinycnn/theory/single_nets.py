"""The mean cosine of single maps with their limit, to second order: what the noise of one filter decides.

A map is a sum over independent filters, ``s = sum_i s_i``. So all moments that the second order needs are
those of the map of one filter, which are sampled here, without the engine's convolutions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tinycnn.ops.geometry import Window
from tinycnn.ops.types import Array
from tinycnn.theory.limit import limit_map
from tinycnn.theory.patches import cut, filters_as_rows, paste
from tinycnn.theory.recovery import rho_image

BATCH = 256
"""Filters whose maps are looked at together."""


@dataclass(frozen=True)
class FilterMoments:
    """Moments of the map of one filter: a along the limit, e the energy across it; relative to their means.

    Parameters
    ----------
    along : float
        ``Var a / (E a)^2``.
    both : float
        ``Cov(a, e) / (E a E e)``.
    across : float
        ``Var e / (E e)^2``.
    crossed : float
        ``E <t_1, t_2>^2 / (E e)^2`` of two filters' maps t across the limit: one over the number of
        directions that the noise has.
    """

    along: float
    both: float
    across: float
    crossed: float


def filter_moments(x: Array, at: Window, batches: int = 16, seed: int = 0) -> FilterMoments:
    """Moments of guided backprop of one filter, from `batches` times 256 of them.

    Parameters
    ----------
    x : (c, h, w)
    at : Window
    batches, seed : int
    """
    rng, y, m = np.random.default_rng([seed, *at.size, *x.shape]), cut(x, at), limit_map(x, at).ravel()
    parts = [_batch(rng, y, m / np.linalg.norm(m), x, at) for _ in range(batches)]
    a, e = (np.concatenate([part[k] for part in parts]) for k in (0, 1))
    squares = float(np.mean([part[2] for part in parts]))
    a, e, size = a / a.mean(), e / e.mean(), e.mean()
    return FilterMoments(
        along=float(np.var(a)),
        both=float(np.mean(a * e) - 1),
        across=float(np.var(e)),
        crossed=squares / float(size) ** 2,
    )


def _batch(
    rng: np.random.Generator, y: Array, direction: Array, x: Array, at: Window
) -> tuple[Array, Array, float]:
    """Of each filter's map the part along a direction and the energy across; products of pairs, squared."""
    weight = filters_as_rows(rng.standard_normal((BATCH, x.shape[0], *at.size)))
    sent = np.maximum(rng.standard_normal((len(y), BATCH)), 0) * (y @ weight.T > 0)
    rows = sent[:, :, None] * weight
    s = paste(rows.reshape(len(y), -1), at).reshape(BATCH, -1)
    along = s @ direction
    across = s - along[:, None] * direction
    products = across @ across.T
    energy = np.diag(products)
    pairs = float(np.sum(products**2) - np.sum(energy**2)) / (BATCH * (BATCH - 1))
    return along, energy.copy(), pairs


def mean_cosine_of_nets(x: Array, at: Window, filters: int, moments: FilterMoments) -> float:
    """``E cos(s, m)`` of guided backprop over nets, to second order in 1 / N.

    Parameters
    ----------
    x : (c, h, w)
    at : Window
    filters : int
        N.
    moments : FilterMoments

    Notes
    -----
    With ``A = <s, m> / |m|`` and ``B = |s|^2 - A^2``, ``cos = (1 + B / A^2)^(-1/2)``. Noise along the limit
    lowers no cosine: ``rho' = E B / (E A)^2 = rho - Var A / (E A)^2``. Taylor's series in what A and B differ
    from their means by gives, with ``p = rho' / (1 + rho')``,

        E cos = (1 + rho')^(-1/2) [1 - p / 2 (3 v - 2 c) + 3 / 8 p^2 (b + 4 v - 4 c)],

    where v, c and b are the relative variance of A, covariance of A and B, and variance of B. As filters are
    independent and their maps across the limit have mean 0, ``N v``, ``N c`` and ``N b`` are those of one
    filter, but for what pairs of filters add to b: ``2 (1 - 1 / N) E <t_1, t_2>^2 / (E e)^2``.
    """
    v, c = moments.along / filters, moments.both / filters
    b = moments.across / filters + 2 * (1 - 1 / filters) * moments.crossed
    rho = rho_image(x, at, filters) - v
    p = rho / (1 + rho)
    return float((1 + rho) ** -0.5 * (1 - p / 2 * (3 * v - 2 * c) + 3 / 8 * p**2 * (b + 4 * v - 4 * c)))
