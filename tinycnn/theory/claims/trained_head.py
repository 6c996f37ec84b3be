"""Trained filters under a random head, where all is known exactly, and under their own."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

import numpy as np

from tinycnn.layers import Activation, Conv2D
from tinycnn.ops.types import Array
from tinycnn.pictures.metrics import cosine
from tinycnn.theory.claim import Bench, Claim, Setting, of_means
from tinycnn.theory.claims.means import RELU_MEAN
from tinycnn.theory.claims.nets import mean_cosine
from tinycnn.theory.claims.trained import (
    ALEXNET,
    DIGITS,
    EFFICIENTNET,
    VGG16,
    TrainedSetting,
    needs,
    picture,
    some_logits,
    trained,
)
from tinycnn.theory.limit import share
from tinycnn.theory.recovery import expected_cosine
from tinycnn.theory.trained.random_head import HeadLimit, random_head_limit
from tinycnn.trace import Trace, backward, forward
from tinycnn.zoo.init import stream

SOURCE = "derivation: given the filters, a sum of independent terms"
PAPER = "Nie, Zhang and Patel (2018), on trained weights: partial recovery"
RANDOM = "the net's own first layer and activation; above it, independent Gaussian weights per unit and logit"


@lru_cache(maxsize=4)
def first_layer(setting: TrainedSetting) -> Trace:
    """The net's own picture through its first convolution and the activation behind it."""
    model = trained(setting.model, setting.weights)
    x = model.preprocess(picture(setting))
    return forward(replace(model, layers=model.layers[:2]), x)


@lru_cache(maxsize=4)
def head_limit(setting: TrainedSetting) -> HeadLimit:
    """What is predicted of it."""
    conv, gate = (step.layer for step in first_layer(setting))
    assert isinstance(conv, Conv2D)
    assert isinstance(gate, Activation)
    x = first_layer(setting).input[0].astype(np.float64)
    return random_head_limit(x, conv, gate.range[1] if gate.range else math.inf)


@lru_cache(maxsize=2)
def _sums(bench: Bench, setting: TrainedSetting, seed: int) -> dict[str, Array]:
    """Of the maps of two logits under every head: products with C, the image, each other, and themselves."""
    trace, C = first_layer(setting), RELU_MEAN * head_limit(setting).mean
    x, shape = trace.input[0], (2, *trace.output.shape[1:])
    found: dict[str, list[float]] = {"share": [], "image": [], "logits": [], "energy": [], "away": []}
    for number in range(setting.nets):
        head = bench.init(stream(seed, number, shape), shape)
        s, other = backward(trace, head, bench.rules["guided"])[0].astype(np.float64)
        found["share"].append(float(share(s, C)))
        found["away"].append(float(np.sum((s - C) ** 2) / np.sum(C**2)))
        found["image"].append(float(np.sum(s * x) / np.linalg.norm(x)))
        found["logits"].append(float(np.sum(s * other)))
        found["energy"].append(float(np.sum(s**2) + np.sum(other**2)) / 2)
    return {name: np.array(values) for name, values in found.items()}


def _measured(f: Callable[..., float], *names: str) -> Callable[[Bench, Setting, int], Array]:
    def measure(bench: Bench, setting: Setting, seed: int) -> Array:
        assert isinstance(setting, TrainedSetting)
        sums = _sums(bench, setting, seed)
        return of_means(f, *(sums[name] for name in names))

    return measure


def _rho(setting: Setting) -> float:
    assert isinstance(setting, TrainedSetting)
    return head_limit(setting).rho


def image_cosine(setting: Setting) -> float:
    """Cosine of the mean map and the net's input."""
    assert isinstance(setting, TrainedSetting)
    return float(cosine(head_limit(setting).mean, first_layer(setting).input[0]))


def _under_its_own_head(bench: Bench, setting: Setting, seed: int) -> Array:
    """Cosine of C with the map of each of some logits of the whole net."""
    assert isinstance(setting, TrainedSetting)
    model = trained(setting.model, setting.weights)
    trace = forward(model, model.preprocess(picture(setting)))
    s = backward(trace, some_logits(trace, setting, seed), bench.rules["guided"])[0]
    return cosine(s, head_limit(setting).mean)


def _claim(
    name: str,
    statement: str,
    latex: str,
    predict: Callable[[Setting], float],
    measure: Callable[[Bench, Setting, int], Array],
    setting: TrainedSetting,
) -> Claim:
    return Claim(
        f"head.{name}_{setting.model}",
        statement,
        latex,
        SOURCE,
        RANDOM,
        predict,
        measure,
        setting,
        replace(setting, nets=4 * setting.nets),
        weights=needs(setting),
    )


def _random(setting: TrainedSetting) -> tuple[Claim, ...]:
    return (
        _claim(
            "mean",
            "Under a random head a trained first layer sends back its open filters, put where they opened.",
            r"E[s | W] = E h(V) \, C, \; C = \sum_j D_j^T \sum_i 1(z_{ij} > 0) w_i",
            lambda setting: 1.0,
            _measured(lambda mean: mean, "share"),
            setting,
        ),
        _claim(
            "noise",
            "How far one random head's map is from that.",
            r"\rho_W = (\eta - 1) \sum_{ij} 1(z_{ij} > 0) |w_i|^2 / |C|^2",
            _rho,
            _measured(lambda mean: mean, "away"),
            setting,
        ),
        _claim(
            "image",
            "How much of the image trained filters recover, whatever is above them.",
            r"E \langle s, x \rangle / (|x| \sqrt{E |s|^2}) = \cos(C, x) (1 + \rho_W)^{-1/2}",
            lambda setting: image_cosine(setting) * expected_cosine(_rho(setting)),
            _measured(mean_cosine, "image", "energy"),
            setting,
        ),
        _claim(
            "logits",
            "How much of their maps two logits share: what the filters alone send.",
            r"E \langle s_k, s_l \rangle / E |s|^2 = 1 / (1 + \rho_W)",
            lambda setting: 1 / (1 + _rho(setting)),
            _measured(lambda product, square: product / square, "logits", "energy"),
            setting,
        ),
    )


def _own(setting: TrainedSetting) -> Claim:
    return Claim(
        f"head.own_{setting.model}",
        "Under the head that was trained on them, filters send back the same picture as under a random one.",
        r"E \cos(s, C) \approx (1 + \rho_W)^{-1/2}",
        PAPER,
        "the head taken for a random one",
        lambda setting: expected_cosine(_rho(setting)),
        _under_its_own_head,
        replace(setting, nets=10),
        replace(setting, nets=10),
        recorded="fails",
        weights=needs(setting),
    )


CLAIMS = (
    *_random(replace(DIGITS, nets=400)),
    *_random(replace(ALEXNET, nets=12)),
    *_random(replace(VGG16, nets=8)),
    *_random(replace(EFFICIENTNET, nets=12)),
    _own(DIGITS),
    _own(EFFICIENTNET),
)
