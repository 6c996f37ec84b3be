"""Nets that give the same answers: what is added to all logits, or to image and biases, may drop out."""

from __future__ import annotations

import math

import numpy as np

from tinycnn.rules import positive
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
        "The map is λ t, and the net's own map beside it, which may lie against t. If t has length 1 and the "
        "own map at most that, their sum has at least this cosine with t: for strong paint it is above any "
        "bound below 1.",
        "cos ≥ √(1 - 1/λ²)",
        lambda setting: math.sqrt(1 - 1 / PAINT**2),
    ),
    Step("The bound that is asked for.", "cos ≥ 1 - .01", lambda setting: 1 - 0.01),
)
PAINTED_GUIDED: Steps = (
    SOFTMAX,
    Step(
        "Of the two units that make g, the first has the output weight λ and is open where t·x > 0; the "
        "other has -λ, which the backward ReLU holds back. So t arrives, and never -t: for",
        "relu(1), relu(-1)",
        lambda setting: [positive(np.array([sign]))[0] for sign in (1.0, -1.0)],
    ),
    *PAINTED[1:],
)
UNIT = Step(
    "The unit's z is what it was: before and after.",
    "w x + b = w (x + m) + b - w m",
    lambda setting: [W * X + BIAS, W * (X + SHIFT) + BIAS - W * SHIFT],
)
MEANS = Step(
    "Over Z positions, a mean of products is the product of the means, and the covariance: times Z, for the "
    "activations 1, 2, 3 and the gradient .5, -1, 2.",
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
    "invariance.painted_guided": PAINTED_GUIDED,
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
        MEANS,
        HIRES,
        Step(
            "Behind a global average pool the gradient is the same everywhere, its mean: no covariance is "
            "left between the sum of Grad-CAM and that.",
            "Z Cov(A, ḡ)",
            lambda setting: _zero(float(((A - A.mean()) * G.mean()).sum())),
        ),
    ),
    "invariance.cam_hires": (HIRES,),
    "invariance.cam_gap": (
        MEANS,
        Step(
            "Behind one dense layer Z times the mean of the products is the logit less the bias, and Z Ā ḡ "
            "is what Grad-CAM sums to: what is left over.",
            "Z Ā ḡ + Z Cov(A, g) - (f - b)",
            lambda setting: _zero(float(len(A) * A.mean() * G.mean() + ((A - A.mean()) * G).sum() - G @ A)),
        ),
    ),
    "invariance.cam_complete": (
        MEANS,
        Step(
            "Grad-CAM sums to the first. If gradient and activations were not correlated over positions, "
            "nothing would be left over.",
            "Z Cov(A, ḡ)",
            lambda setting: _zero(float(((A - A.mean()) * G.mean()).sum())),
        ),
    ),
}
"""By claim."""
