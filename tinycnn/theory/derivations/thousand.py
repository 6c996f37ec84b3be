"""A thousand filters: what each reading of the published error would have to be."""

from __future__ import annotations

import math

from tinycnn.theory.claim import Setting
from tinycnn.theory.claims.nets import photograph
from tinycnn.theory.claims.thousand import ERROR, seven
from tinycnn.theory.derivations import recovery
from tinycnn.theory.derivations.step import Step, Steps
from tinycnn.theory.recovery import expected_cosine, rho_dense


def _published(setting: Setting) -> float:
    return ERROR


BOUND = Step("The statement allows", "ε", _published)

STEPS: dict[str, Steps] = {
    "thousand.energy": (*recovery.IMAGE, BOUND),
    "thousand.angle": (
        *recovery.IMAGE,
        Step(
            "It lowers the cosine by so much.",
            "1 - (1 + ρ)^(-1/2)",
            lambda setting: 1 - expected_cosine(recovery.rho(setting)),
        ),
        BOUND,
    ),
    "thousand.length": (
        *recovery.IMAGE,
        Step("An error of that energy is so long.", "√ρ", lambda setting: math.sqrt(recovery.rho(setting))),
        BOUND,
    ),
    "thousand.patch": (
        *recovery.PATCH,
        Step(
            "An error of that energy is so long.",
            "√ρ",
            lambda setting: math.sqrt(rho_dense(setting.filters, photograph(setting).size)),
        ),
        BOUND,
    ),
    "thousand.grows": (
        *recovery.IMAGE,
        Step(
            "The same for 7x7 filters, and the one over the other: larger patches have more taps, and "
            "overlap more.",
            "ρ₇, ρ₇ / ρ₃",
            lambda setting: [
                recovery.rho(seven(setting)),
                recovery.rho(seven(setting)) / recovery.rho(setting),
            ],
        ),
        Step(
            "If the error of the map fell as p / N, as that of one patch does, it would be",
            "49 / 9",
            lambda setting: 7**2 / 3**2,
        ),
    ),
}
