"""Deep random nets: guided backprop recovers better up to a depth, DeconvNet tends to flat colour."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache, partial

import numpy as np
from scipy.special import ndtr

from tinycnn.layers import ReLU
from tinycnn.ops.types import Array
from tinycnn.pictures.metrics import cosine
from tinycnn.theory.claim import Agrees, Bench, Claim, Setting
from tinycnn.theory.claims.means import deep_rho, guided_mean
from tinycnn.theory.claims.nets import (
    AXES,
    along,
    combined,
    energy,
    hidden_units,
    per_net,
    photograph,
    traces,
)
from tinycnn.theory.depth import active_fraction, constant_share_deep, ratios
from tinycnn.theory.recovery import expected_cosine, rho_law
from tinycnn.trace import backward

PAPER = "Nie, Zhang and Patel (2018), on deep random nets"
MEAN_FIELD = "wide layers, Gaussian weights, no biases, circular padding, strict masks, no pools"
QUICK = Setting(nets=60, image="chelsea", size=16, filters=64)
FULL = Setting(nets=60, image="chelsea", filters=128)


@lru_cache(maxsize=2)
def _passes(bench: Bench, setting: Setting, seed: int, rule: str) -> tuple[Array, Array]:
    """The map of each net, (nets, c, h, w), and what `_active` says of it, (nets,)."""
    found, active = [], []
    for trace in traces(bench, setting, seed):
        signals = backward(trace, np.ones_like(trace.output), bench.rules[rule])
        first = next(index for index, step in enumerate(trace) if isinstance(step.layer, ReLU))
        found.append(signals[0][0].astype(np.float64))
        active.append(np.mean(signals[first + 1][trace[first].input > 0] > 0))
    return np.array(found), np.array(active)


def _active(bench: Bench, setting: Setting, seed: int, rule: str = "guided") -> Array:
    """Of the units of the first layer that are active, the fraction that a positive signal reaches."""
    return _passes(bench, setting, seed, rule)[1]


def _likeness(bench: Bench, setting: Setting, seed: int) -> Array:
    """Cosine of guided backprop and its limit."""
    return cosine(_passes(bench, setting, seed, "guided")[0], guided_mean(setting))


def _constant_energy(s: Array, setting: Setting) -> Array:
    """Mean square of the channels' means."""
    return np.mean(s[:, 0].mean(axis=(2, 3)) ** 2, axis=1)


def _pixel_energy(s: Array, setting: Setting) -> Array:
    """Mean square of a pixel."""
    return np.mean(s[:, 0] ** 2, axis=AXES)


def _constant(setting: Setting) -> float:
    """What a channel's mean holds of it: the constant, and of the white rest as much as one pixel's share."""
    share = constant_share_deep(setting.depth)
    return share + (1 - share) / setting.size**2


def _layers(depth: int) -> str:
    return "one hidden layer" if depth == 1 else f"{depth} hidden layers"


def _cosine_claim(depth: int) -> Claim:
    return Claim(
        f"depth.cosine_{depth}",
        f"How well guided backprop of wide layers recovers the limit through {_layers(depth)}.",
        r"\rho = \frac{d}{M_1} \frac{q(r_1)}{m_1(r_1)^2}",
        f"{PAPER}, exact form: mean-field recursion",
        MEAN_FIELD,
        lambda setting: expected_cosine(deep_rho(setting)),
        _likeness,
        replace(QUICK, depth=depth),
        replace(FULL, depth=depth),
        Agrees(slack=0.015),
    )


def _wide_claim(depth: int) -> Claim:
    return Claim(
        f"depth.cosine_{depth}_wide",
        f"How well guided backprop recovers the limit through {_layers(depth)} of 256 filters.",
        r"\rho = \frac{d}{M_1} \frac{q(r_1)}{m_1(r_1)^2}",
        f"{PAPER}, exact form: mean-field recursion",
        MEAN_FIELD,
        lambda setting: expected_cosine(deep_rho(setting)),
        _likeness,
        Setting(nets=12, image="chelsea", size=16, filters=256, depth=depth),
        Setting(nets=20, image="chelsea", filters=256, depth=depth),
        Agrees(slack=0.015),
    )


def _active_claim(depth: int) -> Claim:
    return Claim(
        f"depth.active_{depth}",
        f"With {_layers(depth)}, this share of the first one's active units lets a signal pass.",
        r"P(R > 0 | z > 0) = \tfrac12 + \tfrac1\pi \arctan r",
        "derivation: mean-field recursion",
        MEAN_FIELD,
        lambda setting: active_fraction(ratios(hidden_units(setting))[0]),
        _active,
        replace(QUICK, depth=depth),
        replace(FULL, depth=depth),
        Agrees(slack=0.01),
    )


