"""A trained first layer under a random head: sums of independent terms, given the filters."""

from __future__ import annotations

import math

import numpy as np

from tinycnn.ops.types import Array
from tinycnn.rules import positive
from tinycnn.theory import sending
from tinycnn.theory.claim import Setting
from tinycnn.theory.claims.trained import TrainedSetting
from tinycnn.theory.claims.trained_head import first_layer, head_limit, image_cosine
from tinycnn.theory.derivations.step import Step, Steps
from tinycnn.theory.limit import share
from tinycnn.theory.recovery import expected_cosine
from tinycnn.theory.trained.filtered import send_back
from tinycnn.trace import Trace


def _trace(setting: Setting) -> Trace:
    assert isinstance(setting, TrainedSetting)
    return first_layer(setting)


def _rho(setting: Setting) -> float:
    assert isinstance(setting, TrainedSetting)
    return head_limit(setting).rho


def _limit(setting: Setting) -> Array:
    assert isinstance(setting, TrainedSetting)
    return head_limit(setting).mean


def _sent(setting: Setting) -> Array:
    """C by way of the layer's own vjp, of the mask of its own activation."""
    conv, gate = _trace(setting)
    mask = gate.layer.derivative(gate.input) > 0
    return send_back(mask.astype(gate.input.dtype), conv.input, conv.layer)[0].astype(np.float64)


OPEN = Step(
    "Run the image through the trained layer, and keep which units open: how many there are, and the share "
    "that does.",
    "z_ij = w_i·y_j + b_i: N J, P(z > 0)",
    lambda setting: [_trace(setting)[0].output.size, float(np.mean(_trace(setting)[1].output > 0))],
)
MEAN = Step(
    "Above, every unit has a weight V of its own, which passes the backward ReLU: its mean.",
    "E relu(V) = 1/√(2π)",
    lambda setting: sending.mean(positive),
)
ETA = Step(
    "Its second moment over its squared mean.",
    "η = E relu(V)² / E[relu(V)]² = π",
    lambda setting: sending.eta(positive),
)
LIMIT = Step(
    "Given the filters, that is all that is averaged: open filters are put back where they opened. How long "
    "the sum is.",
    "C = Σ_j D_jᵀ Σ_i 1(z_ij > 0) w_i: |C|",
    lambda setting: float(np.linalg.norm(_limit(setting))),
)
NOISE = Step(
    "The V are independent, so their variances add up, each times the energy of its filter on the image.",
    "ρ_W = (η - 1) Σ_ij 1(z_ij > 0) |w_i|² / |C|²",
    _rho,
)

COMMON: Steps = (OPEN, MEAN, ETA, LIMIT)

STEPS_OF = {
    "mean": (
        *COMMON,
        Step(
            "Nothing is left to fit: C from patches and rows, on C from the layer's own backward pass.",
            "⟨C, C'⟩ / |C'|²",
            lambda setting: float(share(_limit(setting), _sent(setting))),
        ),
        Step(
            "So the map's projection on the mean is",
            "⟨E s, E h C⟩ / |E h C|²",
            lambda setting: float(share(_limit(setting), _limit(setting))),
        ),
    ),
    "noise": (*COMMON, NOISE),
    "image": (
        *COMMON,
        NOISE,
        Step("The mean map is partly the image.", "cos(C, x)", image_cosine),
        Step(
            "The noise has no mean, and adds to the map's energy.",
            "E⟨s, x⟩ / (|x| √E|s|²) = cos(C, x) (1 + ρ_W)^(-1/2)",
            lambda setting: image_cosine(setting) / math.sqrt(1 + _rho(setting)),
        ),
    ),
    "logits": (
        *COMMON,
        NOISE,
        Step(
            "Two logits have weights of their own: they share C, and no noise.",
            "E⟨s_k, s_l⟩ / E|s|² = 1 / (1 + ρ_W)",
            lambda setting: 1 / (1 + _rho(setting)),
        ),
    ),
    "own": (
        *COMMON,
        NOISE,
        Step(
            "If the trained head were like a random one, the net's own maps would be as like C as theirs. A "
            "trained head "
            "sends more signal to some patches than to others, and to units by what they mean.",
            "E cos(s, C) ≈ (1 + ρ_W)^(-1/2)",
            lambda setting: expected_cosine(_rho(setting)),
        ),
    ),
}

STEPS = {
    **{
        f"head.{name}_{model}": STEPS_OF[name]
        for model in ("digits", "alexnet", "vgg16", "efficientnet_lite0")
        for name in ("mean", "noise", "image", "logits")
    },
    **{f"head.own_{model}": STEPS_OF["own"] for model in ("digits", "efficientnet_lite0")},
}
