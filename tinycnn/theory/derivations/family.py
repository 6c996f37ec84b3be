"""The family of rules, and filters that are not isotropic: one derivation with other factors."""

from __future__ import annotations

import math

import numpy as np

from tinycnn.ops.types import Array
from tinycnn.pictures.metrics import cosine
from tinycnn.rules import identity
from tinycnn.theory import sending
from tinycnn.theory.claim import Setting
from tinycnn.theory.claims.means import arm_mean
from tinycnn.theory.claims.nets import geometry, photograph
from tinycnn.theory.derivations import recovery
from tinycnn.theory.derivations.limit import CUT, LIMIT, limit
from tinycnn.theory.derivations.step import Step, Steps
from tinycnn.theory.family import ARMS
from tinycnn.theory.limit import mean_scale, share
from tinycnn.theory.moments import half_space_mean
from tinycnn.theory.patches import cover, cut, paste


def _kept(name: str) -> Step:
    return Step(
        "Backward, a logit's weight V passes the rule's function h, which keeps a mean.",
        "E h(V)",
        lambda setting: sending.mean(ARMS[name].send),
    )


def _noise(name: str) -> Step:
    return Step(
        "and a second moment. The less of it per squared mean, the less noise; a constant has least.",
        "η = E[h(V)²] / E[h(V)]²",
        lambda setting: sending.eta(ARMS[name].send),
    )


def _sum_of_means(name: str, setting: Setting) -> float:
    """Projection of the arm's mean, from half-space means, on its closed form."""
    x, at, arm = photograph(setting), geometry(setting), ARMS[name]
    sign = -1 if arm.mask == "reversed" else 1
    mean = setting.filters * sending.mean(arm.send) * sign * paste(half_space_mean(cut(x, at)), at)
    return float(share(mean, arm_mean(name, setting)))


def _limit_steps(name: str) -> Steps:
    sign = -1 if ARMS[name].mask == "reversed" else 1
    return (
        CUT,
        _kept(name),
        LIMIT,
        Step(
            "The forward mask makes it appear; N filters and both means scale it. Its cosine with m:",
            "E s = ±N E[h(V)] c/√(2π) m: cos(E s, m)",
            lambda setting: float(cosine(arm_mean(name, setting), limit(setting))),
        ),
        Step(
            "Per filter, the factor is",
            "E s / (N m)",
            lambda setting: sign * mean_scale(sending.mean(ARMS[name].send)),
        ),
        Step(
            "So the map's projection on that mean is 1, with no factor left to fit.",
            "⟨E s, N E[h(V)] Σ_j D_jᵀ E[g(w·y_j) w]⟩ / |…|²",
            lambda setting: _sum_of_means(name, setting),
        ),
    )


def _covered(setting: Setting) -> Array:
    return photograph(setting) * cover(geometry(setting))


def _rho(name: str, setting: Setting) -> float:
    """rho of an arm put together from its parts."""
    own = recovery.OWN_ENERGY.value(setting), recovery.OVERLAP.value(setting)
    size = float(np.square(limit(setting)).sum())
    energy = math.pi * sending.eta(ARMS[name].send) * np.sum(own[0]) + 2 * math.pi * np.sum(own[1])
    return float(energy / (setting.filters * size) - 1 / setting.filters)


def _rho_steps(name: str) -> Steps:
    return (
        CUT,
        LIMIT,
        _kept(name),
        _noise(name),
        recovery.OWN_ENERGY,
        recovery.OVERLAP,
        Step(
            "Divide by the limit's energy, and take away the squared mean.",
            "ρ = (π η T + 2π X) / (N |m|²) - 1/N",
            lambda setting: _rho(name, setting),
        ),
    )


SHARE: Steps = (
    Step(
        "Without a forward mask, all that is left of V's mean is one constant per channel, of this energy.",
        "E|V|² = 2/π",
        lambda setting: sending.mean(ARMS["deconvnet-abs"].send) ** 2,
    ),
    Step(
        "Its share in the energy of all that V sends is the correlation of two pixels at any lag.",
        "E[|V|]² / E[V²] = 2/π",
        lambda setting: 1 / sending.eta(ARMS["deconvnet-abs"].send),
    ),
)

UNMASKED: Steps = (
    Step(
        "Without a forward mask and without switches, filters and signals do not depend on the image, and "
        "with -w for w "
        "the map is its negative, and as likely.",
        "E ⟨s, x⟩ ∝ E w = 0",
        lambda setting: sending.mean(identity),
    ),
)

WHITE: Steps = (
    Step(
        "What V sends has no mean, so different patches share nothing; nor do different taps of a filter.",
        "E V = 0, E[w_o w_o'] = δ_oo': Cov(s_a, s_b) = 0, a ≠ b",
        lambda setting: sending.mean(ARMS["linear"].send),
    ),
)


def _stein_mean(setting: Setting) -> Array:
    return setting.filters * sending.mean(ARMS["stein"].send) / 2 * _covered(setting)


STEIN: Steps = (
    CUT,
    _kept("stein"),
    Step(
        "By Stein's lemma a filter weighted by its own response has a mean along the patch, not along its "
        "direction: no local gain is left. The cosine of E s with x, times the patches that cover it:",
        "E[w relu(w·y)] = y/2, E s = N E[h(V)]/2 cover ⊙ x",
        lambda setting: float(cosine(arm_mean("stein", setting), _covered(setting))),
    ),
)

STEPS = {
    "family.deconvnet-abs_constant": SHARE,
    "family.deconvnet-abs_nothing": UNMASKED,
    "family.linear_white": WHITE,
    "family.stein": (
        *STEIN,
        Step(
            "So the map's projection on that mean is 1, with no factor left to fit.",
            "⟨E s, N E[h(V)]/2 cover ⊙ x⟩ / |…|²",
            lambda setting: float(share(_stein_mean(setting), arm_mean("stein", setting))),
        ),
    ),
    "family.stein_rho": (
        *STEIN,
        _noise("stein"),
        Step(
            "One patch has the energy (p/2 + 1)|y|²; pairs that overlap add theirs.",
            "ρ = [η Σ_j (p/2 + 1)|y_j|² + pairs - |E s|²] / |E s|²",
            lambda setting: ARMS["stein"].rho(photograph(setting), geometry(setting), setting.filters),
        ),
    ),
    **{f"family.{name}": _limit_steps(name) for name in ("abs", "constant", "negative", "reversed")},
    **{f"family.{name}_rho": _rho_steps(name) for name in ("abs", "constant", "negative", "reversed")},
    "family.constant_rho_wide": _rho_steps("constant"),
}
