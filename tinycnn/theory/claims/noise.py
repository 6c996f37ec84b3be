"""Saliency is white noise; DeconvNet without a pool is noise too, but a third of it is flat colour."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tinycnn.layers import Conv2D
from tinycnn.ops.types import Array
from tinycnn.pictures.metrics import centred_cosine, cosine
from tinycnn.theory.claim import Agrees, AtMost, Bench, Claim, Setting
from tinycnn.theory.claims.nets import (
    AXES,
    Measure,
    Statistic,
    combined,
    geometry,
    likeness,
    maps,
    per_net,
    photograph,
    traces,
)
from tinycnn.theory.extremes import max_logit_cosine, saliency_cosine_sd
from tinycnn.theory.noise import constant_share
from tinycnn.theory.normality import conditional_sd, looks_normal, standardised
from tinycnn.theory.patches import cover
from tinycnn.theory.trained.identity import bias_products
from tinycnn.trace import backward

PAPER = "Nie, Zhang and Patel (2018), Theorem 2"
THREE_LAYERS = "three layers, Gaussian weights, no biases, no pool, a logit fixed in advance"
QUICK, FULL = Setting(nets=400, filters=16), Setting(nets=1000, image="chelsea", size=64, filters=16)
MANY = Setting(nets=3400, size=16, filters=4)
"""One constant per channel differs from net to net by more than its own size."""


def _variance(s: Array, setting: Setting) -> Array:
    """Per filter and covering patch, averaged over the image."""
    return np.sum(s[:, 0] ** 2, axis=AXES) / (setting.filters * cover(geometry(setting)).sum() * s.shape[2])


def _lagged(down: int, right: int) -> Statistic:
    """Product of pixels at a lag, away from the border, over the predicted variance of a pixel."""

    def statistic(s: Array, setting: Setting) -> Array:
        return lagged(s, setting, down, right) / (setting.filters * setting.kernel**2 / 2)

    return statistic


def lagged(s: Array, setting: Setting, down: int, right: int) -> Array:
    """Mean product of the first logit's pixels at a lag, away from the border."""
    edge, (h, w) = setting.kernel, s.shape[3:]
    first = s[:, 0, :, edge : h - edge - down, edge : w - edge - right]
    second = s[:, 0, :, edge + down : h - edge, edge + right : w - edge]
    return np.mean(first * second, axis=AXES)


def correlation(rule: str, down: int, right: int) -> Measure:
    """A measurement: the product of pixels at a lag over that of pixels with themselves, means over nets."""
    return combined(
        lambda product, square: product / square,
        per_net(rule, lambda s, setting: lagged(s, setting, down, right)),
        per_net(rule, lambda s, setting: lagged(s, setting, 0, 0)),
    )


def _across_channels(s: Array, setting: Setting) -> Array:
    product = np.mean(s[:, 0, 0] * s[:, 0, 1], axis=(1, 2))
    return product / (setting.filters * setting.kernel**2 / 2)


def _squared_cosines(s: Array, setting: Setting) -> Array:
    """Mean of d cos^2 over a net's logits, which are independent given the filters."""
    return s[0, 0].size * np.mean(cosine(s, photograph(setting)) ** 2, axis=1)


def _squared_cosine(setting: Setting) -> float:
    """Predicted mean of d cos^2 of a saliency map and the image."""
    x = photograph(setting)
    return x.size * saliency_cosine_sd(x, geometry(setting)) ** 2


def _completeness(bench: Bench, setting: Setting, seed: int) -> Array:
    """``|<s, x> + sum_l <df/db_l, b_l> - f| / (|s| |x|)``, the worst logit of each net."""
    found: list[float] = []
    for trace in traces(bench, setting, seed):
        x = trace.input[0]
        every = np.eye(trace.output.shape[1], dtype=trace.output.dtype)
        signals = backward(trace, every, bench.rules["saliency"])
        s = signals[0]
        gap = (s * x).sum(axis=(1, 2, 3)) - trace.output[0] + sum(bias_products(trace, signals))
        norms = np.linalg.norm(s.reshape(len(s), -1), axis=1) * np.linalg.norm(x)
        found.append(np.max(np.abs(gap) / norms))
    return np.array(found)


def _largest_logit(bench: Bench, setting: Setting, seed: int) -> Array:
    """Cosine of the image and the saliency map of each net's largest logit."""
    x, found = photograph(setting), []
    for trace in traces(bench, setting, seed):
        top = np.zeros_like(trace.output)
        top[0, trace.output[0].argmax()] = 1
        s = backward(trace, top, bench.rules["saliency"])[0]
        found.append(float(cosine(s[0], x)))
    return np.array(found)


def _rejections(bench: Bench, setting: Setting, seed: int) -> Array:
    """Of each net's logits, independent given the filters, the share that the honest test rejects at 5 %."""
    x, found = photograph(setting), []
    for trace in traces(bench, setting, seed):
        layer = trace[0].layer
        assert isinstance(layer, Conv2D)
        sd = conditional_sd(x, layer.weight, geometry(setting))
        every = (standardised(s[0], sd[0], setting.kernel) for s in maps(bench, trace, "saliency"))
        found.append(np.mean([not looks_normal(values) for values in every]))
    return np.array(found)


def _claim(id: str, statement: str, latex: str, predict: float, rule: str, statistic: Statistic) -> Claim:
    return Claim(
        f"noise.{id}",
        statement,
        latex,
        f"{PAPER}, exact form",
        THREE_LAYERS,
        lambda setting: predict,
        per_net(rule, statistic),
        QUICK,
        FULL,
    )


