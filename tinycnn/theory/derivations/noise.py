"""Why saliency is white noise, and DeconvNet without a pool noise of which a third is flat colour."""

from __future__ import annotations

import math

import numpy as np

from tinycnn.pictures.metrics import cosine
from tinycnn.rules import identity, positive
from tinycnn.theory import sending
from tinycnn.theory.claim import Setting
from tinycnn.theory.claims.nets import geometry, photograph
from tinycnn.theory.derivations.limit import CUT, patches
from tinycnn.theory.derivations.step import Step, Steps
from tinycnn.theory.extremes import expected_maximum, saliency_cosine_sd
from tinycnn.theory.moments import pair_moment
from tinycnn.theory.noise import constant_share, saliency_covariance
from tinycnn.theory.normality import rejection_rate
from tinycnn.theory.patches import cover, units


def _tap_moment(setting: Setting, other: int) -> float:
    """Of a filter's tap 0 and another, on the half-space of the first patch that is not zero."""
    u = next(row for row in units(patches(setting)) if row.any())
    return float(pair_moment(u, u)[0, other])


def _constant_with_centred(setting: Setting) -> float:
    x = photograph(setting)
    return float(cosine(np.ones_like(x), x - x.mean(axis=(1, 2), keepdims=True)))


def _cosine_sd(setting: Setting) -> float:
    return saliency_cosine_sd(photograph(setting), geometry(setting))


NO_MEAN = Step(
    "Backward, a logit's weight V passes unchanged, and has no mean: nor has the map.",
    "E V = 0",
    lambda setting: sending.mean(identity),
)
ORTHOGONAL = Step(
    "Times the image, the map of a fixed logit sums to the logit, which is Gaussian of mean 0.",
    "⟨s, x⟩ = f, sd of cos(s, x) = (Σ cover x² / (Σ cover |x|²))^(1/2) ≈ d^(-1/2)",
    _cosine_sd,
)
LAGS = Step(
    "V differs from patch to patch, so the taps of one patch are left; flipping w shows them uncorrelated.",
    "E[w_o w_o' 1(w·y > 0)] = δ_oo' / 2: o = o'",
    lambda setting: _tap_moment(setting, 0),
)

VARIANCE: Steps = (
    CUT,
    NO_MEAN,
    LAGS,
    Step(
        "Every pixel adds up the patches that cover it: least and most.",
        "cover(a)",
        lambda setting: (
            float(cover(geometry(setting)).min()),
            float(cover(geometry(setting)).max()),
        ),
    ),
    Step(
        "Per filter and covering patch, the variance is the same for every pixel.",
        "Var s_a / (N c⁴ cover(a)) = 1/2",
        lambda setting: float(np.mean(saliency_covariance(geometry(setting), 3) / cover(geometry(setting)))),
    ),
)

SPREAD: Steps = (
    NO_MEAN,
    ORTHOGONAL,
    Step(
        "Scale its square by the number of pixels and channels.",
        "d E cos²(s, x)",
        lambda setting: photograph(setting).size * _cosine_sd(setting) ** 2,
    ),
)

LARGEST: Steps = (
    NO_MEAN,
    ORTHOGONAL,
    Step(
        "To choose the largest of K logits is to choose the map that is most like the image.",
        "E max_{k ≤ K} g_k, g ~ N(0, 1)",
        lambda setting: expected_maximum(setting.classes),
    ),
    Step(
        "Multiply.",
        "E cos(s_max, x) ≈ E max g / √d",
        lambda setting: expected_maximum(setting.classes) * _cosine_sd(setting),
    ),
)

CONSTANT: Steps = (
    Step(
        "Without a forward mask and without switches, nothing of the image is left; V keeps a mean.",
        "E relu(V) = c / √(2π)",
        lambda setting: sending.mean(positive),
    ),
    Step(
        "That mean sends every filter through the whole image: one constant per channel, of this energy.",
        "E[relu(V)]² = c² / 2π",
        lambda setting: sending.mean(positive) ** 2,
    ),
    Step(
        "All that V sends has the energy",
        "E[relu(V)²] = c² / 2",
        lambda setting: sending.mean_square(positive),
    ),
    Step(
        "The share of the constant is the correlation of any two pixels of a channel, at any lag.",
        "(1/2π) / (1/2) = 1/π",
        lambda setting: constant_share(),
    ),
)

WHITE: Steps = (
    *CONSTANT,
    Step(
        "White noise has no mean, and so no such constant.",
        "(E h)² / E h² with E h = 0",
        lambda setting: sending.mean(identity) ** 2 / sending.mean_square(identity),
    ),
)

UNIFORM: Steps = (
    NO_MEAN,
    LAGS,
    Step(
        "So a pair of different pixels shares no energy.",
        "E[w_o w_o' 1(w·y > 0)] = 0, o ≠ o'",
        lambda setting: _tap_moment(setting, 1),
    ),
)

ABSENT: Steps = (
    NO_MEAN,
    ORTHOGONAL,
    Step("So the cosine of a fixed logit's map is 0 on average.", "E cos(s, x) ∝ E V = 0", NO_MEAN.value),
)

NORMAL: Steps = (
    CUT,
    Step(
        "Given the filters, a map is a sum of independent Gaussians V; one kernel apart no V is shared.",
        "s_a = Σ_j Σ_i V_ij 1(w_i·y_j > 0) w_i,a-j: pixels on the grid",
        lambda setting: math.ceil(setting.size / setting.kernel) ** 2,
    ),
    Step(
        "Each divided by its own deviation, they are N(0, 1), and Kolmogorov and Smirnov's test at 5 % "
        "rejects as often "
        "as their distance exceeds its bound: its law, at that bound.",
        "Var(s | W) = Σ_j D_jᵀ Σ_i 1(w_i·y_j > 0) w_i²,  P(D > d_0.05)",
        lambda setting: rejection_rate(math.ceil(setting.size / setting.kernel) ** 2),
    ),
)

INDEPENDENT: Steps = (
    *CONSTANT[:2],
    Step(
        "Centred, they are gone; the rest is as often like the image as unlike it. What a constant has in "
        "common with the centred image.",
        "E cos(s - s̄, x - x̄) = cos(1, x - x̄)",
        _constant_with_centred,
    ),
)

NOTHING: Steps = (
    NO_MEAN,
    Step(
        "With -V for V the map is its negative, and as likely, whatever masks and switches do.",
        "E cos(s, x) ∝ E V = 0",
        NO_MEAN.value,
    ),
)

STEPS = {
    "noise.deconvnet_image": INDEPENDENT,
    "pooling.saliency": NOTHING,
    "pooling.linear": NOTHING,
    "family.linear_nothing": NOTHING,
    "vgg.saliency": NOTHING,
    "noise.saliency_variance": VARIANCE,
    "noise.saliency_white": UNIFORM,
    "noise.saliency_below": UNIFORM,
    "noise.saliency_far": UNIFORM,
    "noise.saliency_channels": UNIFORM,
    "noise.saliency_image": ABSENT,
    "noise.saliency_image_sd": SPREAD,
    "noise.largest_logit": LARGEST,
    "noise.saliency_normal": NORMAL,
    "noise.deconvnet_constant": CONSTANT,
    "noise.deconvnet_white": WHITE,
    "noise.deconvnet_near": CONSTANT,
    "noise.deconvnet_below": CONSTANT,
}
