"""Averages over noise, unit by unit: a mask becomes the chance that it is open."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import expit
from scipy.stats import norm

from tinycnn.theory.claim import Setting
from tinycnn.theory.claims.nets import photograph
from tinycnn.theory.claims.smoothing import SIGMA
from tinycnn.theory.derivations.step import Step, Steps
from tinycnn.theory.smoothing import lipschitz_bound, open_share, smooth_gain, smooth_gain_law

Z, LENGTH = 0.2, 1.0
"""A unit that serves as an example, and the length of its weights."""

OPEN = Step(
    "Under noise z is normal around what it was, with the deviation σ |w|. For z = .2 and |w| = 1 it is "
    "open so often.",
    "P(z + σ |w| ξ > 0) = Φ(z / (σ |w|))",
    lambda setting: float(open_share(np.array([Z]), np.array([[LENGTH]]), SIGMA)[0]),
)


def _share(setting: Setting) -> float:
    mask = open_share(np.array([Z]), np.array([[LENGTH]]), SIGMA)[0]
    return float(norm.cdf(Z / (SIGMA * LENGTH)) / mask)


def _gain(setting: Setting) -> float:
    return smooth_gain(LENGTH, photograph(setting).size, SIGMA)


SAME = Step(
    "The mean of the gradient is linear in the masks, so it has these for them: what samples have of it.",
    "⟨E ∇f, Σ_k V_k Φ_k w_k⟩ / |Σ_k V_k Φ_k w_k|²",
    _share,
)
STEPS: dict[str, Steps] = {
    "smoothgrad.closed": (OPEN, SAME),
    "smoothgrad.fit": (
        OPEN,
        Step(
            "The best slopes are (E I Iᵀ)⁻¹ E[I f(x + I)], which is E ∇f(x + I) by Stein's lemma, for any "
            "f. What they have of it.",
            "σ⁻² E[I f(x + I)] = E ∇f(x + I)",
            _share,
        ),
    ),
    "smoothgrad.infidelity": (
        OPEN,
        Step(
            "E (φ·I - Δf)² = σ²|φ|² - 2 σ² φ·E∇f + E Δf² by Stein's lemma. Its least value is at φ = E ∇f, "
            "and elsewhere it is larger by σ² times the squared distance: measured over that.",
            "[E(φ·I - Δf)² - E(E∇f·I - Δf)²] / (σ² |φ - E ∇f|²)",
            _share,
        ),
    ),
    "smoothgrad.softplus": (
        Step(
            "Along w/|w| the noise is t, logistic with the scale 1/β. The mask is open if t > -z/|w|, which "
            "has the chance of a sigmoid: for z/|w| = .2, β = 4.",
            "P(t > -z/|w|) = sigmoid(β z/|w|)",
            lambda setting: float(expit(4 * Z)),
        ),
        Step(
            "That is the derivative of the softplus log(1 + exp(β z/|w|)) |w|/β: the difference of the two.",
            "sigmoid(β z/|w|) - softplus'(z)",
            lambda setting: float(expit(4 * Z) - 1 / (1 + math.exp(-4 * Z))),
        ),
    ),
    "smoothgrad.contrast": (
        Step(
            "Length and direction of a filter are independent. Without noise its mean on the half-space has "
            "this length.",
            "E[z 1(z > 0)] = 1/√(2π)",
            lambda setting: 1 / math.sqrt(2 * math.pi),
        ),
        Step(
            "With noise, of p taps, for many of them: the patch counts by its length over that of patch "
            "and noise.",
            "|y| / √(2π (|y|² + σ² p))",
            lambda setting: smooth_gain_law(LENGTH, photograph(setting).size, SIGMA),
        ),
        Step(
            "For so few taps, by the law of a coordinate of a random direction.",
            "E|w| E[v Φ(v |y|/σ)]",
            _gain,
        ),
        Step(
            "So much of that mean is in a map.",
            "⟨s, E s⟩ / |E s|²",
            lambda setting: _gain(setting) / smooth_gain(LENGTH, photograph(setting).size, SIGMA),
        ),
    ),
    "smoothgrad.ball": (
        Step(
            "Up to the nearest kink every z is linear: along its own gradient z is 0 at this distance, for "
            "z = .2 and |∇z| = 1.",
            "r = |z| / |∇z|",
            lambda setting: Z / LENGTH,
        ),
        Step(
            "Inside, all masks are what they were: how many change at .999 r, in the worst direction.",
            "1(z - .999 r |∇z| < 0)",
            lambda setting: float(Z - 0.999 * (Z / LENGTH) * LENGTH < 0),
        ),
    ),
    "smoothgrad.ball_sharp": (
        Step("The distance at which z is 0.", "r = |z| / |∇z|", lambda setting: Z / LENGTH),
        Step(
            "Just outside, at least one changes.",
            "1(z - 1.001 r |∇z| < 0)",
            lambda setting: float(Z - 1.001 * (Z / LENGTH) * LENGTH < 0),
        ),
    ),
    "smoothgrad.lipschitz": (
        Step(
            "The two averages are of slopes of at most L, over normal laws around x and y. Where the laws "
            "overlap the slopes are the same; what is in one and not in the other counts with 2 L at most: "
            "for L = 1 and a distance of 1.",
            "2 L (2 Φ(|x - y| / 2σ) - 1)",
            lambda setting: lipschitz_bound(1.0, SIGMA),
        ),
        Step(
            "The slope of |u·x| is its sign: 2 Φ(u·x/σ) - 1 on average. At ±1/2 the two differ by as much: "
            "less the bound, over it.",
            "2 (2 Φ(1/2σ) - 1) / bound - 1",
            lambda setting: float(2 * (2 * norm.cdf(0.5 / SIGMA) - 1)) / lipschitz_bound(1.0, SIGMA) - 1,
        ),
    ),
}
"""By claim."""
