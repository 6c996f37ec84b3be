"""The gradient of a random dense net, layer by layer."""

from __future__ import annotations

import math
from itertools import pairwise

from tinycnn.theory.claim import Setting
from tinycnn.theory.claims.gradients import RIGHT
from tinycnn.theory.claims.nets import photograph
from tinycnn.theory.derivations.step import Step, Steps
from tinycnn.theory.gradients import length_ratio
from tinycnn.theory.perturbed import saliency_cosine_deep


def _weights(setting: Setting) -> float:
    return 1 + 2 / setting.filters


def _mask(setting: Setting) -> float:
    return 1 + 3 / (setting.filters + 2)


def _angles(setting: Setting) -> list[float]:
    kept = [saliency_cosine_deep(RIGHT, depth) for depth in range(setting.depth + 1)]
    return [1 - below / above for above, below in pairwise(kept)]


MEMORY: Steps = (
    Step(
        "Of the units that are open for one image a share is closed for the other: the angle between the "
        "two, over π. It falls layer by layer, as the layers bring images nearer to each other, by the "
        "arc-cosine map κ₁.",
        "θ_l/π with cos θ_(l+1) = κ₁(cos θ_l)",
        _angles,
    ),
    Step(
        "What both masks leave of the product of two gradients is multiplied, from layer to layer.",
        "Π_l (1 - θ_l/π)",
        lambda setting: math.prod(1 - angle for angle in _angles(setting)),
    ),
)

STEPS: dict[str, Steps] = {
    "gradient.energy": (
        Step(
            "Gaussian weights of n units multiply the squared length by χ²_n/n: its mean square.",
            "E(χ²_n/n)² = 1 + 2/n",
            _weights,
        ),
        Step(
            "A mask leaves half of the units, of a signal of random direction; in units of the squared mean:",
            "4 E(Σ_open v²)² = 1 + 3/(n + 2)",
            _mask,
        ),
        Step(
            "L masks, and L + 1 layers of weights.",
            "(1 + 2/n)^(L+1) (1 + 3/(n+2))^L",
            lambda setting: _weights(setting) ** (setting.depth + 1) * _mask(setting) ** setting.depth,
        ),
    ),
    "gradient.sign_step": (
        Step(
            "A saliency map has a random direction. d coordinates of mean size √(2/πd), for large d.",
            "√(2d/π)",
            lambda setting: math.sqrt(2 * photograph(setting).size / math.pi),
        ),
        Step(
            "For any d, by the law of a coordinate of a random direction.",
            "d Γ(d/2) / (√π Γ((d+1)/2))",
            lambda setting: length_ratio(photograph(setting).size),
        ),
    ),
    **{f"gradient.memory_{depth}": MEMORY for depth in (2, 3)},
    "gradient.shattered": (
        *MEMORY,
        Step(
            "If images stayed orthogonal at every layer, half would be left by each.",
            "(1 - 1/2)^L = 2^-L",
            lambda setting: (1 - RIGHT / math.pi) ** setting.depth,
        ),
    ),
}
"""By claim."""