CLAIMS = (
    _claim(
        "saliency_variance",
        "Every pixel of a saliency map has a variance of half a filter per covering patch.",
        r"\mathrm{Var}\, s_a = \tfrac12 N c^4 \, \mathrm{cover}(a)",
        0.5,
        "saliency",
        _variance,
    ),
    _claim(
        "saliency_white",
        "Neighbouring pixels of a saliency map are uncorrelated.",
        r"\mathrm{Cov}(s_a, s_b) = 0",
        0.0,
        "saliency",
        _lagged(0, 1),
    ),
    _claim(
        "saliency_below",
        "Pixels of a saliency map below each other are uncorrelated.",
        r"\mathrm{Cov}(s_a, s_b) = 0",
        0.0,
        "saliency",
        _lagged(1, 0),
    ),
    _claim(
        "saliency_far",
        "Pixels of a saliency map one kernel apart are uncorrelated.",
        r"\mathrm{Cov}(s_a, s_b) = 0",
        0.0,
        "saliency",
        _lagged(0, 3),
    ),
    _claim(
        "saliency_channels",
        "Colour channels of a saliency map are uncorrelated.",
        r"\mathrm{Cov}(s_a, s_b) = 0",
        0.0,
        "saliency",
        _across_channels,
    ),
    _claim(
        "saliency_image",
        "A saliency map is orthogonal to the image, on average.",
        r"E \cos(s, x) = 0",
        0.0,
        "saliency",
        likeness(cosine, photograph),
    ),
    Claim(
        "noise.saliency_image_sd",
        "A saliency map misses being orthogonal to the image by the inverse root of the number of pixels.",
        r"E \cos^2(s, x) \approx 1 / d",
        f"{PAPER}, exact form",
        THREE_LAYERS,
        _squared_cosine,
        per_net("saliency", _squared_cosines),
        Setting(nets=250, size=16, filters=16, classes=64),
        Setting(nets=1000, image="chelsea", filters=16, classes=32),
        Agrees(slack=0.005),
    ),
    Claim(
        "noise.largest_logit",
        "The largest of many logits has a saliency map that leans towards the image.",
        r"E \cos(s_{\max}, x) \approx E \max_{k \le K} g_k / \sqrt d",
        "derivation: <s, x> is the logit itself",
        "three layers, Gaussian weights, no biases",
        lambda setting: max_logit_cosine(photograph(setting), geometry(setting), setting.classes),
        _largest_logit,
        Setting(nets=600, size=16, filters=16, classes=50),
        Setting(nets=80, image="chelsea", filters=16, size=64, classes=1000),
        Agrees(slack=0.02),
    ),
    Claim(
        "noise.completeness",
        "Without biases, the saliency map times the image sums to the logit, for every net.",
        r"\langle s_k, x \rangle = f_k(x)",
        "Euler's identity for positively homogeneous functions",
        "no biases, any weights; float32",
        lambda setting: 0.0,
        _completeness,
        Setting(nets=50, classes=2),
        Setting(nets=200, size=64, classes=2),
        AtMost(1e-5),
    ),
    Claim(
        "noise.completeness_bias",
        "With biases, the saliency map times the image lacks what they add to the logit, and nothing else.",
        r"\langle s_k, x \rangle = f_k(x) - \sum_l \langle \partial f_k / \partial b_l, b_l \rangle",
        "Euler's identity for positively homogeneous functions of input and biases",
        "any weights; float32",
        lambda setting: 0.0,
        _completeness,
        Setting(nets=50, bias=300.0, classes=2),
        Setting(nets=200, size=64, bias=300.0, classes=2),
        AtMost(1e-5),
    ),
    Claim(
        "noise.saliency_normal",
        "Given the filters, pixels of a saliency map one kernel apart are independent Gaussians.",
        r"s_a / \mathrm{sd}(s_a | W) \sim N(0, 1)",
        f"{PAPER}, exact form",
        THREE_LAYERS,
        lambda setting: 0.05,
        _rejections,
        Setting(nets=300, filters=16, classes=20),
        Setting(nets=1000, filters=16, size=64, classes=20),
        counts=True,
    ),
    *(
        Claim(
            f"noise.{id}",
            statement,
            r"\mathrm{Corr}(s_a, s_b) = 1 / \pi \text{ at any lag}",
            f"{PAPER}, exact form",
            THREE_LAYERS,
            lambda setting: constant_share(),
            correlation("deconvnet", *lag),
            MANY,
            replace(MANY, nets=20_000),
        )
        for id, statement, lag in (
            (
                "deconvnet_constant",
                "A third of DeconvNet's variance is one constant per colour channel.",
                (0, 6),
            ),
            (
                "deconvnet_near",
                "DeconvNet's constant per channel is all that neighbouring pixels share.",
                (0, 1),
            ),
            (
                "deconvnet_below",
                "DeconvNet's constant per channel is all that pixels below each other share.",
                (1, 0),
            ),
        )
    ),
    _claim(
        "deconvnet_image",
        "Apart from a constant per channel, DeconvNet without a pool contains nothing of the image.",
        r"E \cos(s - \bar s, x - \bar x) = 0",
        0.0,
        "deconvnet",
        likeness(centred_cosine, photograph),
    ),
    Claim(
        "noise.deconvnet_white",
        "The DeconvNet map is white noise.",
        r"s_k(x) \sim N(0, I)",
        PAPER,
        THREE_LAYERS,
        lambda setting: 0.0,
        per_net("deconvnet", _lagged(0, 1)),
        QUICK,
        FULL,
        recorded="fails",
    ),
)
