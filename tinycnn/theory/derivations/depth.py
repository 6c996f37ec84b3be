"""Guided backprop, layer by layer: how much of the signal is along a unit's own input."""

from __future__ import annotations

import math
from dataclasses import replace

from tinycnn.rules import positive
from tinycnn.theory import sending
from tinycnn.theory.claim import Setting
from tinycnn.theory.claims.nets import hidden_units, photograph
from tinycnn.theory.depth import (
    active_fraction,
    arc_cosine,
    constant_share_deep,
    kept_energy,
    kept_signal,
    ratios,
    rho_deep,
)
from tinycnn.theory.derivations.step import Step, Steps
from tinycnn.theory.recovery import expected_cosine


def _top_down(setting: Setting) -> list[float]:
    return ratios(hidden_units(setting))[::-1]


def rho(setting: Setting) -> float:
    """rho of the deep net."""
    return rho_deep(photograph(setting).size, hidden_units(setting))


def _shares(setting: Setting) -> list[float]:
    return [constant_share_deep(depth) for depth in range(1, setting.depth + 1)]


UNITS = Step(
    "Count the hidden units of every layer, from the top.",
    "M_L, ..., M_1",
    lambda setting: hidden_units(setting)[::-1],
)
SPLIT = Step(
    "On an active unit write the signal as R = κ z + τ g: along its own input z, and independent of it. "
    "At the top it knows nothing of z.",
    "r = κ/τ, r_L = 0",
    lambda setting: _top_down(setting)[0],
)
ENERGY = Step(
    "Both masks together let this much energy through, per layer from the top.",
    "q(r) = E[relu(rz + g)² 1(z > 0)] = [(1 + r²)(π/2 + arctan r) + r] / 2π",
    lambda setting: [kept_energy(r) for r in _top_down(setting)],
)
SIGNAL = Step(
    "and this much of z.",
    "m₁(r) = E[z relu(rz + g) 1(z > 0)] = [1 + r(π/2 + arctan r)] / 2π",
    lambda setting: [kept_signal(r) for r in _top_down(setting)],
)
GIVEN = Step(
    "One layer down, the signal at unit k is Σ_i w_ik a_i with a_i = relu(R_i) 1(z_i > 0). Given what unit "
    "i saw, its weights are c z_i along its input h, z_i in units of its deviation, and as free as before "
    "across it. How long that input is, per unit.",
    "E[w_ik | z_i] = c z_i h_k / |h|,  |h|² = M_(l-1) E relu(z)², E relu(z)²",
    lambda setting: sending.mean_square(positive),
)
SUM = Step(
    "So the signal is c h_k Σ_i z_i a_i / |h| along h, where the sum is M_l m₁ τ; across it, it is noise of "
    "energy c² Σ_i a_i² = c² M_l q τ². On an active unit h_k = z_k: the first over z_k, over the root of the "
    "second, for r_l = 0.",
    "κ/τ = [M_l m₁(r) / |h|] / √(M_l q(r)) = √(M_l / |h|²) m₁(r) / √q(r)",
    lambda setting: (
        math.sqrt(2 * hidden_units(setting)[-1] / hidden_units(setting)[0])
        * kept_signal(0)
        / math.sqrt(kept_energy(0))
    ),
)
RECURSION = Step(
    "So the ratio grows from layer to layer, from the top.",
    "r_(l-1) = √(2 M_l / M_(l-1)) m₁(r_l) / √q(r_l)",
    _top_down,
)
RHO = Step(
    "At the first layer, noise in units of the limit.",
    "ρ = (d / M₁) q(r₁) / m₁(r₁)²",
    rho,
)

COSINE: Steps = (
    UNITS,
    SPLIT,
    ENERGY,
    SIGNAL,
    GIVEN,
    SUM,
    RECURSION,
    RHO,
    Step(
        "It lowers the cosine.", "E cos(s, m) ≈ (1 + ρ)^(-1/2)", lambda setting: expected_cosine(rho(setting))
    ),
)

ACTIVE: Steps = (
    UNITS,
    SPLIT,
    ENERGY,
    SIGNAL,
    GIVEN,
    SUM,
    RECURSION,
    Step(
        "A signal passes where it is positive; given that the unit is active:",
        "P(R > 0 | z > 0) = 1/2 + arctan(r₁) / π",
        lambda setting: active_fraction(_top_down(setting)[-1]),
    ),
)

CONSTANT: Steps = (
    Step(
        "DeconvNet's backward ReLU maps the correlation of two positions' signals; fresh weights have none.",
        "κ₁(0) = 1/π",
        lambda setting: arc_cosine(0.0),
    ),
    Step(
        "Every layer does it again: the share that all positions have in common, from the top.",
        "κ₁(q) = [√(1 - q²) + q(π - arccos q)] / π",
        _shares,
    ),
    Step(
        "At the image it is one constant per channel.",
        "κ₁ applied L times to 0",
        lambda setting: _shares(setting)[-1],
    ),
    Step(
        "A channel's mean, in which it is measured, also holds the white rest, as much as one pixel's share.",
        "q + (1 - q) / (h w)",
        lambda setting: _shares(setting)[-1] + (1 - _shares(setting)[-1]) / setting.size**2,
    ),
)

HALF: Steps = (
    Step(
        "By symmetry: saliency's signal changes its sign with V, whatever the layers below have done. It "
        "has no part along a unit's own input.",
        "P(R > 0 | z > 0) = 1/2 + arctan(0) / π",
        lambda setting: active_fraction(0.0),
    ),
)

PROPOSITION: Steps = (
    *ACTIVE,
    Step(
        "If the signal were noise, independent of the unit's own input, r would be 0.",
        "P(R > 0 | z > 0) = 1/2 + arctan(0) / π",
        lambda setting: active_fraction(0.0),
    ),
)

ONE_LAYER: Steps = (
    *COSINE[:-1],
    Step(
        "If the signal were noise, independent of the unit's own input, r₁ would be 0.",
        "ρ = (d / M₁) q(0) / m₁(0)² = π² d / M₁",
        lambda setting: (
            photograph(setting).size / hidden_units(setting)[0] * kept_energy(0) / kept_signal(0) ** 2
        ),
    ),
)


def _expected(setting: Setting) -> float:
    return expected_cosine(rho(setting))


TURN: Steps = (
    *COSINE,
    Step(
        "The same of the net with five hidden layers.",
        "(1 + ρ₅)^(-1/2)",
        lambda setting: _expected(replace(setting, depth=5)),
    ),
    Step(
        "As the recursion grows to its fixed point, the difference is above 0. What it leaves out is of the "
        "order of the number of layers over their width.",
        "(1 + ρ_L)^(-1/2) - (1 + ρ₅)^(-1/2)",
        lambda setting: _expected(setting) - _expected(replace(setting, depth=5)),
    ),
)

STEPS = {
    "depth.turn": TURN,
    "depth.proposition_rho": ONE_LAYER,
    **{f"depth.proposition_{depth}": PROPOSITION for depth in (2, 5)},
    "depth.active_saliency": HALF,
    **{f"depth.cosine_{depth}": COSINE for depth in (1, 2, 3, 5, 8)},
    **{f"depth.cosine_{depth}_wide": COSINE for depth in (1, 2, 3, 5, 8)},
    "depth.uniform_3": COSINE,
    **{f"depth.active_{depth}": ACTIVE for depth in (1, 2, 3, 5)},
    **{f"depth.constant_{depth}": CONSTANT for depth in (2, 3)},
}