def _constant_claim(depth: int) -> Claim:
    return Claim(
        f"depth.constant_{depth}",
        f"Under {_layers(depth)}, this share of DeconvNet's variance is one constant per channel.",
        r"\kappa_1(q) = [\sqrt{1 - q^2} + q (\pi - \arccos q)] / \pi, \text{ applied once per layer}",
        "derivation: arc-cosine map (Cho and Saul 2009)",
        MEAN_FIELD,
        _constant,
        combined(
            lambda constant, pixel: constant / pixel,
            per_net("deconvnet", _constant_energy),
            per_net("deconvnet", _pixel_energy),
        ),
        Setting(nets=1000, size=8, filters=32, depth=depth),
        Setting(nets=4000, size=16, depth=depth),
        Agrees(slack=0.02),
    )


def _five(setting: Setting) -> Setting:
    """The same nets with five hidden layers."""
    return replace(setting, depth=5)


def _uniform(bench: Bench, setting: Setting, seed: int) -> Array:
    """`_cosine_claim`'s measurement with uniform weights of the same variance."""
    return _likeness(_uniform_bench(bench), setting, seed)


@lru_cache(maxsize=4)
def _uniform_bench(bench: Bench) -> Bench:
    def draw(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        return ndtr(bench.init(rng, shape)) * np.float32(math.sqrt(12)) - np.float32(math.sqrt(3))

    return replace(bench, init=draw)


CLAIMS = (
    *(_cosine_claim(depth) for depth in (1, 2, 3, 5, 8)),
    *(_wide_claim(depth) for depth in (1, 2, 3, 5, 8)),
    Claim(
        "depth.uniform_3",
        "Uniform weights of the same variance recover as much: only first and second moments matter.",
        r"\rho = \frac{d}{M_1} \frac{q(r_1)}{m_1(r_1)^2}",
        "derivation: central limit theorem over a layer's inputs",
        "wide layers, weights uniform on [-sqrt 3, sqrt 3], no biases, circular padding, no pools",
        lambda setting: expected_cosine(deep_rho(setting)),
        _uniform,
        replace(QUICK, depth=3),
        replace(FULL, depth=3),
        Agrees(slack=0.015),
    ),
    Claim(
        "depth.turn",
        "Every further layer makes the recovery better.",
        r"\cos(s_L, m) - \cos(s_5, m) > 0 \text{ for } L > 5",
        f"{PAPER}; mean-field recursion, taken for finite widths",
        f"{MEAN_FIELD}; nets of one seed share their first filters",
        lambda setting: expected_cosine(deep_rho(setting)) - expected_cosine(deep_rho(_five(setting))),
        lambda bench, setting, seed: _likeness(bench, setting, seed) - _likeness(bench, _five(setting), seed),
        Setting(nets=120, image="chelsea", size=16, filters=8, depth=16),
        Setting(nets=300, image="chelsea", filters=64, depth=8),
        note="Of finite width, nets recover best with about five hidden layers. What the recursion leaves "
        "out, that "
        "a layer's units are not quite Gaussian given its input, adds up from layer to layer.",
        recorded="fails",
    ),
    *(_active_claim(depth) for depth in (1, 2, 3, 5)),
    *(
        Claim(
            f"depth.proposition_{depth}",
            "The signal that comes back to the first layer of a deep random net is noise, independent of the "
            "layer's "
            f"own input: with {_layers(depth)} half of its active units let it pass.",
            r"P(R > 0 | z > 0) = \tfrac12",
            "Nie, Zhang and Patel (2018), Proposition 1, as its readers report it",
            MEAN_FIELD,
            lambda setting: 0.5,
            _active,
            replace(QUICK, depth=depth),
            replace(FULL, depth=depth),
            note=f"The recursion says {active_fraction(ratios([1] * depth)[0]):.3f}.",
            recorded="fails",
        )
        for depth in (2, 5)
    ),
    Claim(
        "depth.proposition_rho",
        "As that signal is independent of the input, a deep net makes as much noise as one hidden layer.",
        r"\rho = \pi^2 d / M_1",
        "Nie, Zhang and Patel (2018), Proposition 1, as its readers report it",
        MEAN_FIELD,
        lambda setting: rho_law(hidden_units(setting)[0], photograph(setting).size),
        combined(lambda a, e: e / a**2 - 1, per_net("guided", along(guided_mean)), per_net("guided", energy)),
        replace(QUICK, depth=3),
        replace(FULL, depth=3),
        recorded="fails",
    ),
    Claim(
        "depth.active_saliency",
        "For saliency it is half of them in every layer.",
        r"P(R > 0 | z > 0) = \tfrac12",
        "derivation: a signal of saliency changes its sign with V",
        MEAN_FIELD,
        lambda setting: 0.5,
        partial(_active, rule="saliency"),
        replace(QUICK, depth=3),
        replace(FULL, depth=3),
    ),
    *(_constant_claim(depth) for depth in (2, 3)),
)
