"""Nets that give the same answers: what is added to all logits, or to image and biases, may drop out."""

from __future__ import annotations

import math

import numpy as np

from tinycnn.theory.claims.invariance import PAINT
from tinycnn.theory.derivations.step import Step, Steps

LOGITS, ADDED = np.array([1.0, -0.5]), 3.0
W, X, SHIFT, BIAS = 2.0, 0.7, 0.5, 0.1
A, G = np.array([1.0, 2.0, 3.0]), np.array([0.5, -1.0, 2.0])
"""Numbers of examples: logits, a unit of one input, activations and gradient at three positions."""


def _first(logits: np.ndarray) -> float:
    return float(np.exp(logits[0]) / np.exp(logits).sum())


def _zero(gap: float) -> float:
    """A difference that is 0 but for rounding."""
    return 0.0 if abs(gap) < 1e-12 else gap


SOFTMAX = Step(
    "A probability has the factor exp g above and below: the first of two logits, before and after.",
    "exp(f_k + g) / Σ_l exp(f_l + g)",
    lambda setting: [_first(LOGITS), _first(LOGITS + ADDED)],
)
PAINTED: Steps = (
    SOFTMAX,
    Step(
        "The map is λ t, and the net's own map beside it, of length 1 say. For strong paint its cosine "
        "with t is "
        "above any bound below 1.",
        "cos ≥ λ/√(λ² + 1)",
        lambda setting: PAINT / math.sqrt(PAINT**2 + 1),
    ),
    Step("The bound that is asked for.", "cos ≥ 1 - .01", lambda setting: 1 - 0.01),
)
UNIT = Step(
    "The unit's z is what it was: before and after.",
    "w x + b = w (x + m) + b - w m",
    lambda setting: [W * X + BIAS, W * (X + SHIFT) + BIAS - W * SHIFT],
)
MEANS = Step(
    "A mean of products over positions is the product of means, and the covariance: in the example both of "
    "them.",
    "Z Ā ḡ, Z Cov(A, g)",
    lambda setting: [float(len(A) * A.mean() * G.mean()), float(((A - A.mean()) * G).sum())],
)
HIRES = Step(
    "One dense layer is linear: gradient times activation sums to the logit less the bias. What is left "
    "over.",
    "Σ g A - (f - b)",
    lambda setting: _zero(float((G * A).sum() - G @ A)),
)

STEPS: dict[str, Steps] = {
    "invariance.painted_same": (
        SOFTMAX,
        Step(
            "It drops out: the difference.",
            "p_k(f + g) - p_k(f)",
            lambda setting: _zero(_first(LOGITS + ADDED) - _first(LOGITS)),
        ),
    ),
    "invariance.painted_saliency": PAINTED,
    "invariance.painted_guided": PAINTED,
    "invariance.painted_difference": (
        Step(
            "Of a difference it drops out.",
            "(f_k + g) - (f_l + g) - (f_k - f_l)",
            lambda setting: _zero(float(np.diff(LOGITS + ADDED)[0] - np.diff(LOGITS)[0])),
        ),
    ),
    "invariance.shift_masks": (
        UNIT,
        Step(
            "So masks and weights above are too, and the map: the difference.",
            "w 1(z > 0) - w 1(z' > 0)",
            lambda setting: W * (W * X + BIAS > 0) - W * (W * (X + SHIFT) + BIAS - W * SHIFT > 0),
        ),
    ),
    "invariance.shift_product": (
        UNIT,
        Step(
            "The gradient is the same, the image is not: what the change misses of the shift times the "
            "gradient.",
            "(x + m) ⊙ ∇f - x ⊙ ∇f - m ⊙ ∇f",
            lambda setting: _zero((X + SHIFT) * W - X * W - SHIFT * W),
        ),
    ),
    "invariance.shift_product_same": (
        UNIT,
        Step(
            "If the map were to follow the answers, the difference would be that of the answers.",
            "z - z'",
            lambda setting: _zero(W * X + BIAS - (W * (X + SHIFT) + BIAS - W * SHIFT)),
        ),
    ),
    "invariance.cam_pooled": (
        Step(
            "Behind a global average pool the gradient is the same everywhere: no covariance is left.",
            "Z Cov(A, ḡ)",
            lambda setting: _zero(float(((A - A.mean()) * G.mean()).sum())),
        ),
    ),
    "invariance.cam_hires": (HIRES,),
    "invariance.cam_gap": (
        MEANS,
        Step(
            "Together they are the logit less the bias: what is left over.",
            "Z Ā ḡ + Z Cov(A, g) - (f - b)",
            lambda setting: _zero(float(len(A) * A.mean() * G.mean() + ((A - A.mean()) * G).sum() - G @ A)),
        ),
    ),
    "invariance.cam_complete": (
        MEANS,
        Step(
            "If gradient and activations were not correlated over positions, nothing would be left over.",
            "Z Cov(A, ḡ)",
            lambda setting: _zero(float(((A - A.mean()) * G.mean()).sum())),
        ),
    ),
}
"""By claim."""
