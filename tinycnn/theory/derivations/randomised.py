"""What a map keeps when layers are drawn anew: the limit, and what the kept masks make of the noise."""

from __future__ import annotations

import math
from functools import partial

from tinycnn.rules import identity
from tinycnn.rules.gate import constant
from tinycnn.theory import sending
from tinycnn.theory.claim import Setting
from tinycnn.theory.claims.means import arm_rho, guided_rho
from tinycnn.theory.claims.nets import hidden_units, photograph
from tinycnn.theory.claims.randomised import CORRELATION, RATIO, dense_rho
from tinycnn.theory.claims.vgg import POOLS, hidden, rho
from tinycnn.theory.depth import logit_correlations
from tinycnn.theory.derivations import depth, sensitivity, vgg
from tinycnn.theory.derivations.limit import RHO
from tinycnn.theory.derivations.step import Step, Steps
from tinycnn.theory.pooled_depth import logit_correlations_pooled
from tinycnn.theory.recovery import expected_cosine, rho_dense
from tinycnn.theory.sensitivity import logit_cosine

DENSE_RHO = Step(
    "Noise of M hidden units in units of the limit, which is the image's direction.",
    "ρ = (π² d - 1) / M",
    dense_rho,
)
DENSE_SHARED = Step(
    "New output weights are those of another logit. Averaged over them, the two nets share this much noise.",
    "ρ(1) = (π d - 1) / M",
    lambda setting: rho_dense(setting.filters, photograph(setting).size, 1.0),
)


def _dense(setting: Setting) -> float:
    d, units = photograph(setting).size, setting.filters
    return (1 + (math.pi * d - 1) / units) / (1 + (math.pi**2 * d - 1) / units)


def _shared(kept: int, setting: Setting) -> list[float]:
    """Correlation below every kept layer, the lowest last; 0 if none is kept."""
    return logit_correlations(hidden_units(setting), kept)[::-1] or [0.0]


def _limit_only(setting: Setting) -> float:
    rho = guided_rho(setting) if setting.kernel else dense_rho(setting)
    return 1 / (1 + rho)


ALL = Step(
    "Two nets are independent. What their maps share is the mean, and that is the limit of every net.",
    "E⟨s, s'⟩ / E|s|² = |E s|² / (|E s|² (1 + ρ)) = 1 / (1 + ρ)",
    _limit_only,
)
SIGN = Step(
    "With -V' for V' the second map is its negative, and as likely.",
    "E⟨s, s'⟩ ∝ E V' = 0",
    lambda setting: sending.mean(identity),
)


def _cascade(kept: int) -> Steps:
    return (
        *depth.ACTIVE[:-1],
        depth.RHO,
        Step(
            "The signals that come out of the layers drawn anew have the same part along a unit's own "
            "input, as the kept layers fix it, and independent noise. Masks that both pass correlate it, "
            "below every kept layer from the top one.",
            "q_l = E[relu(rz + g₁) relu(rz + g₂) 1(z > 0)] / q(r)",
            partial(_shared, kept),
        ),
        Step(
            "They share the limit, and that much of the noise.",
            "cos(s, s') ≈ (1 + ρ q₁) / (1 + ρ)",
            lambda setting: logit_cosine(depth.rho(setting), _shared(kept, setting)[-1]),
        ),
    )


def _shared_pooled(kept: int, setting: Setting) -> list[float]:
    return logit_correlations_pooled(hidden(setting), POOLS, kept)[::-1]


def _cascade_pooled(kept: int) -> Steps:
    return (
        *vgg.NOISE,
        Step(
            "Where the kept layers have the same masks and switches, the noise of the two signals becomes "
            "alike, below every kept layer from the top one; at a pool the unit must also win.",
            "q_l = E[relu(rz + g₁) relu(rz + g₂) 1(z > 0) 1(z wins)] / q(r)",
            partial(_shared_pooled, kept),
        ),
        Step(
            "They share the limit, and that much of the noise.",
            "cos(s, s') ≈ (1 + ρ q₁) / (1 + ρ)",
            lambda setting: logit_cosine(rho(setting), _shared_pooled(kept, setting)[-1]),
        ),
    )


