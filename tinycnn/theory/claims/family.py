"""The family of rules: the image needs a forward mask, and a backward function whose mean is not 0."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from tinycnn.ops.types import Array
from tinycnn.theory.claim import Claim, Setting
from tinycnn.theory.claims.means import arm_mean, arm_rho
from tinycnn.theory.claims.nets import AXES, per_net, photograph, projection, relative_variance
from tinycnn.theory.claims.noise import correlation
from tinycnn.theory.family import ARMS

SOURCE = "derivation: any forward mask with any backward function"
THREE_LAYERS = "three layers, Gaussian weights, no biases, no pool"
QUICK, FULL = Setting(nets=700, size=16), Setting(nets=2000)

STATEMENTS = {
    "abs": "With the magnitude in place of the backward ReLU the image appears, and with half the noise.",
    "constant": "With a constant for the backward ReLU, which forgets the logit, the image appears clearest.",
    "negative": "With the negative part in place of the backward ReLU the image appears all the same.",
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


MASKED = r"\rho = (\pi \eta T + 2 \pi X) / (N |m|^2) - 1 / N"
STEIN = (
    r"\rho = [\eta \sum_j (p / 2 + 1) |y_j|^2 + \text{pairs} - |m|^2] / (N |m|^2), \; "
    r"m = x \odot \mathrm{cover} / 2"
)


def _rho_claim(name: str) -> Claim:
    return Claim(
        f"family.{name}_rho",
        f"How far the map of rule {name} is from its limit.",
        STEIN if ARMS[name].mask == "activation" else MASKED,
        SOURCE,
        THREE_LAYERS,
        partial(arm_rho, name),
        per_net(name, relative_variance(partial(arm_mean, name))),
        QUICK,
        FULL,
    )


def _absent(s: Array, setting: Setting) -> Array:
    """Projection on the image, in units of its standard deviation."""
    x = photograph(setting)
    return np.sum(s[:, 0] * x, axis=AXES) / np.sqrt(np.sum(s[:, 0] ** 2, axis=AXES) * np.sum(x**2))


CLAIMS = (
    *(_limit_claim(name, statement) for name, statement in STATEMENTS.items()),
    *(_rho_claim(name) for name in ("abs", "negative", "reversed", "stein")),
    replace(
        _rho_claim("constant"),
        quick=Setting(nets=2600, size=16, filters=16),
        full=Setting(nets=10_000, size=16, filters=16),
    ),
    replace(
        _rho_claim("constant"),
        id="family.constant_rho_wide",
        quick=Setting(nets=200, image="chelsea", size=16, filters=1024),
        full=Setting(nets=120, image="chelsea", size=64, filters=1024),
    ),
    Claim(
        "family.deconvnet-abs_constant",
        "Two thirds of the variance of rule deconvnet-abs is one constant per channel.",
        r"\mathrm{Corr}(s_a, s_b) = 2 / \pi \text{ at any lag}",
        SOURCE,
        THREE_LAYERS,
        lambda setting: ARMS["deconvnet-abs"].constant_share(),
        correlation("deconvnet-abs", 0, 6),
        replace(QUICK, nets=1600, filters=4),
        replace(FULL, nets=5000, size=16, filters=4),
    ),
    Claim(
        "family.linear_white",
        "The linear rule shows white noise: neighbouring pixels are uncorrelated.",
        r"\mathrm{Corr}(s_a, s_b) = 0",
        SOURCE,
        THREE_LAYERS,
        lambda setting: 0.0,
        correlation("linear", 0, 1),
        replace(QUICK, nets=300, filters=16),
        replace(FULL, nets=1000, filters=16),
    ),
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
