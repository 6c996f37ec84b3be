"""Maps averaged over noisy images: closed forms, and what they equal."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from scipy.special import logit
from scipy.stats import norm

from tinycnn.layers import Dense, ReLU, Softplus
from tinycnn.ops.types import Array
from tinycnn.theory.claim import Agrees, AtLeast, AtMost, Bench, Claim, Setting, VerdictRule, of_means
from tinycnn.theory.claims.nets import Measure, seeds
from tinycnn.theory.claims.plain import dense_layers, drawn, each_net, sent, vector, widths
from tinycnn.theory.smoothing import lipschitz_bound, open_share, smooth_gain
from tinycnn.trace import Trace, run

ANY = "any weights and biases; dense layers, ReLU"
SIGMA = 0.3
"""Of the noise on every number of an image of length 1."""

SAMPLES = 100
ANOTHER = 1_000_000_000
"""From a net's seed to that of its second noise."""

NODES = 2000
"""Quantiles in place of samples, where noise has one direction."""

ONE = Setting(nets=300, image="chelsea", size=2, filters=64, kernel=0, bias=0.3)
FIT = replace(ONE, nets=160, filters=24)
PATCH = Setting(nets=900, image="chelsea", size=3, filters=256, kernel=0)
DEEP = Setting(nets=60, image="chelsea", size=3, filters=24, kernel=0, depth=2)
LINE = Setting(nets=20, image="chelsea", size=3, filters=1, kernel=0)


def _noise(number: int, shape: tuple[int, ...]) -> Array:
    return SIGMA * np.random.default_rng([number, 1]).standard_normal(shape)


def closed(trace: Trace) -> Array:
    """SmoothGrad of the first logit of a net with one hidden layer, (1, d)."""
    first, last = trace[0].layer, trace[-1].layer
    assert isinstance(first, Dense)
    assert isinstance(last, Dense)
    found: Array = (last.weight[:1] * open_share(trace[0].output, first.weight, SIGMA)) @ first.weight
    return found


def _noisy(trace: Trace, number: int) -> tuple[Array, Trace]:
    """Noise, and the pass of the images that have it."""
    noise = _noise(number, (SAMPLES, trace.input.shape[1]))
    return noise, run([step.layer for step in trace], trace.input + noise)


def _sampled(bench: Bench, setting: Setting, trace: Trace, number: int) -> float:
    """Share of the closed form in SmoothGrad from samples."""
    mean, form = sent(bench, _noisy(trace, number)[1], "saliency").mean(axis=0), closed(trace)[0]
    return float(mean @ form / (form @ form))


def _fitted(bench: Bench, setting: Setting, seed: int) -> Array:
    """How much of the closed form is in the slopes of a fitted line, over how much is in SmoothGrad."""
    x, fitted, averaged = vector(setting), [], []
    for number in seeds(setting, seed):
        trace = run(dense_layers(bench, number, widths(setting), setting.bias), x)
        noise, noisy = _noisy(trace, number)
        design = np.column_stack([noise, np.ones(SAMPLES)])
        slopes = np.linalg.lstsq(design, noisy.output[:, 0], rcond=None)[0][:-1]
        form = closed(trace)[0]
        fitted.append(slopes @ form)
        averaged.append(sent(bench, noisy, "saliency").mean(axis=0) @ form)
    return of_means(lambda one, other: one / other, np.array(fitted), np.array(averaged))


def _infidelity(bench: Bench, setting: Setting, seed: int) -> Array:
    """By how much the gradient's infidelity is above SmoothGrad's, over the prediction: means over nets."""
    x, excess, predicted = vector(setting), [], []
    for number in seeds(setting, seed):
        trace = run(dense_layers(bench, number, widths(setting), setting.bias), x)
        noise, noisy = _noisy(trace, number)
        change = noisy.output[:, 0] - trace.output[0, 0]
        gradient, smooth = sent(bench, trace, "saliency")[0], closed(trace)[0]
        excess.append(np.mean((noise @ gradient - change) ** 2 - (noise @ smooth - change) ** 2))
        other = run([step.layer for step in trace], x + _noise(number + ANOTHER, noise.shape))
        sampled = sent(bench, other, "saliency").mean(axis=0)
        predicted.append(SIGMA**2 * (gradient - smooth) @ (gradient - sampled))
    return of_means(lambda one, other: one / other, np.array(excess), np.array(predicted))


