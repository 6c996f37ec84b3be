"""Two images through one net: how often a unit is open for one of them only."""

from __future__ import annotations

import math

import numpy as np

from tinycnn.ops.types import Array
from tinycnn.theory.claim import Setting
from tinycnn.theory.claims.nets import geometry, photograph
from tinycnn.theory.claims.perturbed import CHANGES, DEPTHS, FILTERS, ChangedSetting, changed
from tinycnn.theory.depth import arc_cosine
from tinycnn.theory.derivations.limit import CUT
from tinycnn.theory.derivations.step import Step, Steps
from tinycnn.theory.limit import limit_map
from tinycnn.theory.overlap import overlap
from tinycnn.theory.patches import taps_inside
from tinycnn.theory.perturbed import angles
from tinycnn.theory.recovery import energy, rho_image


def _both(setting: Setting) -> tuple[Array, Array]:
    assert isinstance(setting, ChangedSetting)
    return photograph(setting), changed(setting)


def _angles(setting: Setting) -> Array:
    return angles(*_both(setting), geometry(setting))


def _weighed(setting: Setting) -> float:
    """``sum_j p_j theta_j``."""
    taps = taps_inside(geometry(setting), 3).sum(axis=1)
    return float(taps @ _angles(setting))


def _crossed(setting: Setting) -> float:
    (x, other), at = _both(setting), geometry(setting)
    same = overlap(x, at) + overlap(other, at)
    return same - overlap(x, at, other=other) - overlap(other, at, other=x)


def _own(setting: Setting) -> float:
    return setting.filters * (_weighed(setting) + _crossed(setting)) / (2 * math.pi)


def _moved(setting: Setting) -> float:
    (x, other), at, n = _both(setting), geometry(setting), setting.filters
    return n * (n - 1) / (4 * math.pi**2) * float(np.sum((limit_map(x, at) - limit_map(other, at)) ** 2))


def _size(setting: Setting) -> float:
    x, at = photograph(setting), geometry(setting)
    size = float(np.sum(limit_map(x, at) ** 2)) * (1 + rho_image(x, at, setting.filters))
    return setting.filters**2 / (4 * math.pi**2) * size


ANGLES = Step(
    "The change turns every patch by an angle: their mean, in radians.",
    "θ_j = ∠(y_j, y'_j): mean_j θ_j",
    lambda setting: float(_angles(setting).mean()),
)
FLIPPED = Step(
    "A random filter's hyperplane falls between the two with probability θ_j / π: then the unit is open for "
    "one only. The energy of such units' filters, in units of c², for one filter.",
    "E|w|² 1(open for one) = p_j θ_j / π: Σ_j p_j θ_j / π",
    lambda setting: _weighed(setting) / math.pi,
)
SALIENCY: Steps = (
    CUT,
    ANGLES,
    FLIPPED,
    Step(
        "All open units' filters have this energy.",
        "Σ_j p_j / 2",
        lambda setting: energy(photograph(setting), geometry(setting)) / 2,
    ),
    Step(
        "V is independent from unit to unit, so nothing else is left: the one over the other, whatever N is.",
        "E|s - s'|² / E|s|² = 2/π Σ_j p_j θ_j / Σ_j p_j",
        lambda setting: 2 / math.pi * _weighed(setting) / energy(photograph(setting), geometry(setting)),
    ),
)
GUIDED: Steps = (
    CUT,
    ANGLES,
    FLIPPED,
    Step(
        "Signals of guided backprop have a mean, so patches that overlap add theirs: X is that of 'tinycnn "
        "explain recovery.rho', between patches of one image or of both.",
        "ΔX = X(x, x) + X(x', x') - X(x, x') - X(x', x)",
        _crossed,
    ),
    Step("The noise that changes, for N filters.", "N (Σ_j p_j θ_j + ΔX) / 2π", _own),
    Step(
        "The limit moves, too; N (N - 1) pairs of filters agree on it.", "N (N - 1) / 4π² |m - m'|²", _moved
    ),
    Step(
        "The map's own energy ('tinycnn explain recovery.rho' has ρ).",
        "E|s|² = N² |m|² (1 + ρ) / 4π²",
        _size,
    ),
    Step(
        "Noise and limit together, over that.",
        "E|s - s'|² / E|s|²",
        lambda setting: (_own(setting) + _moved(setting)) / _size(setting),
    ),
)


def _layers(setting: Setting) -> list[float]:
    """Angles at the inputs of all layers, the image's first."""
    assert isinstance(setting, ChangedSetting)
    found = [setting.change]
    for _ in range(setting.depth - 1):
        found.append(math.acos(arc_cosine(math.cos(found[-1]))))
    return found


DEEP: Steps = (
    Step("The angle of the two images.", "θ_1", lambda setting: _layers(setting)[0]),
    Step(
        "Every layer brings its outputs nearer to each other, by the arc-cosine map: the angles at all "
        "layers' inputs.",
        "cos θ_(l+1) = [sin θ_l + (π - θ_l) cos θ_l] / π",
        _layers,
    ),
    Step(
        "A unit of layer l that is open for one image is open for the other with this probability.",
        "1 - θ_l / π",
        lambda setting: [1 - angle / math.pi for angle in _layers(setting)],
    ),
    Step(
        "Two signals pass together where both masks are open: that much of their product is left. Fresh "
        "weights turn what is kept into Gaussian signals again, and V has no mean. So the factors multiply.",
        "E⟨s, s'⟩ / E|s|² = Π_l (1 - θ_l / π)",
        lambda setting: math.prod(1 - angle / math.pi for angle in _layers(setting)),
    ),
)

STEPS = {
    **{
        f"perturbed.{rule}_{filters}_{round(100 * change)}": steps
        for rule, steps in (("saliency", SALIENCY), ("guided", GUIDED))
        for filters in FILTERS
        for change in CHANGES
    },
    **{f"perturbed.deep_{depth}_{round(100 * change)}": DEEP for depth in DEPTHS for change in CHANGES},
}
