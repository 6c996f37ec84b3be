"""Activations that are not ReLUs: what they send is an expectation over one Gaussian variable."""

from __future__ import annotations

import math

import numpy as np

from tinycnn.rules import positive
from tinycnn.theory import sending
from tinycnn.theory.claim import Setting
from tinycnn.theory.claims.nets import photograph
from tinycnn.theory.claims.smooth import ACTIVATIONS, SmoothSetting, smooth_mean
from tinycnn.theory.derivations.step import Step, Steps
from tinycnn.theory.limit import share
from tinycnn.theory.smooth import mask_moment


def _scale(setting: Setting) -> float:
    return setting.sd * float(np.linalg.norm(photograph(setting)))


def _moment(setting: Setting, powers: tuple[int, int]) -> float:
    assert isinstance(setting, SmoothSetting)
    return mask_moment(ACTIVATIONS[setting.activation][1], _scale(setting), powers)


def _closed(setting: Setting) -> float:
    """``E[g t]`` in closed form, where there is one: of leaky slopes and of GELU; else the integral."""
    assert isinstance(setting, SmoothSetting)
    s = _scale(setting)
    if setting.activation == "leaky":
        return (1 - 0.2) / math.sqrt(2 * math.pi)
    if setting.activation == "gelu":
        return s * (2 + s * s) / (math.sqrt(2 * math.pi) * (1 + s * s) ** 1.5)
    return _moment(setting, (1, 1))


def _rho(setting: Setting) -> float:
    across, along, mean = (_moment(setting, powers) for powers in ((2, 0), (2, 2), (1, 1)))
    eta, p = sending.eta(positive), photograph(setting).size
    return (eta * ((p - 1) * across + along) / mean**2 - 1) / setting.filters


def _by_hand(setting: Setting) -> float:
    """Projection of the closed form's mean on the predicted one."""
    y = photograph(setting)
    mean = setting.filters * sending.mean(positive, setting.sd) * setting.sd * _closed(setting)
    return float(share(mean * y / np.linalg.norm(y), smooth_mean(setting)))


COMMON: Steps = (
    Step("How large a pre-activation is.", "s = c |y|", _scale),
    Step(
        "Split a filter into its part along the patch, which alone decides g, and a rest of mean 0. What is "
        "left of the "
        "mask is one number.",
        "w = c t u + w': E[w g(w·y)] = c E[g(s t) t] u: E[g t]",
        lambda setting: _moment(setting, (1, 1)),
    ),
    Step(
        "In closed form: (1 - a)/√(2π) for leaky slopes a, s (2 + s²)/(√(2π) (1 + s²)^(3/2)) for GELU, an "
        "integral for "
        "the others. By parts it is s E g'(z): the mean curvature of the activation.",
        "E[g(s t) t] = s E g'(s t)",
        _closed,
    ),
)
MEAN: Steps = (
    *COMMON,
    Step(
        "N filters, and the mean of the backward ReLU: no factor is left to fit.",
        "⟨N E h(V) c E[g t] u, E s⟩ / |E s|²",
        _by_hand,
    ),
)
NOISE: Steps = (
    *COMMON,
    Step(
        "What passes the mask, across the patch in each of p - 1 directions, and along it.",
        "E g², E g² t²",
        lambda setting: [_moment(setting, (2, 0)), _moment(setting, (2, 2))],
    ),
    Step("Over the squared mean, less that.", "ρ = (η [(p - 1) E g² + E g² t²] / (E g t)² - 1) / N", _rho),
)

STEPS = {
    **{f"smooth.{name}": MEAN for name in ACTIVATIONS},
    **{f"smooth.{name}_rho": NOISE for name in ACTIVATIONS},
}
