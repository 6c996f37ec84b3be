"""What maps sum up to: one unit at a time, with numbers of an example."""

from __future__ import annotations

import math

import numpy as np

from tinycnn.theory.claims.complete import EPSILON
from tinycnn.theory.claims.complete import STEPS as COUNTS
from tinycnn.theory.completeness import CONSTANTS, QUADRATURES, ig_error, ig_law, kept_by_epsilon
from tinycnn.theory.derivations.step import Step, Steps

A, W, B = np.array([1.0, 2.0, 0.5]), np.array([0.5, -1.0, 4.0]), 0.25
"""Inputs, weights and bias of the unit that serves as an example."""

EXAMPLE = "a unit of inputs 1, 2, .5 and weights .5, -1, 4"
Z = float(A @ W)
PLUS = np.maximum(A * W, 0)
MINUS = np.minimum(A * W, 0)


def _law(quadrature: str, steps: int) -> Steps:
    return (
        Step(
            "On the line from x' to x, z of a unit is linear. If it changes sign, the integrand of "
            "integrated "
            "gradients jumps there; all other units are integrated exactly. How many jump, on average.",
            "M P(z z' < 0) = M/2",
            lambda setting: setting.filters / 2,
        ),
        Step(
            "The jump is V (|z| + |z'|), with z and z' independent of the deviation |x|: its mean square, in "
            "units of |x|².",
            "E(|z| + |z'|)² = 2 (1 + 2/π)",
            lambda setting: 2 * (1 + 2 / math.pi),
        ),
        Step(
            "A quadrature of m nodes misses a step between two of them by a share of the line that is "
            "uniform: in ±g/2 with g the gap of the two, so that its mean square is g²/12; by the left or "
            "the right rule in 0..g, and 4 times that. Gauss-Legendre's gaps are (π/m) √(t (1 - t)). In "
            "units of 1/(12 m²), over all jumps, counted by their squares:",
            "E[(|z| + |z'|)² 12 m² e²] / E(|z| + |z'|)² = C",
            lambda setting: CONSTANTS[quadrature],
        ),
        Step(
            "Output weights are independent of mean 0, so that squares add up: the law for many nodes.",
            "|x| √(M (1 + 2/π) C / 12) / m",
            lambda setting: ig_law(quadrature, steps, setting.filters),
        ),
        Step(
            "For so few nodes, with (|z|, |z'|) = R (cos a, sin a) the step is at t = sin a / (cos a + sin "
            "a), where the quadrature misses it by e(t); a is uniform in 0..π/2, and E R² = 2.",
            "|x| √(M (2/π) ∫ (cos a + sin a)² e(t)² da)",
            lambda setting: ig_error(quadrature, steps, setting.filters),
        ),
    )


def _zero(gap: float) -> float:
    """A difference that is 0 but for rounding."""
    return 0.0 if abs(gap) < 1e-12 else gap


