"""How alike the maps of two logits are: they share the limit, and a part of the noise."""

from __future__ import annotations

from tinycnn.rules import identity, positive
from tinycnn.theory import sending
from tinycnn.theory.claim import Setting
from tinycnn.theory.claims.means import guided_rho
from tinycnn.theory.claims.nets import geometry, hidden_units, photograph
from tinycnn.theory.depth import logit_correlations
from tinycnn.theory.derivations import depth
from tinycnn.theory.derivations.limit import RHO
from tinycnn.theory.derivations.step import Step, Steps
from tinycnn.theory.noise import (
    constant_share,
    deconvnet_logit_cosine,
    deconvnet_logit_distance,
    stacking_matrix,
)
from tinycnn.theory.patches import cover
from tinycnn.theory.recovery import rho_image
from tinycnn.theory.sensitivity import distance, logit_cosine


def _shared(setting: Setting) -> float:
    """Relative energy of what all logits of a net share, besides the limit: the noise of h = const."""
    return rho_image(photograph(setting), geometry(setting), setting.filters, 1.0)


def _cosine(setting: Setting) -> float:
    return (1 + _shared(setting)) / (1 + guided_rho(setting))


def _noise_correlation(setting: Setting) -> float:
    return logit_correlations(hidden_units(setting))[0]


SHARED = Step(
    "Given the filters, two logits differ by V alone. Averaged over V, they share this much noise.",
    "ρ(η = 1)",
    _shared,
)

GUIDED: Steps = (
    RHO,
    SHARED,
    Step(
        "They share that and the limit. So much of an average map's energy is in their product.",
        "E⟨s_k, s_l⟩ / E|s|² = (1 + ρ(1)) / (1 + ρ(π))",
        _cosine,
    ),
)

DISTANCE: Steps = (
    *GUIDED,
    Step(
        "The square of a difference is two squares less twice the product.",
        "√(E|s_k - s_l|² / E|s|²) = √(2 - 2 (1 + ρ(1)) / (1 + ρ(π)))",
        lambda setting: distance(_cosine(setting)),
    ),
)

DEEP: Steps = (
    *depth.ACTIVE[:-1],
    depth.RHO,
    Step(
        "The noise of two logits passes the same masks, which correlate it, below every layer from the top.",
        "q_l = E[relu(rz + g₁) relu(rz + g₂) 1(z > 0)] / q(r)",
        lambda setting: logit_correlations(hidden_units(setting))[::-1],
    ),
    Step(
        "They share the limit, and that much of the noise.",
        "cos(s_k, s_l) ≈ (1 + ρ q₁) / (1 + ρ)",
        lambda setting: logit_cosine(depth.rho(setting), _noise_correlation(setting)),
    ),
)

DECONVNET: Steps = (
    Step(
        "Two logits share the constants of their channels, whose energy varies; the rest is independent.",
        "X ~ χ²_C / C beside η - 1",
        lambda setting: sending.eta(positive) - 1,
    ),
    Step(
        "Average over X; it is less than 1/π, as |s|² varies too.",
        "E cos = E[X / (X + π - 1)]",
        lambda setting: deconvnet_logit_cosine(),
    ),
)


def _ramp(setting: Setting) -> float:
    """``tr(P A A^T P)`` of one channel."""
    falls = stacking_matrix(geometry(setting), 1).sum(axis=0)
    return float((falls * (1 - falls / setting.size**2)).sum())


def _rest(setting: Setting) -> float:
    """``(eta - 1) tr(P diag(cover) P)`` of one channel."""
    own = float(cover(geometry(setting)).sum()) * (1 - setting.size**-2)
    return (sending.eta(positive) - 1) * own


CENTRED: Steps = (
    Step(
        "Centred, the shared part is not quite gone: at the border fewer taps cover a pixel.",
        "tr(P A Aᵀ P) = Σ_o n_o (1 - n_o/n)",
        _ramp,
    ),
    Step("The rest is independent.", "(η - 1) tr(P diag(cover) P)", _rest),
    Step(
        "The share of the border in all.",
        "E⟨s̃_k, s̃_l⟩ / E|s̃|² = ramp / (ramp + rest)",
        lambda setting: _ramp(setting) / (_ramp(setting) + _rest(setting)),
    ),
)

SALIENCY: Steps = (
    Step(
        "Saliency keeps no mean of V: nothing is shared.",
        "E cos(s_k, s_l) ∝ (E V)² = 0",
        lambda setting: sending.mean(identity) ** 2,
    ),
    Step("The distance of orthogonal maps.", "√(2 - 2·0)", lambda setting: distance(0)),
)

SHARE: Steps = (
    Step(
        "Given the filters, the mean over V is what all logits share: for DeconvNet one filter for the whole "
        "image.",
        "E relu(V)² = c²/2,  E[relu(V)]² = c²/2π",
        lambda setting: [sending.mean_square(positive), sending.mean(positive) ** 2],
    ),
    Step(
        "A pixel's energy from it is E[relu(V)]² cover(a), of E relu(V)² cover(a) in all, at the border too.",
        "(c²/2π) / (c²/2) = 1/π",
        lambda setting: constant_share(),
    ),
)

STEPS = {
    "sensitivity.guided": GUIDED,
    "sensitivity.guided_wide": GUIDED,
    "sensitivity.guided_distance": DISTANCE,
    "sensitivity.guided_deep": DEEP,
    "sensitivity.saliency": SALIENCY[:1],
    "sensitivity.saliency_distance": SALIENCY,
    "sensitivity.deconvnet": DECONVNET,
    "sensitivity.deconvnet_distance": (
        *DECONVNET,
        Step(
            "Given X, two maps of norm one are √(2 - 2 cos) apart. Average this, too: the mean of a root is "
            "less than the "
            "root of the mean.",
            "E √(2 (π - 1) / (X + π - 1)), √(2 - 2 E cos)",
            lambda setting: [deconvnet_logit_distance(), distance(deconvnet_logit_cosine())],
        ),
        Step(
            "It is the first that two maps are apart, on average.",
            "E |ŝ_k - ŝ_l|",
            lambda setting: deconvnet_logit_distance(),
        ),
    ),
    "sensitivity.deconvnet_shared": SHARE,
    "sensitivity.deconvnet_centred": CENTRED,
}
