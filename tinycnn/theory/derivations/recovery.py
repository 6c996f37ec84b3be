"""How far finitely many filters are from the limit: second moments of a filter on two half-spaces."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from tinycnn.rules import positive
from tinycnn.theory import sending
from tinycnn.theory.claim import Setting
from tinycnn.theory.claims.enough import COSINES
from tinycnn.theory.claims.nets import geometry, hidden_units, photograph
from tinycnn.theory.claims.recovery import MATCHED
from tinycnn.theory.derivations.limit import CUT, LIMIT, limit, patches
from tinycnn.theory.derivations.step import Step, Steps
from tinycnn.theory.moments import pair_moment
from tinycnn.theory.overlap import overlap
from tinycnn.theory.patches import units
from tinycnn.theory.recovery import energy, expected_cosine, filters_for_cosine, rho_dense, rho_law


def _total_energy(setting: Setting) -> float:
    return energy(photograph(setting), geometry(setting))


def _overlap(setting: Setting) -> float:
    return overlap(photograph(setting), geometry(setting))


def _neighbours(setting: Setting) -> tuple[float, float]:
    """Angle of the two patches in the middle, in degrees, and the trace of their M over the taps, per tap."""
    u = units(patches(setting))
    first, second = u[len(u) // 2], u[(len(u) // 2 + 1) % len(u)]
    angle = math.degrees(math.acos(float(np.clip(first @ second, -1, 1))))
    return angle, float(np.trace(pair_moment(first, second)) / len(first))


def rho(setting: Setting) -> float:
    """rho put together from its parts."""
    size = float(np.sum(np.square(limit(setting))))
    noise = math.pi * sending.eta(positive) * _total_energy(setting) + 2 * math.pi * _overlap(setting)
    return noise / (setting.filters * size) - 1 / setting.filters


def _pixels(setting: Setting) -> int:
    return photograph(setting).size


ETA = Step(
    "The backward ReLU makes noise besides its mean: its second moment over its squared mean.",
    "η = E[relu(V)²] / E[relu(V)]² = π",
    lambda setting: sending.eta(positive),
)
OWN_ENERGY = Step(
    "A filter's energy on its own half-space is half of all; sum it over the taps of all patches.",
    "E[w wᵀ 1(w·u > 0)] = I/2; T = Σ_a cover(a)",
    _total_energy,
)
SHARED_ENERGY = Step(
    "Patches share filters. Two of them at the angle θ have a joint moment: "
    "θ in degrees and tr M / p of two neighbours.",
    "M(θ) = 1/(2π) {(π - θ) I + [u vᵀ + v uᵀ - cos θ (u uᵀ + v vᵀ)] / sin θ}: θ, tr M / p",
    _neighbours,
)
OVERLAP = Step(
    "Sum what different patches that cover one pixel add by it.",
    "X = Σ_a Σ_{j≠j'∋a} M_oo'(θ_jj')",
    _overlap,
)
RHO = Step(
    "Divide by the limit's energy, and take away the squared mean.",
    "ρ = (π η T + 2π X) / (N |m|²) - 1/N",
    rho,
)

IMAGE: Steps = (CUT, LIMIT, ETA, OWN_ENERGY, SHARED_ENERGY, OVERLAP, RHO)

PATCH: Steps = (
    Step("There is one patch, of p numbers.", "p = k·k·C", _pixels),
    ETA,
    Step(
        "Its limit is its direction, of norm 1; a filter's energy on the half-space is p/2.",
        "E|s|² / |E s|² = [N (c⁴/2)(p/2) + N(N-1) (c²/2π)²] / (N c²/2π)²",
        lambda setting: (math.pi**2 * _pixels(setting) + setting.filters - 1) / setting.filters,
    ),
    Step(
        "Take away the squared mean.",
        "ρ = (π η p - 1) / N",
        lambda setting: (math.pi * sending.eta(positive) * _pixels(setting) - 1) / setting.filters,
    ),
)

LAW: Steps = (
    Step("Count the numbers of the image.", "d = h·w·C", _pixels),
    Step("Count the hidden units.", "M = N·J", lambda setting: sum(hidden_units(setting))),
    ETA,
    Step(
        "Patches hold T = J·p taps; where they overlap, directions agree: |m|² ≈ J²·p/d. So p drops out.",
        "ρ ≈ π η d / M",
        lambda setting: rho_law(sum(hidden_units(setting)), _pixels(setting)),
    ),
)

DENSE: Steps = (
    Step("The one patch is the whole image.", "d = h·w·C", _pixels),
    Step("Count the hidden units.", "M", lambda setting: setting.filters),
    ETA,
    Step(
        "The limit is exactly proportional to the image, and the noise is that of one patch.",
        "ρ = (π η d - 1) / M",
        lambda setting: rho_dense(setting.filters, _pixels(setting)),
    ),
    Step(
        "The noise lowers the cosine with the image.",
        "cos(s, x) ≈ (1 + ρ)^(-1/2)",
        lambda setting: expected_cosine(
            (math.pi * sending.eta(positive) * _pixels(setting) - 1) / setting.filters
        ),
    ),
)

COSINE: Steps = (
    *IMAGE,
    Step(
        "Signal and noise are orthogonal on average.",
        "cos(s, m) = |E s| / (|E s|² + E|s - E s|²)^(1/2) ≈ (1 + ρ)^(-1/2)",
        lambda setting: expected_cosine(rho(setting)),
    ),
)

SAMPLES: Steps = (
    *IMAGE,
    Step(
        "What of the map's energy is noise.",
        "sin²(s, m) = ρ / (1 + ρ)",
        lambda setting: rho(setting) / (1 + rho(setting)),
    ),
)


def _enough(rho_of: Callable[[Setting], float]) -> Steps:
    """How many are enough, from rho."""
    return (
        Step(
            "It falls as 1 / N, so a cosine of .90, .95 or .99 asks for so many.",
            "N = (N ρ) cos² / (1 - cos²)",
            lambda setting: [
                filters_for_cosine(percent / 100, setting.filters * rho_of(setting)) for percent in COSINES
            ],
        ),
        Step(
            "The setting has a whole number of them, with this cosine.",
            "cos(s, m) ≈ (1 + ρ)^(-1/2)",
            lambda setting: expected_cosine(rho_of(setting)),
        ),
    )


LOCALITY: Steps = (
    *DENSE[:-1],
    Step(
        "A convolution of this many hidden units for every number of the image: d, M and its ρ.",
        "ρ = (π η T + 2π X) / (N |m|²) - 1/N: d, M, ρ",
        lambda setting: [_pixels(MATCHED["cnn"]), sum(hidden_units(MATCHED["cnn"])), rho(MATCHED["cnn"])],
    ),
    Step(
        "So local connections change next to nothing: the two over each other.",
        "ρ_dense / ρ_CNN",
        lambda setting: rho_dense(setting.filters, _pixels(setting)) / rho(MATCHED["cnn"]),
    ),
    Step(
        "Without them, the statement says, ρ is twice as large.",
        "2 ρ_CNN",
        lambda setting: 2 * rho(MATCHED["cnn"]),
    ),
)

FILTERS: Steps = (*IMAGE, *_enough(rho))
UNITS: Steps = (*DENSE[:-1], *_enough(lambda setting: rho_dense(setting.filters, _pixels(setting))))

STEPS = {
    **{f"enough.filters_{k}x{k}_{percent}": FILTERS for k in (3, 7) for percent in COSINES},
    **{f"enough.units_{k}x{k}_{percent}": UNITS for k in (3, 8) for percent in COSINES},
    "recovery.samples": SAMPLES,
    "recovery.locality": LOCALITY,
    "recovery.rho": IMAGE,
    "recovery.rho_seven": IMAGE,
    "recovery.rho_wide": IMAGE,
    "recovery.rho_sixteen": IMAGE,
    "recovery.rho_quarter": IMAGE,
    "recovery.rho_patch": PATCH,
    "recovery.rho_patch_sixteen": PATCH,
    "recovery.rho_patch_seven": PATCH,
    "recovery.cosine": COSINE,
    "recovery.law_cnn": LAW,
    "recovery.law_strided": LAW,
    "recovery.law_dense": LAW,
    "recovery.dense_paper": DENSE,
    "recovery.dense_wide": DENSE,
    "recovery.dense_cnn": DENSE,
}
