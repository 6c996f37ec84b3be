"""Average pools, where patches share a signal; and patches that tile the image, so that none overlap."""

from __future__ import annotations

import math

import numpy as np

from tinycnn.rules import identity, positive
from tinycnn.theory import sending
from tinycnn.theory.claim import Setting
from tinycnn.theory.claims.averaged import POOL
from tinycnn.theory.claims.means import guided_mean
from tinycnn.theory.claims.nets import geometry, photograph
from tinycnn.theory.derivations import recovery
from tinycnn.theory.derivations.limit import CUT, LIMIT, limit
from tinycnn.theory.derivations.step import Step, Steps
from tinycnn.theory.limit import share
from tinycnn.theory.overlap import overlap


def _inside(setting: Setting) -> float:
    return overlap(photograph(setting), geometry(setting), pool=POOL)


def _rho(setting: Setting) -> float:
    eta, size = sending.eta(positive), float(np.sum(limit(setting) ** 2))
    own = math.pi * eta * np.sum(recovery.OWN_ENERGY.value(setting))
    pairs = np.sum(recovery.OVERLAP.value(setting)) + (eta - 1) * _inside(setting)
    return float((own + 2 * math.pi * pairs) / (setting.filters * size) - 1 / setting.filters)


SPREAD = Step(
    "An average pool sends every signal to all units of its window, whatever they are: it chooses nothing. A "
    "share each.",
    "1 / k²",
    lambda setting: 1 / POOL**2,
)

STEPS: dict[str, Steps] = {
    "averaged.mean": (
        CUT,
        SPREAD,
        LIMIT,
        Step(
            "Masks and means are those without a pool, so the limit is, but for the share.",
            "E s = N c²/(2π k²) m: ⟨k² E s, N c²/2π m⟩ / |N c²/2π m|²",
            lambda setting: float(
                share(setting.filters / (2 * math.pi) * limit(setting), guided_mean(setting))
            ),
        ),
    ),
    "averaged.rho": (
        CUT,
        SPREAD,
        LIMIT,
        recovery.ETA,
        recovery.OWN_ENERGY,
        recovery.OVERLAP,
        Step(
            "Pairs within one window of the pool share a signal. They have this part of it; the others have "
            "the rest, X_out.",
            "X = X_in + X_out: X_in",
            _inside,
        ),
        Step(
            "These pairs count with E h², the others with (E h)², as without a pool.",
            "ρ = [π η T + 2π (X_out + η X_in)] / (N |m|²) - 1/N",
            _rho,
        ),
    ),
    "averaged.deconvnet": (
        Step(
            "Without a forward mask and without switches, filters and signals do not depend on the image, "
            "and with -w for w the map is its negative, and as likely.",
            "E cos(s - s̄, x - x̄) ∝ E w = 0",
            lambda setting: sending.mean(identity),
        ),
    ),
    "averaged.tiles": (
        CUT,
        LIMIT,
        recovery.ETA,
        Step(
            "No patches overlap: nothing is added.",
            "X",
            lambda setting: overlap(photograph(setting), geometry(setting)),
        ),
        Step(
            "A patch's direction has norm 1, so the limit's energy is their number.",
            "|m|² = J",
            lambda setting: float(np.sum(limit(setting) ** 2)),
        ),
        Step(
            "T = J p, and J drops out.",
            "ρ = (π η p - 1) / N",
            lambda setting: (math.pi * sending.eta(positive) * 3 * setting.kernel**2 - 1) / setting.filters,
        ),
    ),
}
