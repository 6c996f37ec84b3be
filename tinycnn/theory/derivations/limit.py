"""Why guided backprop shows the image: the mean of a filter on the half-space on which it is active."""

from __future__ import annotations

import math

import numpy as np

from tinycnn.ops.types import Array
from tinycnn.pictures.metrics import cosine
from tinycnn.rules import positive
from tinycnn.theory import sending
from tinycnn.theory.claim import Setting
from tinycnn.theory.claims.limit import beyond
from tinycnn.theory.claims.means import RELU_MEAN, guided_cosine, guided_mean, guided_rho
from tinycnn.theory.claims.nets import geometry, photograph
from tinycnn.theory.derivations.step import Step, Steps
from tinycnn.theory.limit import gain, limit_map, mean_scale, share
from tinycnn.theory.moments import half_space_mean
from tinycnn.theory.patches import cut, paste


def patches(setting: Setting) -> Array:
    """Rows ``y_j = D_j x``: (J, p)."""
    return cut(photograph(setting), geometry(setting))


def limit(setting: Setting) -> Array:
    """``m = sum_j D_j^T y_j / |y_j|``, without biases: (c, h, w)."""
    return limit_map(photograph(setting), geometry(setting))


def _gains(setting: Setting) -> tuple[float, float]:
    found = gain(photograph(setting), geometry(setting), setting.bias, setting.sd)
    return float(found.min()), float(found.max())


def _sum_of_means(setting: Setting) -> Array:
    """E s the long way round: every patch's half-space mean, put back where it came from."""
    means = half_space_mean(patches(setting))
    return setting.filters * sending.mean(positive, setting.sd) * setting.sd * paste(means, geometry(setting))


def _gained(setting: Setting) -> Array:
    """E s as the image times the gain."""
    x, c = photograph(setting), setting.sd
    return setting.filters * mean_scale(RELU_MEAN * c, c) * x * gain(x, geometry(setting), setting.bias, c)


def _likeness(setting: Setting) -> float:
    return float(cosine(guided_mean(setting), photograph(setting)))


def _norm(array: Array) -> float:
    return float(np.linalg.norm(array))


CUT = Step(
    "Cut the image into patches.",
    "y_j = D_j x with j = 1..J, of p numbers each: J, p",
    lambda setting: patches(setting).shape,
)
LIMIT = Step(
    "Add the patches' directions where they overlap. That is the limit.",
    "m = Σ_j D_jᵀ y_j / |y_j|: |m|",
    lambda setting: _norm(limit(setting)),
)
LIKENESS = Step("Compare the limit with the image.", "cos(m, x)", _likeness)
RHO = Step(
    "Measure the noise of N filters in units of the limit ('tinycnn explain recovery.rho' derives it).",
    "ρ = E|s - E s|² / |E s|²",
    guided_rho,
)
COSINE = Step(
    "The mean of the map is along the limit, and its energy is that of limit and noise.",
    "E⟨s, m⟩ / (|m| √E|s|²) = |E s| / √(|E s|² (1 + ρ)) = (1 + ρ)^(-1/2)",
    guided_cosine,
)

MEAN: Steps = (
    CUT,
    Step(
        "Backward, a logit's weight V passes the backward ReLU, which keeps a mean.",
        "E relu(V) = c / √(2π), c = 1",
        lambda setting: sending.mean(positive),
    ),
    Step(
        "Split a filter into its part along the patch, which alone decides the mask, and a rest of mean 0.",
        "E[w 1(w·y > 0)] = E[z 1(z > 0)] u = c / √(2π) u with u = y / |y|: its norm",
        lambda setting: _norm(half_space_mean(patches(setting)[0])),
    ),
    LIMIT,
    Step(
        "It is the image times a local gain, a contrast normalisation: smallest and largest gain.",
        "m = x ⊙ G, G_a = Σ_{j∋a} 1/|y_j|",
        _gains,
    ),
    Step(
        "Multiply both means for N filters.",
        "E s = N c²/(2π) m: |E s|",
        lambda setting: setting.filters * mean_scale(RELU_MEAN) * _norm(limit(setting)),
    ),
    Step(
        "So the map's projection on that mean is 1, with no factor left to fit.",
        "⟨E s, N c²/(2π) m⟩ / |N c²/(2π) m|²",
        lambda setting: float(share(_sum_of_means(setting), guided_mean(setting))),
    ),
)

IMAGE: Steps = (
    CUT,
    LIMIT,
    LIKENESS,
    RHO,
    COSINE,
    Step(
        "The mean map is along m, so its product with the image is that with m, times the cosine of the two.",
        "E⟨s, x⟩ / (|x| √E|s|²) = cos(m, x) (1 + ρ)^(-1/2)",
        lambda setting: _likeness(setting) * (1 + guided_rho(setting)) ** -0.5,
    ),
)

BIAS: Steps = (
    CUT,
    Step(
        "With a bias b, the same for all filters, the mask is w·y > -b.",
        "E[z 1(z > -b/|y|)] = c/√(2π) exp(-b² / 2c²|y|²), relative to b = 0, for the median patch",
        lambda setting: float(
            np.exp(
                -((setting.bias / setting.sd) ** 2) / 2 / np.median(np.square(patches(setting)).sum(axis=1))
            )
        ),
    ),
    Step(
        "Flat patches, whose norm is small, lose their part: smallest and largest gain.",
        "G_a = Σ_{j∋a} exp(-b² / 2c²|y_j|²) / |y_j|",
        _gains,
    ),
    Step(
        "The mean is the image times this gain, with no factor left to fit.",
        "⟨N c²/(2π) x ⊙ G, E s⟩ / |E s|²",
        lambda setting: float(share(_gained(setting), guided_mean(setting))),
    ),
)

MISSING = Step(
    "The mean is the limit times a number, so what of the image is orthogonal to the limit is missing.",
    "x_⊥ = x - ⟨x, m⟩ m / |m|²: ⟨E s, x_⊥⟩ / |E s||x_⊥|",
    lambda setting: float(cosine(_sum_of_means(setting), beyond(setting))),
)

NOTHING_ELSE: Steps = (
    CUT,
    LIMIT,
    LIKENESS,
    MISSING,
)

THE_IMAGE: Steps = (
    CUT,
    LIMIT,
    Step(
        "For the image itself the gain would have to be the same everywhere: smallest and largest gain.",
        "m = x ⊙ G, G_a = Σ_{j∋a} 1/|y_j|",
        _gains,
    ),
    LIKENESS,
    MISSING,
    Step(
        "If the map were the image, it would be in it by the tangent of the angle between image and limit.",
        "tan(m, x) = (1 - cos²(m, x))^(1/2) / cos(m, x)",
        lambda setting: math.tan(math.acos(_likeness(setting))),
    ),
)

STEPS = {
    "limit.mean": MEAN,
    "limit.strided": MEAN,
    "limit.zero_patches": MEAN,
    "limit.bias_scaled": BIAS,
    "limit.is_the_image": THE_IMAGE,
    "limit.nothing_else": NOTHING_ELSE,
    "limit.cosine": IMAGE,
    "limit.cosine_many": IMAGE,
    "limit.bias": BIAS,
}