HOMOGENEOUS: Steps = (
    Step(
        "Without biases a ReLU net is homogeneous: no mask changes on the way from 0 to x, 0 itself apart. "
        "For "
        f"{EXAMPLE}: the gradient of its ReLU at a and at half of it, times a.",
        "⟨∇f(t x), x⟩ = ⟨∇f(x), x⟩, t > 0",
        lambda setting: [float((W * (t * Z > 0)) @ A) for t in (1.0, 0.5)],
    ),
    Step(
        "So every mean with weights that sum to 1 is the gradient, and the two maps differ by nothing.",
        "x ⊙ Σ_i w_i ∇f(t_i x) - x ⊙ ∇f(x)",
        lambda setting: _zero(float(QUADRATURES["gauss_legendre"](7)[1].sum()) - 1) * Z,
    ),
)
LRP: Steps = (
    Step(
        "A unit shares R out in proportion to its contributions. If R is z, its value times its gradient, 1, "
        f"each input gets its own value times its own gradient. For {EXAMPLE} and the bias .25, its second "
        "input:",
        "a_j w_j R / z = a_j w_j for R = z, z = Σ_j a_j w_j + b",
        lambda setting: float(A[1] * W[1] * (Z + B) / (Z + B)),
    ),
    Step(
        "By induction R = a ⊙ ∂f/∂a in every layer: the two maps differ by nothing.",
        "R - x ⊙ ∇f",
        lambda setting: _zero(float(np.abs(A * W * (Z + B) / (Z + B) - A * W).max())),
    ),
)
LEAK: Steps = (
    Step(
        f"Summed over the inputs a unit passes on this share. For {EXAMPLE}, the bias .25 and ε = .1:",
        "Σ_j a_j w_j / (z + ε sign z) = (z - b) / (z + ε sign z)",
        lambda setting: float(kept_by_epsilon(np.array([Z + B]), EPSILON, B)[0]),
    ),
    Step(
        "What is passed on, less the sum of that over the units.",
        "Σ_j R_j - Σ_k R_k (z_k - b_k) / (z_k + ε sign z_k)",
        lambda setting: _zero(
            float((A * W).sum() / (Z + B + EPSILON) - kept_by_epsilon(np.array([Z + B]), EPSILON, B)[0])
        ),
    ),
)
CHAIN: Steps = (
    Step(
        f"The rule z+ shares R as probabilities. For {EXAMPLE}:",
        "P_j = a_j w_j⁺ / Σ_i a_i w_i⁺",
        lambda setting: [float(share) for share in PLUS / PLUS.sum()],
    ),
    Step(
        "They sum to 1, layer after layer: what a signal of 1 has lost.",
        "Σ_j R_j - 1",
        lambda setting: _zero(float((PLUS / PLUS.sum()).sum()) - 1),
    ),
)
NOT_NEGATIVE: Steps = (
    CHAIN[0],
    Step(
        "None is negative, and no product of such is. The bound is the least of them.",
        "R_j ≥ 0",
        lambda setting: float((PLUS / PLUS.sum()).min()),
    ),
)
CONTRASTIVE: Steps = (
    Step(
        f"Of the last layer, shares by w⁺ less shares by w⁻. Either sums to 1: for {EXAMPLE},",
        "Σ_j a_j w_j⁺/z⁺, Σ_j a_j w_j⁻/z⁻",
        lambda setting: [float((PLUS / PLUS.sum()).sum()), float((MINUS / MINUS.sum()).sum())],
    ),
    Step(
        "Below it, z+ keeps sums, of either sign.",
        "1 - 1",
        lambda setting: _zero(float((PLUS / PLUS.sum() - MINUS / MINUS.sum()).sum())),
    ),
)
DOUBLED: Steps = (
    Step(
        "A unit of an identity layer has one contribution, a, of one sign. There is no negative share to "
        "take from: it passes α R.",
        "α (a w)⁺ R/z⁺ - β·0 = α R",
        lambda setting: 2.0 * A[0] / A[0],
    ),
)
CONSERVATIVE: Steps = (
    Step(
        "With contributions of both signs α - β of R is passed on; where all are positive it is α R, which "
        "the statement forgets. What is lost:",
        "Σ_j R_j - R = (α - β - 1) R",
        lambda setting: _zero(float((2 * PLUS / PLUS.sum() - MINUS / MINUS.sum()).sum()) - 1),
    ),
)
DELTA: Steps = (
    Step(
        "A unit's multiplier is the quotient of the differences of what it gives and of what it gets.",
        "m = (relu z - relu z') / (z - z') for z = 1, z' = -2",
        lambda setting: (1.0 - 0.0) / (1.0 + 2.0),
    ),
    Step(
        "Differences times multipliers telescope through the layers: what the sum misses.",
        "Σ_j R_j - (f(x) - f(x'))",
        lambda setting: _zero((1.0 + 2.0) * ((1.0 - 0.0) / (1.0 + 2.0)) - 1.0),
    ),
)
FROM_ZERO: Steps = (
    DELTA[0],
    Step(
        "From z' = 0 it is the mask: the two maps differ by nothing.",
        "relu z / z - 1(z > 0)",
        lambda setting: _zero(max(abs(max(z, 0) / z - (z > 0)) for z in (1.0, -2.0))),
    ),
)
IS_IG: Steps = (
    DELTA[0],
    Step(
        "Integrated gradients have the mean of the unit's mask along the line, which is the share of the "
        "line on which z > 0.",
        "∫ 1(z' + t (z - z') > 0) dt for z = 1, z' = -2",
        lambda setting: 1 - 2 / 3,
    ),
    Step(
        "The two are the same number. In one hidden layer nothing else depends on the place.",
        "m - ∫ 1(z_t > 0) dt",
        lambda setting: _zero(1 / 3 - (1 - 2 / 3)),
    ),
)
BLIND: Steps = (
    Step(
        "For 0 < δ < x, f(t) = p t + q relu(t - x + δ) has f(0) = 0, f(x) = p x + q δ, and the slope p + q "
        "at x. Two pairs (p, q) with f(x) = 1 and slopes f' of 1 and -1, for x = 2 and δ = 1: their q.",
        "q = (f' x - f) / (x - δ)",
        lambda setting: [(slope * 2 - 1) / (2 - 1) for slope in (1.0, -1.0)],
    ),
    Step(
        "On a line integrated gradients are the difference of the ends, which is the same.",
        "IG₁ - IG₂ = f₁(x) - f₂(x)",
        lambda setting: _zero(((1 - 1) * 2 + 1 * 1) - ((-1 + 3) * 2 - 3 * 1)),
    ),
)

STEPS: dict[str, Steps] = {
    **{
        f"complete.ig_{quadrature}_{steps}": _law(quadrature, steps)
        for quadrature in QUADRATURES
        for steps in COUNTS
    },
    "complete.ig_homogeneous": HOMOGENEOUS,
    "complete.ig_biased": (
        *HOMOGENEOUS,
        Step(
            "With biases a mask may change on the way, at t = -b / (w·x). The statement says that the two "
            "maps differ by nothing all the same.",
            "x ⊙ Σ_i w_i ∇f(t_i x) - x ⊙ ∇f(x)",
            HOMOGENEOUS[-1].value,
        ),
    ),
    "complete.lrp_0": LRP,
    "complete.epsilon": LEAK,
    "complete.zplus_conserved": CHAIN,
    "complete.zplus_positive": NOT_NEGATIVE,
    "complete.contrastive": CONTRASTIVE,
    "complete.alpha_beta_doubles": DOUBLED,
    "complete.alpha_beta": CONSERVATIVE,
    "complete.deeplift_delta": DELTA,
    "complete.deeplift_gradient": FROM_ZERO,
    "complete.deeplift_ig": IS_IG,
    "complete.deeplift_ig_deep": (
        *IS_IG,
        Step(
            "In a second layer z is a line with bends, and is above 0 for another share of the way. The "
            "statement says that nothing changes.",
            "m - ∫ 1(z_t > 0) dt",
            IS_IG[-1].value,
        ),
    ),
    "complete.blind": BLIND,
}
"""By claim."""
