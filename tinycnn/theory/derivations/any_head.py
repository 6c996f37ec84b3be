"""A random layer under any head: across its own input its weights are free, and so send noise."""

from __future__ import annotations

import math

from tinycnn.rules import identity
from tinycnn.theory import sending
from tinycnn.theory.any_head import tangent_bound
from tinycnn.theory.claim import Setting
from tinycnn.theory.claims.any_head import RISK
from tinycnn.theory.claims.nets import photograph
from tinycnn.theory.derivations.step import Step, Steps


def _size(setting: Setting) -> int:
    return photograph(setting).size


def _level(setting: Setting) -> float:
    return math.log(3 / RISK)


def _energy(setting: Setting) -> float:
    m, level = setting.filters, _level(setting)
    return m / 4 + math.sqrt(1.5 * m * level) + 2 * level


def _across(setting: Setting) -> float:
    free, level = _size(setting) - 1, _level(setting)
    return free + 2 * math.sqrt(free * level) + 2 * level


def _along(setting: Setting) -> float:
    m = setting.filters
    return m / (2 * math.pi) * (1 - math.pi * math.sqrt(2 * _level(setting) / m))


SPLIT = Step(
    "All that is above the first layer sees of its filters is z = W x. Given z, and so every mask and signal "
    "a of the net, "
    "filters are fixed along x and as free as before across it: directions that are left free.",
    "w_i = z_i x/|x|² + w'_i, w'_i ~ N(0, I_⊥): d - 1",
    lambda setting: _size(setting) - 1,
)

STEPS: dict[str, Steps] = {
    "any_head.along": (
        SPLIT,
        Step(
            "Along x, w' has nothing: the map's product with the image is what its units saw, times what "
            "they send.",
            "⟨s, x⟩ - Σ_i a_i z_i = Σ_i a_i ⟨w'_i, x⟩ = 0",
            lambda setting: sending.mean(identity),
        ),
    ),
    "any_head.across": (
        SPLIT,
        Step(
            "Across x, the map is Σ_i a_i w'_i: given a, Gaussian, with the energy |a|² in every direction.",
            "E|s_⊥|² / (|a|² (d - 1))",
            lambda setting: sending.mean_square(identity),
        ),
    ),
    "any_head.bound": (
        SPLIT,
        Step("Three things may go wrong; each has a third of the risk.", "L = log(3/δ)", _level),
        Step(
            "The signals' energy Σ relu(V)² 1(z > 0) exceeds its mean M/4 by little (Bernstein).",
            "M/4 + √(1.5 M L) + 2L",
            _energy,
        ),
        Step(
            "So does the χ² of the p - 1 directions across the patch (Laurent and Massart).",
            "(p - 1) + 2√((p - 1) L) + 2L",
            _across,
        ),
        Step(
            "and what is along the patch, a sum of numbers that are not negative, falls below its mean by "
            "little (Maurer).",
            "M/2π (1 - π √(2L/M))",
            _along,
        ),
        Step(
            "The tangent's square is the first times the second over the square of the third.",
            "tan² ≤ energy · across / along²",
            lambda setting: tangent_bound(setting.filters, _size(setting), RISK),
        ),
    ),
}
