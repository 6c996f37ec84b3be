"""How far finitely many filters are from the limit: second moments of a filter on two half-spaces."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from tinycnn.pictures.metrics import cosine
from tinycnn.rules import positive
from tinycnn.rules.gate import Send
from tinycnn.theory import sending
from tinycnn.theory.claim import Setting
from tinycnn.theory.claims.enough import COSINES
from tinycnn.theory.claims.means import guided_moments, single_cosine
from tinycnn.theory.claims.nets import geometry, hidden_units, photograph
from tinycnn.theory.claims.recovery import cnn
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


def _local_likeness(setting: Setting) -> float:
    return float(cosine(limit(cnn(setting)), photograph(setting)))


def rho(setting: Setting) -> float:
    """rho put together from its parts."""
    size = float(np.sum(np.square(limit(setting))))
    noise = math.pi * sending.eta(positive) * _total_energy(setting) + 2 * math.pi * _overlap(setting)
    return noise / (setting.filters * size) - 1 / setting.filters


def _exact(setting: Setting) -> float:
    """rho of a convolution, or of a net without."""
    return rho_dense(setting.filters, _pixels(setting)) if setting.kernel == 0 else rho(setting)


def _filled(setting: Setting) -> list[float]:
    """T over J p, and ``|m|^2`` over ``J^2 p / d``."""
    count, size = patches(setting).shape
    energies = _total_energy(setting), float(np.sum(np.square(limit(setting))))
    return [energies[0] / (count * size), energies[1] * _pixels(setting) / (count**2 * size)]


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
        "Patches hold T = J·p taps, but for those on the padding; where they overlap, directions agree: "
        "|m|² ≈ J²·p/d. So p drops out. The law, and what T and |m|² are over these numbers.",
        "ρ → π η d / M,  T / Jp,  |m|² d / J²p",
        lambda setting: [rho_law(sum(hidden_units(setting)), _pixels(setting)), *_filled(setting)],
    ),
    Step(
        "The number itself has border and overlap in it.",
        "ρ = (π η T + 2π X) / (N |m|²) - 1/N",
        _exact,
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
        "The mean of the map is along the image, and its energy is that of both.",
        "E⟨s, x⟩ / (|x| √E|s|²) = (1 + ρ)^(-1/2)",
        lambda setting: expected_cosine(
            (math.pi * sending.eta(positive) * _pixels(setting) - 1) / setting.filters
        ),
    ),
)


def _power(n: int) -> Send:
    """``relu(V)^n``."""
    return lambda v: np.maximum(v, 0) ** n


def _moments(setting: Setting) -> list[float]:
    """Var a, Var S and Cov(a, S) over their means, times M, from the moments of relu(V) and relu(z)."""
    first, second, third, fourth = (sending.mean(_power(n)) for n in range(1, 5))
    a, s, half = first**2, second / 2, 0.5
    return [second**2 / a**2 - 1, fourth * half / s**2 - 1, third * first / (a * s) - 1]


def _across(setting: Setting) -> float:
    """rho without the noise along the image."""
    return math.pi**2 * (_pixels(setting) - 1) / setting.filters


def _tangent(setting: Setting) -> list[float]:
    """Mean and variance of tan^2 over rho: excess of the one, the other."""
    along, size, both = (each / setting.filters for each in _moments(setting))
    return [3 * along - 2 * both, size + 4 * along - 4 * both + 2 / (_pixels(setting) - 1)]


def _second_order(setting: Setting) -> float:
    rho, (shift, spread) = _across(setting), _tangent(setting)
    part = rho / (1 + rho)
    return (1 + rho) ** -0.5 * (1 - part / 2 * shift + 3 / 8 * part**2 * spread)


EACH: Steps = (
    *DENSE[:2],
    Step(
        "Along the image the map is a = Σ h(V_i) (z_i)₊. Across it, given V and the masks, it is Gaussian: "
        "its energy is "
        "S = Σ h(V_i)² 1(z_i > 0) times a χ² of d - 1 degrees. Noise along the image does not lower the "
        "cosine.",
        "tan² = S χ² / a², ρ = π² (d - 1) / M",
        _across,
    ),
    Step(
        "Both are sums over units. Their variances and covariance, over their means, times M.",
        "π² - 1, 11, 7",
        _moments,
    ),
    Step(
        "Expand the quotient: by how much the mean of tan² exceeds ρ, and its variance, over ρ and ρ².",
        "[3(π² - 1) - 14]/M,  (4π² - 21)/M + 2/(d - 1)",
        _tangent,
    ),
    Step(
        "Expand cos = (1 + tan²)^(-1/2) around ρ, with A = ρ/(1 + ρ).",
        "E cos = (1 + ρ)^(-1/2) [1 - A/2 (mean) + 3/8 A² (variance)]",
        _second_order,
    ),
)

COSINE: Steps = (
    *IMAGE,
    Step(
        "The mean of the map is along the limit, and its energy is that of limit and noise.",
        "E⟨s, m⟩ / (|m| √E|s|²) = |E s| / (|E s|² + E|s - E s|²)^(1/2) = (1 + ρ)^(-1/2)",
        lambda setting: expected_cosine(rho(setting)),
    ),
)

SAMPLES: Steps = (
    *IMAGE,
    Step(
        "What of the map's energy is noise.",
        "1 - ⟨E s, m⟩² / (|m|² E|s|²) = ρ / (1 + ρ)",
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
            "So many the setting has, a whole number.",
            "N",
            lambda setting: setting.filters,
        ),
    )


LOCALITY: Steps = (
    *DENSE,
    Step(
        "The convolution of 64 filters on the same picture: its hidden units, and its ρ.",
        "M, ρ = (π η T + 2π X) / (N |m|²) - 1/N",
        lambda setting: [*hidden_units(cnn(setting)), rho(cnn(setting))],
    ),
    Step(
        "Its limit is like the image but not proportional to it; the noise of its filters lowers the cosine.",
        "cos(m, x),  cos(m, x) (1 + ρ)^(-1/2)",
        lambda setting: [
            _local_likeness(setting),
            _local_likeness(setting) * expected_cosine(rho(cnn(setting))),
        ],
    ),
    Step(
        "By so much it is ahead: it has more hidden units.",
        "cos(m, x) (1 + ρ_CNN)^(-1/2) - (1 + ρ_dense)^(-1/2)",
        lambda setting: (
            _local_likeness(setting) * expected_cosine(rho(cnn(setting)))
            - expected_cosine(rho_dense(setting.filters, _pixels(setting)))
        ),
    ),
)

SINGLE: Steps = (
    Step(
        "Of a single net let A be the part of the map along the limit, and B the energy across it: noise "
        "along the limit lowers no cosine. Of ρ it is the variance of A, and filters are independent.",
        "cos(s, m) = (1 + B / A²)^(-1/2), ρ' = E B / (E A)² = ρ - v, v = Var A / (E A)²",
        lambda setting: rho(setting) - guided_moments(setting).along / setting.filters,
    ),
    Step(
        "A map with a large part along the limit has more energy across it, too: the same units are open. "
        "Maps of two filters have nothing in common across the limit, so this covariance is that of one.",
        "c = Cov(A, B) / (E A E B)",
        lambda setting: guided_moments(setting).both / setting.filters,
    ),
    Step(
        "The variance of B has a part from each filter, and one from each pair of filters, whose maps t meet "
        "across the limit.",
        "b = Var B / (E B)² = Var e / (N (E e)²) + 2 (1 - 1/N) E⟨t_1, t_2⟩² / (E e)²",
        lambda setting: (
            guided_moments(setting).across / setting.filters
            + 2 * (1 - 1 / setting.filters) * guided_moments(setting).crossed
        ),
    ),
    Step(
        "Taylor's series to second order in what A and B differ from their means by.",
        "E cos(s, m) = (1 + ρ')^(-1/2) [1 - p (3v - 2c) / 2 + 3p² (b + 4v - 4c) / 8], p = ρ' / (1 + ρ')",
        single_cosine,
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
    "recovery.cosine_each": (*COSINE, *SINGLE),
    "recovery.dense_each": EACH,
    "recovery.rho_digit": IMAGE,
    "recovery.law_cnn": LAW,
    "recovery.law_strided": LAW,
    "recovery.law_dense": LAW,
    "recovery.dense_paper": DENSE,
    "recovery.dense_wide": DENSE,
    "recovery.dense_cnn": DENSE,
}
