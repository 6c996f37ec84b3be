"""Leaky and smooth activations, on one patch: guided backprop's mask is their derivative."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from tinycnn.layers import GELU, Activation, LeakyReLU, SiLU, Softplus
from tinycnn.ops.types import Array
from tinycnn.theory.claim import Bench, Claim, Setting
from tinycnn.theory.claims.means import RELU_MEAN
from tinycnn.theory.claims.nets import (
    Measure,
    Statistic,
    in_parts,
    maps,
    net,
    network_input,
    photograph,
    projection,
    relative_variance,
    seeds,
)
from tinycnn.theory.smooth import Slope, gelu, leaky, mask_mean, rho_smooth, silu, softplus
from tinycnn.trace import forward

SOURCE = "derivation: moments of the derivative along the patch"
ONE_PATCH = "one patch, fully connected, Gaussian weights, no biases; the mask is the activation's derivative"
ACTIVATIONS: dict[str, tuple[Activation, Slope]] = {
    "leaky": (LeakyReLU(0.2), leaky(0.2)),
    "gelu": (GELU(), gelu),
    "softplus": (Softplus(), softplus),
    "silu": (SiLU(), silu),
}
"""The engine's own, and what its derivative should be."""


@dataclass(frozen=True)
class SmoothSetting(Setting):
    """A net with another activation.

    Parameters
    ----------
    activation : str
    """

    activation: str = "leaky"

    def __str__(self) -> str:
        return f"{super().__str__()}; {self.activation}"


@lru_cache(maxsize=2)
def _maps(bench: Bench, setting: SmoothSetting, seed: int) -> Array:
    found = []
    for number in seeds(setting, seed):
        model = net(bench, setting, number)
        flatten, first, _, last = model.layers
        layers = flatten, first, ACTIVATIONS[setting.activation][0], last
        found.append(maps(bench, forward(replace(model, layers=layers), network_input(setting)), "guided"))
    return np.stack(found)


def _per_net(statistic: Statistic) -> Measure:
    def measure(bench: Bench, setting: Setting, seed: int) -> Array:
        assert isinstance(setting, SmoothSetting)
        return in_parts(statistic, _maps(bench, setting, seed), setting)

    return measure


def smooth_mean(setting: Setting) -> Array:
    """E s."""
    assert isinstance(setting, SmoothSetting)
    y = photograph(setting)
    mean = mask_mean(ACTIVATIONS[setting.activation][1], y.ravel(), setting.sd)
    return setting.filters * RELU_MEAN * setting.sd * mean.reshape(y.shape)


def smooth_rho(setting: Setting) -> float:
    """rho."""
    assert isinstance(setting, SmoothSetting)
    y = photograph(setting).ravel()
    return rho_smooth(ACTIVATIONS[setting.activation][1], y, setting.sd, setting.filters)


def _claims(name: str) -> tuple[Claim, Claim]:
    sd = 0.3 if name == "leaky" else 0.004
    quick = SmoothSetting(1300, "chelsea", 3, 256, 0, sd=sd, activation=name)
    full = replace(quick, nets=5000)
    return (
        Claim(
            f"smooth.{name}",
            f"With {name} for the ReLU, the mean map of a patch is the patch times the activation's mean "
            "curvature at its contrast.",
            r"E s = N E h(V) \, c^2 y \, E g'(z), \; z \sim N(0, c^2 |y|^2)",
            SOURCE,
            ONE_PATCH,
            lambda setting: 1.0,
            _per_net(projection(smooth_mean)),
            quick,
            full,
        ),
        Claim(
            f"smooth.{name}_rho",
            f"How noisy the map of a patch is with {name} for the ReLU: the less the mask tells either side, "
            "the "
            "more.",
            r"\rho = \left(\eta \frac{(p - 1) E g^2 + E g^2 t^2}{(E g t)^2} - 1\right) / N, \; t = z / (c "
            r"|y|)",
            SOURCE,
            ONE_PATCH,
            smooth_rho,
            _per_net(relative_variance(smooth_mean)),
            quick,
            full,
        ),
    )


CLAIMS = tuple(claim for name in ACTIVATIONS for claim in _claims(name))