def _softened(bench: Bench, setting: Setting, seed: int) -> Array:
    """Softplus's gradient against the mean of ReLU's under logistic noise along the weights."""
    x, found = vector(setting), []
    beta = 4.0
    steps = logit((np.arange(NODES) + 0.5) / NODES)[:, None] / beta
    for number in seeds(setting, seed):
        weight = drawn(bench, number, 0, (1, x.size))
        length = float(np.linalg.norm(weight))
        soft = sent(bench, run([Dense(weight), Softplus(beta / length)], x), "saliency")
        hard = run([Dense(weight), ReLU()], x + steps * weight / length)
        gap = np.abs(sent(bench, hard, "saliency").mean(axis=0) - soft[0]).max()
        found.append(gap / np.abs(weight).max())
    return np.array(found)


def _gain(bench: Bench, setting: Setting, seed: int) -> Array:
    """Share of its predicted mean in guided backprop of one patch, averaged over noisy ones."""
    x, found = vector(setting), []
    mean = setting.filters / math.sqrt(2 * math.pi) * smooth_gain(1.0, x.size, SIGMA)
    for number in seeds(setting, seed):
        first, last = (drawn(bench, number, place, shape) for place, shape in enumerate(_shapes(setting, x)))
        noisy = run([Dense(first), ReLU(), Dense(last)], x + _noise(number, (SAMPLES // 4, x.size)))
        found.append(float(sent(bench, noisy, "guided").mean(axis=0) @ x[0]) / mean)
    return np.array(found)


def _shapes(setting: Setting, x: Array) -> tuple[tuple[int, int], tuple[int, int]]:
    return (setting.filters, x.size), (1, setting.filters)


def nearest_kink(bench: Bench, trace: Trace) -> tuple[float, Array]:
    """Distance from the image to the nearest place where a mask changes, and the way there, (d,)."""
    best, way = math.inf, np.zeros(trace.input.shape[1])
    for place, step in enumerate(trace):
        if isinstance(step.layer, ReLU):
            below = trace[:place]
            every = np.eye(below.output.shape[1])
            slopes = np.concatenate([sent(bench, below, "saliency", row[None]) for row in every])
            with np.errstate(divide="ignore"):
                distances = np.abs(below.output[0]) / np.linalg.norm(slopes, axis=1)
            unit = int(distances.argmin())
            if distances[unit] < best:
                best = float(distances[unit])
                way = -np.sign(below.output[0, unit]) * slopes[unit] / np.linalg.norm(slopes[unit])
    return best, way


def _masks(trace: Trace) -> list[Array]:
    return [step.input > 0 for step in trace if isinstance(step.layer, ReLU)]


def _moved(trace: Trace, by: Array) -> Trace:
    return run([step.layer for step in trace], trace.input + by)


def _inside(bench: Bench, setting: Setting, trace: Trace, number: int) -> float:
    """Difference of the maps of guided backprop of the image and of one just inside of its ball."""
    radius, way = nearest_kink(bench, trace)
    other = np.random.default_rng([number, 2]).standard_normal(way.shape)
    moves = (way, other / np.linalg.norm(other))
    own = sent(bench, trace, "guided")
    return max(
        float(np.abs(sent(bench, _moved(trace, 0.999 * radius * move), "guided") - own).max())
        for move in moves
    )


def _outside(bench: Bench, setting: Setting, trace: Trace, number: int) -> float:
    """Masks that are others just outside of the ball."""
    radius, way = nearest_kink(bench, trace)
    pairs = zip(_masks(trace), _masks(_moved(trace, 1.001 * radius * way)), strict=True)
    return float(sum(np.count_nonzero(one != two) for one, two in pairs))


def _attained(bench: Bench, setting: Setting, seed: int) -> Array:
    """By how much SmoothGrad of |u.x| at two points misses the bound of their distance."""
    x, found = vector(setting), []
    quantiles = SIGMA * norm.ppf((np.arange(NODES) + 0.5) / NODES)[:, None]
    for number in seeds(setting, seed):
        weight = drawn(bench, number, 0, (1, x.size))
        slope = float(np.linalg.norm(weight))
        unit, distance = weight / slope, float(np.abs(weight[0, 0])) + 0.1
        layers = [Dense(np.concatenate([weight, -weight])), ReLU(), Dense(np.ones((1, 2)))]
        one, two = (
            sent(bench, run(layers, (side * distance / 2 + quantiles) * unit), "saliency").mean(axis=0)
            for side in (1, -1)
        )
        found.append(abs(float((one - two) @ unit[0]) / lipschitz_bound(distance, SIGMA, slope) - 1))
    return np.array(found)


def _claim(
    id: str,
    statement: str,
    latex: str,
    source: str,
    assumptions: str,
    predict: float,
    measure: Measure,
    quick: Setting,
    rule: VerdictRule,
) -> Claim:
    full = replace(quick, nets=5 * quick.nets)
    return Claim(
        f"smoothgrad.{id}",
        statement,
        latex,
        source,
        assumptions,
        lambda setting: predict,
        measure,
        quick,
        full,
        rule,
    )


CLAIMS = (
    _claim(
        "closed",
        "With one hidden layer SmoothGrad is one backward pass, with the mask Phi(z / (sigma |w|)).",
        r"E \nabla f(x + \sigma \varepsilon) = \sum_k V_k \Phi(z_k / (\sigma |w_k|)) \, w_k",
        "derivation: the gradient of the blurred function; Smilkov et al. (2017) for the average",
        ANY,
        1.0,
        each_net(_sampled),
        ONE,
        Agrees(),
    ),
    _claim(
        "fit",
        "The slopes of a line fitted to the net at noisy images are SmoothGrad: C-LIME is the same map.",
        r"\mathrm{argmin}_\varphi E (\varphi \cdot I - f(x + I))^2 = E \nabla f(x + I), \; I \sim N(0, "
        r"\sigma^2)",
        "Agarwal et al. (2021); Stein's lemma",
        ANY,
        1.0,
        _fitted,
        FIT,
        Agrees(slack=0.01),
    ),
    _claim(
        "infidelity",
        "No map has less infidelity than SmoothGrad; the gradient has more by their squared distance.",
        r"E (\varphi \cdot I - \Delta f)^2 = E (\Delta f)^2 - \sigma^2 |E \nabla f|^2 + \sigma^2 |\varphi "
        r"- E \nabla f|^2",
        "Yeh et al. (2019), for noise I ~ N(0, sigma^2)",
        ANY,
        1.0,
        _infidelity,
        replace(ONE, nets=1250, filters=24),
        Agrees(),
    ),
    _claim(
        "softplus",
        "A softplus in place of a ReLU is SmoothGrad with logistic noise.",
        r"E \nabla (w \cdot (x + t w / |w|))_+ = \nabla \mathrm{softplus}_{\beta / |w|}(w \cdot x), \; "
        r"t \sim \mathrm{logistic}(1 / \beta)",
        "Dombrowski et al. (2019), Theorem 2",
        "one unit; noise along its weights",
        0.0,
        _softened,
        LINE,
        AtMost(1 / NODES),
    ),
    _claim(
        "contrast",
        "Smoothing undoes guided backprop's contrast normalisation: a patch counts by its length again.",
        r"E[w \, \Phi(w \cdot y / (\sigma |w|))] \approx \frac{c}{\sqrt{2 \pi}} \frac{y}{\sqrt{|y|^2 + "
        r"\sigma^2 p}}",
        "derivation: length and direction of a filter are independent",
        "one patch of many taps, Gaussian weights, no biases; judged by the exact mean for few taps",
        1.0,
        _gain,
        PATCH,
        Agrees(),
    ),
    _claim(
        "ball",
        "Inside of a ball of known radius a map that depends on the image by masks alone does not change at "
        "all.",
        r"s(x + \delta) = s(x), \; |\delta| < r = \min_k |z_k| / |\nabla z_k|",
        "derivation: no mask changes before the nearest kink",
        "any weights; guided backprop, dense layers, double precision",
        0.0,
        each_net(_inside),
        DEEP,
        AtMost(1e-12),
    ),
    _claim(
        "ball_sharp",
        "Just outside of the ball in which no mask changes, one does, in the worst direction.",
        r"\exists \delta, |\delta| = 1.001 \, r: \; \text{a mask changes}",
        "derivation: z is linear up to the nearest kink",
        "any weights; dense layers, double precision",
        1.0,
        each_net(_outside),
        DEEP,
        AtLeast(),
    ),
    _claim(
        "lipschitz",
        "The bound on how far apart maps of SmoothGrad can be is attained by the absolute value of a "
        "projection.",
        r"|u \cdot (\bar s(x) - \bar s(y))| \le 2 L (2 \Phi(|x - y| / 2 \sigma) - 1), \; = \text{ for } f "
        r"= L |u \cdot x|, \; x = -y \propto u",
        "derivation: total variation of two normal laws; Agarwal et al. (2021) in spirit",
        "two units; noise along their weights; two images on either side of 0",
        0.0,
        _attained,
        LINE,
        AtMost(0.01),
    ),
)
