"""How much the maps of two logits of one image differ."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from tinycnn.ops.types import Array
from tinycnn.pictures.metrics import centred_cosine, cosine, l2_distance
from tinycnn.theory.claim import Agrees, AtLeast, Bench, Claim, Setting
from tinycnn.theory.claims.nets import (
    between_logits,
    geometry,
    hidden_units,
    maps,
    per_net,
    photograph,
    traces,
)
from tinycnn.theory.noise import deconvnet_centred_logit_cosine, deconvnet_logit_cosine
from tinycnn.theory.sensitivity import distance, logit_cosine_deep, logit_cosine_image

PAPER = "Nie, Zhang and Patel (2018), on class sensitivity"
THREE_LAYERS = "three layers, Gaussian weights, no biases, no pool"
QUICK, FULL = Setting(nets=150, classes=2), Setting(nets=400, classes=2)


def _guided(setting: Setting) -> float:
    return logit_cosine_image(photograph(setting), geometry(setting), setting.filters)


def _deep(setting: Setting) -> float:
    return logit_cosine_deep(photograph(setting).size, hidden_units(setting))


def _least_product(bench: Bench, setting: Setting, seed: int) -> Array:
    """``<s, x> / (|s| |x|)``, the smallest over each net's logits."""
    x, found = photograph(setting), []
    for trace in traces(bench, setting, seed):
        found.append(float(np.min(cosine(maps(bench, trace, "guided"), x))))
    return np.array(found)


CLAIMS = (
    Claim(
        "sensitivity.guided",
        "Guided backprop of two logits gives nearly the same map.",
        r"E \cos(s_k, s_l) \approx (1 + \rho / \pi) / (1 + \rho)",
        f"{PAPER}, exact form",
        f"{THREE_LAYERS}; first order in the fluctuation of |s|",
        _guided,
        per_net("guided", between_logits(cosine)),
        QUICK,
        FULL,
        Agrees(slack=0.015),
    ),
    Claim(
        "sensitivity.guided_wide",
        "With 1024 filters the maps of guided backprop of two logits can hardly be told apart.",
        r"E \cos(s_k, s_l) \approx (1 + \rho / \pi) / (1 + \rho)",
        f"{PAPER}, exact form",
        f"{THREE_LAYERS}; first order in the fluctuation of |s|",
        _guided,
        per_net("guided", between_logits(cosine)),
        replace(QUICK, nets=12, filters=1024),
        replace(FULL, nets=100, filters=1024),
        Agrees(slack=0.002),
    ),
    Claim(
        "sensitivity.guided_distance",
        "The distance of guided backprop's maps of two logits falls with the root of the number of filters.",
        r"E |\hat s_k - \hat s_l| \approx 6.35 / \sqrt N",
        f"{PAPER}, exact form",
        f"{THREE_LAYERS}; first order in the fluctuation of |s|",
        lambda setting: distance(_guided(setting)),
        per_net("guided", between_logits(l2_distance)),
        QUICK,
        FULL,
        Agrees(slack=0.02),
    ),
    Claim(
        "sensitivity.guided_deep",
        "Through three hidden layers, the maps of two logits are nearer still.",
        r"E \cos(s_k, s_l) \approx (1 + \rho q) / (1 + \rho)",
        "derivation: mean-field recursion",
        "wide layers, Gaussian weights, circular padding, no pools",
        _deep,
        per_net("guided", between_logits(cosine)),
        Setting(nets=30, depth=3, classes=2),
        Setting(nets=100, depth=3, classes=2),
        Agrees(slack=0.01),
    ),
    Claim(
        "sensitivity.saliency",
        "Saliency maps of two logits are orthogonal, on average.",
        r"E \cos(s_k, s_l) = 0",
        f"{PAPER}, exact form",
        THREE_LAYERS,
        lambda setting: 0.0,
        per_net("saliency", between_logits(cosine)),
        QUICK,
        FULL,
    ),
    Claim(
        "sensitivity.saliency_distance",
        "The distance of saliency maps of two logits is that of unrelated maps.",
        r"|\hat s_k - \hat s_l| \approx \sqrt 2",
        f"{PAPER}, exact form",
        THREE_LAYERS,
        lambda setting: math.sqrt(2),
        per_net("saliency", between_logits(l2_distance)),
        QUICK,
        FULL,
        Agrees(slack=0.005),
    ),
    Claim(
        "sensitivity.deconvnet",
        "DeconvNet maps of two logits share the constants of their channels.",
        r"E \cos(s_k, s_l) \approx E [X / (X + \pi - 1)], \; X \sim \chi^2_C / C",
        f"{PAPER}, exact form",
        f"{THREE_LAYERS}, many filters",
        lambda setting: deconvnet_logit_cosine(),
        per_net("deconvnet", between_logits(cosine)),
        replace(QUICK, nets=300),
        replace(FULL, nets=1200),
        Agrees(slack=0.06),
    ),
    Claim(
        "sensitivity.deconvnet_distance",
        "DeconvNet maps of two logits are nearer to each other than unrelated maps are.",
        r"E |\hat s_k - \hat s_l| \approx \sqrt{2 - 2 E \cos}",
        f"{PAPER}, exact form",
        f"{THREE_LAYERS}, many filters; the root of the mean in place of the mean of the root",
        lambda setting: distance(deconvnet_logit_cosine()),
        per_net("deconvnet", between_logits(l2_distance)),
        replace(QUICK, nets=300),
        replace(FULL, nets=1200),
        Agrees(slack=0.02),
    ),
    Claim(
        "sensitivity.deconvnet_centred",
        "But for the constants and a ramp at the border, DeconvNet maps of two logits share nothing.",
        r"E \cos(s_k - \bar s_k, s_l - \bar s_l) \approx O(k / h)",
        f"{PAPER}, exact form",
        f"{THREE_LAYERS}; first order in the fluctuation of |s|",
        lambda setting: deconvnet_centred_logit_cosine(geometry(setting)),
        per_net("deconvnet", between_logits(centred_cosine)),
        QUICK,
        FULL,
        Agrees(slack=0.05),
    ),
    Claim(
        "sensitivity.never_negative",
        "Guided backprop never points away from the image, whatever the logit: its cosine proves nothing.",
        r"\langle s_k, x \rangle = \sum_{ij} h(V_{ij}) \, (w_i \cdot y_j)_+ \ge 0",
        "derivation: every term is a product of two numbers that are not negative",
        "no biases in the first layer; any weights",
        lambda setting: 0.0,
        _least_product,
        Setting(nets=50, filters=2, classes=20),
        Setting(nets=500, filters=2, classes=50),
        AtLeast(1e-6),
    ),
)
