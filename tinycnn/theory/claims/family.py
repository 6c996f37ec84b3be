"""The family of rules: the image needs a forward mask, and a backward function whose mean is not 0."""

from __future__ import annotations

import math
from functools import partial

from tinycnn.theory.claim import Claim, Setting
from tinycnn.theory.claims.means import arm_mean, arm_rho
from tinycnn.theory.claims.nets import per_net, photograph, projection, relative_variance
from tinycnn.types import Array

SOURCE = "derivation: any forward mask with any backward function"
THREE_LAYERS = "three layers, Gaussian weights, no biases, no pool"
QUICK, FULL = Setting(nets=150), Setting(nets=500)

STATEMENTS = {
    "abs": "With the magnitude in place of the backward ReLU the image appears, and with half the noise.",
    "constant": "With a constant in its place, which forgets the logit, the image appears clearest.",
    "negative": "With the negative part in its place the image appears all the same.",
    "reversed": "With the opposite forward mask the negative of the image appears.",
    "stein": "With relu(z) as the mask the image itself appears, without local contrast normalisation.",
}


def _limit_claim(name: str, statement: str) -> Claim:
    return Claim(
        f"family.{name}",
        statement,
        r"E s = N E[h(V)] \sum_j D_j^T E[g(w \cdot y_j) w]",
        SOURCE,
        THREE_LAYERS,
        lambda setting: 1.0,
        per_net(name, projection(partial(arm_mean, name))),
        QUICK,
        FULL,
    )


def _rho_claim(name: str) -> Claim:
    return Claim(
        f"family.{name}_rho",
        f"How far the map of rule {name} is from that limit.",
        r"\rho = (\pi \eta T + 2 \pi X) / (N |m|^2) - 1 / N",
        SOURCE,
        THREE_LAYERS,
        partial(arm_rho, name),
        per_net(name, relative_variance(partial(arm_mean, name))),
        QUICK,
        FULL,
    )


def _absent(s: Array, setting: Setting) -> float:
    """Projection on the image, in units of its standard deviation."""
    x = photograph(setting)
    return float((s[0] * x).sum() / math.sqrt((s[0] ** 2).sum() * (x**2).sum()))


CLAIMS = (
    *(_limit_claim(name, statement) for name, statement in STATEMENTS.items()),
    *(_rho_claim(name) for name in ("abs", "constant", "stein")),
    *(
        Claim(
            f"family.{name}_nothing",
            f"Rule {name}, without a forward mask, shows nothing of the image.",
            r"E \langle s, x \rangle = 0",
            SOURCE,
            THREE_LAYERS,
            lambda setting: 0.0,
            per_net(name, _absent),
            QUICK,
            FULL,
        )
        for name in ("linear", "deconvnet-abs")
    ),
)
