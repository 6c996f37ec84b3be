"""How much the maps of two logits of one image differ."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from tinycnn.ops.types import Array
from tinycnn.pictures.metrics import cosine, l2_distance
from tinycnn.theory.claim import Agrees, AtLeast, Bench, Claim, Setting
from tinycnn.theory.claims.nets import (
    AXES,
    Measure,
    Statistic,
    between_logits,
    combined,
    geometry,
    hidden_units,
    maps,
    of_centred,
    per_net,
    photograph,
    traces,
)
from tinycnn.theory.noise import (
    constant_share,
    deconvnet_centred_logit_cosine,
    deconvnet_logit_cosine,
    deconvnet_logit_distance,
)
from tinycnn.theory.sensitivity import distance, logit_cosine_deep, logit_cosine_image

PAPER = "Nie, Zhang and Patel (2018), on class sensitivity"
THREE_LAYERS = "three layers, Gaussian weights, no biases, no pool"
SHARED = (
    r"E \langle s_k, s_l \rangle / E |s|^2 = (1 + \rho(1)) / (1 + \rho) \approx (1 + \rho / \pi) / (1 + \rho)"
)
MANY = Setting(nets=2500, size=16, filters=16, classes=2)
QUICK, FULL = Setting(nets=400, size=16, classes=2), Setting(nets=1500, classes=2)


def _guided(setting: Setting) -> float:
    return logit_cosine_image(photograph(setting), geometry(setting), setting.filters)


def _deep(setting: Setting) -> float:
    return logit_cosine_deep(photograph(setting).size, hidden_units(setting))


def _least_product(bench: Bench, setting: Setting, seed: int) -> Array:
    """``<s, x> / (|s| |x|)``, the smallest over each net's logits; 0 of a map of zeros."""
    x, found = photograph(setting), []
    for trace in traces(bench, setting, seed):
        s = maps(bench, trace, "guided")
        found.append(float(np.min(np.where(s.any(axis=AXES), cosine(s, x), 0))))
    return np.array(found)


def _product(s: Array, setting: Setting) -> Array:
    return np.sum(s[:, 0] * s[:, 1], axis=AXES)


def _square(s: Array, setting: Setting) -> Array:
    return np.sum(s**2, axis=AXES).mean(axis=1)


def _parts(
    rule: str, change: Callable[[Statistic], Statistic] = lambda statistic: statistic
) -> list[Measure]:
    """Product of two logits' maps, and of each with itself."""
    return [per_net(rule, change(each)) for each in (_product, _square)]


def _alike(rule: str, change: Callable[[Statistic], Statistic] = lambda statistic: statistic) -> Measure:
    """Product of two logits' maps over that of each with itself, means over nets."""
    return combined(lambda product, square: product / square, *_parts(rule, change))


CLAIMS = (
    Claim(
        "sensitivity.guided",
        "Guided backprop of two logits gives nearly the same map.",
        SHARED,
        f"{PAPER}, exact form",
        THREE_LAYERS,
        _guided,
        _alike("guided"),
        QUICK,
        FULL,
    ),
    Claim(
        "sensitivity.guided_wide",
        "With 1024 filters the maps of guided backprop of two logits can hardly be told apart.",
        SHARED,
        f"{PAPER}, exact form",
        THREE_LAYERS,
        _guided,
        _alike("guided"),
        replace(QUICK, nets=40, filters=1024),
        replace(FULL, nets=100, filters=1024),
    ),
    Claim(
        "sensitivity.guided_distance",
        "The distance of guided backprop's maps of two logits, over their length, falls with the number of "
        "filters.",
        r"\sqrt{E |s_k - s_l|^2 / E |s|^2} = \sqrt{2 - 2 \tfrac{1 + \rho(1)}{1 + \rho}} "
        r"\approx \sqrt{2 \rho (1 - 1/\pi) / (1 + \rho)}",
        f"{PAPER}, exact form",
        THREE_LAYERS,
        lambda setting: distance(_guided(setting)),
        combined(lambda product, square: distance(product / square), *_parts("guided")),
        QUICK,
        FULL,
        note="For many filters that is 6.35 over the root of their number; for 64 it is a sixth less.",
    ),
    Claim(
        "sensitivity.guided_deep",
        "Through three hidden layers, the maps of two logits are nearer still.",
        r"E \cos(s_k, s_l) \approx (1 + \rho q) / (1 + \rho)",
        "derivation: mean-field recursion",
        "wide layers, Gaussian weights, circular padding, no pools",
        _deep,
        per_net("guided", between_logits(cosine)),
        Setting(nets=60, size=16, depth=3, classes=2),
        Setting(nets=200, depth=3, classes=2),
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
        MANY,
        replace(MANY, size=32, nets=5000),
        Agrees(slack=0.01),
    ),
    Claim(
        "sensitivity.deconvnet_distance",
        "DeconvNet maps of two logits are nearer to each other than unrelated maps are.",
        r"E |\hat s_k - \hat s_l| \approx E \sqrt{2 (\pi - 1) / (X + \pi - 1)}, \; X \sim \chi^2_C / C",
        f"{PAPER}, exact form",
        f"{THREE_LAYERS}, many filters",
        lambda setting: deconvnet_logit_distance(),
        per_net("deconvnet", between_logits(l2_distance)),
        MANY,
        replace(MANY, size=32, nets=5000),
        Agrees(slack=0.005),
    ),
    Claim(
        "sensitivity.deconvnet_shared",
        "Of an average DeconvNet map's energy, a third is shared by all logits.",
        r"E \langle s_k, s_l \rangle / E |s|^2 = 1 / \pi",
        f"{PAPER}, exact form",
        THREE_LAYERS,
        lambda setting: constant_share(),
        _alike("deconvnet"),
        MANY,
        replace(MANY, size=32, nets=5000),
    ),
    Claim(
        "sensitivity.deconvnet_centred",
        "But for the constants and a ramp at the border, DeconvNet maps of two logits share nothing.",
        r"E \langle \tilde s_k, \tilde s_l \rangle / E |\tilde s|^2 = O(k / h)",
        f"{PAPER}, exact form",
        THREE_LAYERS,
        lambda setting: deconvnet_centred_logit_cosine(geometry(setting)),
        _alike("deconvnet", of_centred),
        Setting(nets=1500, size=12, filters=4, kernel=7, classes=2),
        Setting(nets=4000, size=32, filters=16, kernel=7, classes=2),
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