def _pixels(setting: Setting) -> int:
    return photograph(setting).size


STEPS: dict[str, Steps] = {
    "mprt.output_dense": (
        DENSE_RHO,
        DENSE_SHARED,
        Step("They share that and the limit.", "(1 + ρ(1)) / (1 + ρ)", _dense),
    ),
    "mprt.output_convolutional": sensitivity.GUIDED,
    "mprt.all_dense": (DENSE_RHO, ALL),
    "mprt.all_convolutional": (RHO, ALL),
    "mprt.saliency_dense": (SIGN,),
    "mprt.saliency_convolutional": (SIGN,),
    **{
        f"mprt.cascade_{kind}_{kept}": _cascade(kept)
        for kind in ("dense", "convolutional")
        for kept in range(4)
    },
    "mprt.cascade_narrow": _cascade(2),
    **{f"mprt.cascade_vgg_{kept}": _cascade_pooled(kept) for kept in (6, 4, 2)},
    "mprt.noise_passes": (
        Step("So many pixels have ranks.", "d", _pixels),
        Step(
            "If either map's pixels come in any order equally likely, the variance of the rank correlation "
            "is that of a random permutation.",
            "E r² = 1 / (d - 1)",
            lambda setting: 1 / (_pixels(setting) - 1),
        ),
        Step(
            "In units of it:", "(d - 1) E r²", lambda setting: (_pixels(setting) - 1) / (_pixels(setting) - 1)
        ),
    ),
    "mprt.ranks": (
        Step(
            "The second map is the first one, mixed with an independent one.",
            "c",
            lambda setting: CORRELATION,
        ),
        Step(
            "A rank counts the pixels that are smaller. The differences of two places' pixels have the "
            "correlation c in the two maps, so that both have one sign with probability 1/2 + asin(c)/π "
            "(Sheppard). If the second map's pair shares only one place with the first map's, the "
            "correlation is c/2. The means of the product of the two signs:",
            "(2/π) asin c,  (2/π) asin(c/2)",
            lambda setting: [2 / math.pi * math.asin(c) for c in (CORRELATION, CORRELATION / 2)],
        ),
        Step(
            "Sum over all pairs: for each of the first map d - 2 share one place, for one that is the same "
            "pair. Divide by the ranks' own variance.",
            "6 / (π (d + 1)) [asin c + (d - 2) asin(c/2)]",
            lambda setting: (
                6
                / (math.pi * (_pixels(setting) + 1))
                * (math.asin(CORRELATION) + (_pixels(setting) - 2) * math.asin(CORRELATION / 2))
            ),
        ),
    ),
    "mprt.loud": (
        Step("The ratio of the two channels.", "a₁ / a₂", lambda setting: RATIO),
        Step(
            "A pair of independent Gaussian weights has any direction equally likely. The louder channel "
            "adds more if the direction is within this angle of its axis, either way.",
            "arctan(a₁ / a₂)",
            lambda setting: math.atan(RATIO),
        ),
        Step(
            "Of the whole circle:",
            "4 arctan(a₁/a₂) / 2π",
            lambda setting: 4 * math.atan(RATIO) / (2 * math.pi),
        ),
    ),
    "mprt.sum": (
        Step(
            "All output weights are 1: the signal is the same everywhere, as under a backward function h "
            "that is constant. It makes least noise.",
            "η = E h² / (E h)²",
            lambda setting: sending.eta(constant),
        ),
        Step(
            "Noise of N filters in units of the limit ('tinycnn explain family.constant_rho' derives it).",
            "ρ(η = 1)",
            lambda setting: arm_rho("constant", setting),
        ),
        Step(
            "It lowers the cosine.",
            "(1 + ρ)^(-1/2)",
            lambda setting: expected_cosine(arm_rho("constant", setting)),
        ),
    ),
}
"""By claim."""
