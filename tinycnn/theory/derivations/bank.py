"""Filters that are not isotropic: they send back the image, filtered by their covariance."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from tinycnn.ops.types import Array
from tinycnn.pictures.metrics import cosine
from tinycnn.theory.bank import bank_limit, density
from tinycnn.theory.claim import Setting
from tinycnn.theory.claims.bank import bank_mean, beyond, covariance, offset, shifted_mean
from tinycnn.theory.claims.means import RELU_MEAN, guided_mean
from tinycnn.theory.claims.nets import geometry, photograph
from tinycnn.theory.derivations.limit import limit, patches
from tinycnn.theory.derivations.step import Step, Steps
from tinycnn.theory.limit import share
from tinycnn.theory.moments import half_space_mean
from tinycnn.theory.patches import paste


def _limit(setting: Setting) -> Array:
    return bank_limit(photograph(setting), geometry(setting), covariance(setting.kernel))


def _spread(setting: Setting) -> list[float]:
    """Largest and smallest eigenvalue of Sigma, over their mean."""
    values = np.linalg.eigvalsh(covariance(setting.kernel))
    return [float(values[-1] / values.mean()), float(values[0] / values.mean())]


def turned(y: Array, filtered: Array) -> float:
    """Mean cosine of patches and what became of them, where neither is zero."""
    norms = np.linalg.norm(y, axis=1) * np.linalg.norm(filtered, axis=1)
    return float(np.mean((y * filtered).sum(axis=1)[norms > 0] / norms[norms > 0]))


def _long_way(setting: Setting) -> Array:
    """E s by way of the isotropic v: the half-space mean of every patch ``Sigma^(1/2) y``, turned back."""
    root = np.linalg.cholesky(covariance(setting.kernel))
    means = half_space_mean(patches(setting) @ root) @ root.T
    return setting.filters * RELU_MEAN * paste(means, geometry(setting))


COMMON: Steps = (
    Step(
        "Cut the image into patches of p pixels. How many, and p.",
        "y_j = D_j x,  (J, p)",
        lambda setting: list(patches(setting).shape),
    ),
    Step(
        "The filters prefer some patterns to others. The largest and the smallest eigenvalue, over "
        "their mean.",
        "w ~ N(0, Σ),  λ_max / λ, λ_min / λ",
        _spread,
    ),
    Step(
        "Write a filter as w = Σ^(1/2) v with v isotropic. It is open where v·Σ^(1/2)y > 0, so what is "
        "known of isotropic filters holds for the patch Σ^(1/2)y. The mean of v's component along it, if "
        "open.",
        "E[t 1(t > 0)], t ~ N(0, 1)  =  1/√(2π)",
        lambda setting: float(1 / np.sqrt(2 * np.pi)),
    ),
    Step(
        "Multiply by Σ^(1/2) again. What is sent back points along Σy, no longer along y: the mean cosine.",
        "E[w 1(w·y > 0)] = Σy / √(2π yᵀΣy),  cos(Σy, y)",
        lambda setting: turned(patches(setting), patches(setting) @ covariance(setting.kernel)),
    ),
    Step(
        "Put the patches back. The limit is the image, filtered by Σ: its cosine with the image.",
        "m = Σ_j D_jᵀ Σy_j / √(y_jᵀΣy_j),  cos(m, x)",
        lambda setting: float(cosine(_limit(setting), photograph(setting))),
    ),
    Step(
        "It is not what isotropic filters recover: the cosine of the two limits.",
        "cos(m, Σ_j D_jᵀ y_j / |y_j|)",
        lambda setting: float(cosine(_limit(setting), limit(setting))),
    ),
)

LIMIT: Steps = (
    *COMMON,
    Step(
        "N filters send N times that, each weighted by a positive part of V, independent of it. The factor.",
        "E s = N E relu(V) / √(2π) m = N / 2π m",
        lambda setting: setting.filters * RELU_MEAN / float(np.sqrt(2 * np.pi)),
    ),
    Step(
        "The mean map, put together from v's half-space means by Σ^(1/2), has this projection on it.",
        "⟨E s, N / 2π m⟩ / |N / 2π m|²",
        lambda setting: float(share(_long_way(setting), bank_mean(setting))),
    ),
)

ISOTROPIC: Steps = (
    *COMMON,
    Step(
        "What of this limit is orthogonal to the isotropic one, relative to the limit.",
        "m_⊥ = m - its part along Σ_j D_jᵀ y_j / |y_j|: |m_⊥| / |m|",
        lambda setting: float(np.linalg.norm(beyond(setting)) / np.linalg.norm(bank_mean(setting))),
    ),
    Step(
        "These filters send that part in full; isotropic ones, as the statement has it, nothing of it.",
        "⟨Σ_j D_jᵀ y_j / |y_j|, m_⊥⟩ / |m_⊥|²",
        lambda setting: float(share(guided_mean(setting), beyond(setting))),
    ),
)


def _sd(setting: Setting) -> Array:
    """Deviation of ``w.y``, for every patch."""
    y = patches(setting)
    return np.sqrt(np.einsum("jp,pq,jq->j", y, covariance(setting.kernel), y))


def _a(setting: Setting) -> Array:
    """Its mean over its deviation."""
    return patches(setting) @ offset(setting.kernel) / _sd(setting)


def _both_parts(setting: Setting) -> Array:
    """The part along the mean filter, and the part along ``Sigma y``, put back separately."""
    a, filtered = _a(setting)[:, None], patches(setting) @ covariance(setting.kernel)
    along = density(a) * filtered / _sd(setting)[:, None]
    parts = [ndtr(a) * offset(setting.kernel), along]
    return setting.filters * RELU_MEAN * np.stack([paste(part, geometry(setting)) for part in parts])


SHIFTED: Steps = (
    *COMMON[:2],
    Step(
        "All filters share one that sees bright spots. Its length, over that of the others.",
        "w ~ N(μ, Σ): |μ| / √tr Σ",
        lambda setting: float(
            np.linalg.norm(offset(setting.kernel)) / np.sqrt(np.trace(covariance(setting.kernel)))
        ),
    ),
    Step(
        "So responses have a mean. Over their deviation, the least and the largest of all patches.",
        "a_j = μ·y_j / √(y_jᵀΣy_j)",
        lambda setting: [float(_a(setting).min()), float(_a(setting).max())],
    ),
    Step(
        "Split w - μ into its part along Σy, which decides the mask, and the rest, which averages to 0. The "
        "mean of an open filter has a part along μ and one along Σy: their weights, as means over patches.",
        "E[w 1(w·y > 0)] = Φ(a) μ + φ(a) Σy / σ: mean_j Φ(a_j), mean_j φ(a_j)",
        lambda setting: [float(ndtr(_a(setting)).mean()), float(density(_a(setting)).mean())],
    ),
    Step(
        "Put the patches back: the mean filter wherever it opened units, and the image filtered by Σ. How "
        "like the image the two parts are, and their sum.",
        "cos(Σ_j D_jᵀ Φ(a_j) μ, x), cos(Σ_j D_jᵀ φ(a_j) Σy_j / σ_j, x), cos(m, x)",
        lambda setting: [
            float(cosine(part, photograph(setting)))
            for part in (*_both_parts(setting), shifted_mean(setting))
        ],
    ),
    Step(
        "N filters send N E relu(V) times the sum, with no factor left to fit.",
        "⟨N E relu(V) m, E s⟩ / |E s|²",
        lambda setting: float(share(_both_parts(setting).sum(axis=0), shifted_mean(setting))),
    ),
)

STEPS = {"bank.limit": LIMIT, "bank.isotropic": ISOTROPIC, "bank.shifted": SHIFTED}
