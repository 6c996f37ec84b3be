"""Filters that are not isotropic: what they send back, from their second moment, or mean and covariance."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from tinycnn.metrics import cosine
from tinycnn.theory.bank import bank_limit, density
from tinycnn.theory.claim import Setting
from tinycnn.theory.claims.bank import covariance
from tinycnn.theory.claims.means import RELU_MEAN
from tinycnn.theory.claims.nets import geometry, photograph
from tinycnn.theory.claims.trained import TrainedSetting
from tinycnn.theory.claims.trained_bank import layer_and_input
from tinycnn.theory.derivations.step import Step, Steps
from tinycnn.theory.limit import limit_map
from tinycnn.theory.patches import cut
from tinycnn.theory.trained.filtered import send_back, shifted_prediction
from tinycnn.types import Array


def _patches(setting: Setting) -> Array:
    return cut(photograph(setting), geometry(setting))


def _limit(setting: Setting) -> Array:
    return bank_limit(photograph(setting), geometry(setting), covariance(setting.kernel))


def _spread(setting: Setting) -> list[float]:
    """Largest and smallest eigenvalue of Sigma, over their mean."""
    values = np.linalg.eigvalsh(covariance(setting.kernel))
    return [float(values[-1] / values.mean()), float(values[0] / values.mean())]


def _turned(setting: Setting) -> float:
    """Mean cosine of ``Sigma y`` and ``y`` over patches."""
    y = _patches(setting)
    filtered = y @ covariance(setting.kernel)
    norms = np.linalg.norm(y, axis=1) * np.linalg.norm(filtered, axis=1)
    return float(np.mean((y * filtered).sum(axis=1)[norms > 0] / norms[norms > 0]))


def _isotropic(setting: Setting) -> Array:
    return limit_map(photograph(setting), geometry(setting))


LIMIT: Steps = (
    Step(
        "Cut the image into patches of p pixels. How many, and p.",
        "y_j = D_j x,  (J, p)",
        lambda setting: list(_patches(setting).shape),
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
        _turned,
    ),
    Step(
        "Put the patches back. The limit is the image, filtered by Σ: its cosine with the image.",
        "m = Σ_j D_jᵀ Σy_j / √(y_jᵀΣy_j),  cos(m, x)",
        lambda setting: float(cosine(_limit(setting), photograph(setting))),
    ),
    Step(
        "It is not what isotropic filters recover: the cosine of the two limits.",
        "cos(m, Σ_j D_jᵀ y_j / |y_j|)",
        lambda setting: float(cosine(_limit(setting), _isotropic(setting))),
    ),
    Step(
        "N filters send N times that, each weighted by a positive part of V, independent of it. The factor.",
        "E s = N E relu(V) / √(2π) m = N / 2π m",
        lambda setting: setting.filters * RELU_MEAN / float(np.sqrt(2 * np.pi)),
    ),
    Step(
        "So the measured map, projected onto that, gives on average",
        "E ⟨s, E s⟩ / |E s|²",
        lambda setting: 1.0,
    ),
)


def _responses(setting: Setting) -> Array:
    """z of the trained layer's own filters."""
    assert isinstance(setting, TrainedSetting)
    layer, h = layer_and_input(setting)
    return layer.forward(h)[0].astype(np.float64)


def _t(setting: Setting) -> Array:
    z = _responses(setting)
    return z.mean(axis=1) / z.std(axis=1)


def _kept(setting: Setting) -> float:
    """Cosine of the prediction with what the trained layer's own mask sends back."""
    assert isinstance(setting, TrainedSetting)
    layer, h = layer_and_input(setting)
    real = send_back((_responses(setting) > 0).astype(h.dtype), h, layer)
    return float(cosine(shifted_prediction(h, layer), real)[0])


SHIFTED: Steps = (
    Step(
        "Take the trained layer's filters with their biases as a cloud of points, and every patch of its "
        "input. How many filters, and how many patches.",
        "z_ij = w_i·y_j + b_i,  N, J",
        lambda setting: [_responses(setting).shape[1], _responses(setting)[0, 0].size],
    ),
    Step(
        "The cloud has a mean of its own, so its responses to a patch have one too. Over their deviation, "
        "as a mean over patches: below 0 most units are shut.",
        "t_j = μ·y_j / σ_j,  mean_j t_j",
        lambda setting: float(_t(setting).mean()),
    ),
    Step(
        "Share of open units that a Gaussian cloud of this mean and spread has, and the trained layer's own.",
        "mean_j Φ(t_j),  P(z > 0)",
        lambda setting: [float(ndtr(_t(setting)).mean()), float((_responses(setting) > 0).mean())],
    ),
    Step(
        "Split w - μ into its part along C y, which decides the mask, and the rest, which averages to 0. The "
        "mean of an open unit's filter has a part along μ and a part along C y. Their weights, as means.",
        "E[w 1(z > 0)] = μ Φ(t) + C y φ(t) / σ,  mean_j Φ, mean_j φ",
        lambda setting: [float(ndtr(_t(setting)).mean()), float(density(_t(setting)).mean())],
    ),
    Step(
        "Put the patches back. The cosine of this with what the trained filters themselves, not Gaussian "
        "ones, send back.",
        "m = Σ_j D_jᵀ [μ Φ(t_j) + C y_j φ(t_j) / σ_j],  cos(m, Σ_j D_jᵀ Σ_i w_i 1(z_ij > 0))",
        _kept,
    ),
    Step(
        "Gaussian filters of this mean and covariance, projected onto N m, give on average",
        "E ⟨s, N m⟩ / |N m|²",
        lambda setting: 1.0,
    ),
)


STEPS = {"bank.limit": LIMIT, "bank.shifted_digits": SHIFTED}
