"""The authors' own net: the same derivations, for weights that are redrawn beyond two deviations."""

from __future__ import annotations

import math

import numpy as np

from tinycnn.theory.claim import Setting
from tinycnn.theory.claims.authors import MEAN_SIZE, RATIO
from tinycnn.theory.derivations import recovery
from tinycnn.theory.derivations.limit import CUT, LIMIT, limit
from tinycnn.theory.derivations.step import Step, Steps
from tinycnn.theory.recovery import expected_cosine

ETA = 0.5 / (MEAN_SIZE / 2) ** 2


def _rho(setting: Setting) -> float:
    size = float(np.square(limit(setting)).sum())
    energy = math.pi * ETA * np.sum(recovery.OWN_ENERGY.value(setting))
    overlap = 2 * math.pi * np.sum(recovery.OVERLAP.value(setting))
    return float((energy + overlap) / (setting.filters * size) - 1 / setting.filters)


MEAN: Steps = (
    Step(
        "Scaled to deviation 1, a truncated V is larger on average than a Gaussian one.",
        "E|V| = 2 [φ(0) - φ(2)] / [Φ(2) - Φ(-2)] / sd",
        lambda setting: MEAN_SIZE,
    ),
    Step(
        "So is the mean of guided backprop, by this ratio; the direction of a filter's mean hardly changes.",
        "E|V| / √(2/π)",
        lambda setting: RATIO,
    ),
)

RHO: Steps = (
    CUT,
    LIMIT,
    MEAN[0],
    Step("So it makes less noise.", "η = E[h(V)²] / E[h(V)]² = 2 / E|V|²", lambda setting: ETA),
    recovery.OWN_ENERGY,
    recovery.OVERLAP,
    Step(
        "Divide by the limit's energy, and take away the squared mean.",
        "ρ = (π η T + 2π X) / (N |m|²) - 1/N",
        _rho,
    ),
)

STEPS = {
    "authors.mean": MEAN,
    "authors.rho": RHO,
    "authors.cosine": (
        *RHO,
        Step(
            "The noise lowers the cosine.",
            "cos(s, m) ≈ (1 + ρ)^(-1/2)",
            lambda setting: expected_cosine(_rho(setting)),
        ),
    ),
}
