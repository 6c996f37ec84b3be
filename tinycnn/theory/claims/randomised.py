"""Model parameter randomisation (Adebayo et al. 2018) in random nets: what new weights leave of a map."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any

import numpy as np

from tinycnn.layers import Dense
from tinycnn.ops.types import Array
from tinycnn.pictures.metrics import spearman
from tinycnn.theory.claim import Agrees, Bench, Claim, Setting, VerdictRule
from tinycnn.theory.claims import vgg
from tinycnn.theory.claims.means import arm_mean, arm_rho, guided_rho
from tinycnn.theory.claims.nets import (
    Measure,
    average_cosine,
    geometry,
    hidden_units,
    in_parts,
    maps,
    net,
    network_input,
    photograph,
    seeds,
)
from tinycnn.theory.claims.redrawn import alike, pairs
from tinycnn.theory.randomised import (
    louder,
    redrawn_above,
    redrawn_all,
    redrawn_output_dense,
    spearman_normal,
)
from tinycnn.theory.recovery import expected_cosine, rho_dense
from tinycnn.theory.sensitivity import logit_cosine_image
from tinycnn.trace import run
from tinycnn.zoo.init import stream

TEST = "the test is that of Adebayo et al. (2018); the prediction is derived here"
THREE_LAYERS = "three layers, Gaussian weights, no biases, no pool"
MEAN_FIELD = "wide layers, Gaussian weights, no biases, no pools"
DENSE = Setting(nets=320, image="chelsea", size=4, filters=512, kernel=0)
CONV = Setting(nets=200, image="chelsea", size=8, filters=64)
DEEP = Setting(nets=120, image="chelsea", size=3, filters=384, kernel=0, depth=3)
DEEP_CONV = Setting(nets=40, image="chelsea", size=10, filters=128, depth=3)
VGG = Setting(nets=24, image="chelsea")
NOISE = Setting(nets=580, image="chelsea", size=4, filters=128, kernel=0, classes=40)
RATIO = 5.0
"""How much louder the first of two channels is."""

CORRELATION = 0.8
"""Of two maps whose ranks are compared."""


def dense_rho(setting: Setting) -> float:
    """rho of guided backprop in a dense net with one hidden layer."""
    return rho_dense(setting.filters, photograph(setting).size)


def _output(setting: Setting) -> float:
    x = photograph(setting)
    if setting.kernel == 0:
        return redrawn_output_dense(setting.filters, x.size)
    return logit_cosine_image(x, geometry(setting), setting.filters)


def _all(setting: Setting) -> float:
    return redrawn_all(guided_rho(setting) if setting.kernel else dense_rho(setting))


def _above(kept: int, setting: Setting) -> float:
    return redrawn_above(photograph(setting).size, hidden_units(setting), kept)


def _above_pools(kept: int, setting: Setting) -> float:
    return redrawn_above(photograph(setting).size, vgg.hidden(setting), kept, vgg.POOLS)


def _null_spread(bench: Bench, setting: Setting, seed: int) -> Array:
    """Mean of ``(d - 1) r^2`` over a net's logits, r the rank correlation with the other net's map."""
    one, two = pairs(bench, setting, seed, "saliency", 0)
    return (one[0, 0].size - 1) * np.mean(spearman(one, two) ** 2, axis=1)


def _ranks(bench: Bench, setting: Setting, seed: int) -> Array:
    """Mean rank correlation of the maps of one net, and of mixtures with another's."""
    one, two = pairs(bench, setting, seed, "saliency", 0)
    mixed = CORRELATION * one + math.sqrt(1 - CORRELATION**2) * two
    return np.asarray(spearman(one, mixed)).mean(axis=1)


def _louder(bench: Bench, setting: Setting, seed: int) -> Array:
    """Share of a random layer's units to which the louder of two inputs adds more."""
    inputs, found = np.array([RATIO, 1.0]), []
    for number in seeds(setting, seed):
        shape = (setting.filters, 2)
        first, second = np.abs(bench.init(stream(number, 0, shape), shape) * inputs).T
        found.append(np.mean(first > second))
    return np.array(found)


@lru_cache(maxsize=2)
def _sum_maps(bench: Bench, setting: Setting, seed: int) -> Array:
    """Saliency of each net's ``sum_ij relu(w_i . y_j)``: (nets, 1, c, h, w)."""
    found = []
    for number in seeds(setting, seed):
        *layers, last = net(bench, setting, number).layers
        assert isinstance(last, Dense)
        ones = replace(last, weight=np.ones_like(last.weight))
        found.append(maps(bench, run([*layers, ones], network_input(setting)), "saliency"))
    return np.stack(found)


def _of_sum(statistic: Callable[[Array, Setting], Array]) -> Measure:
    return lambda bench, setting, seed: in_parts(statistic, _sum_maps(bench, setting, seed), setting)


def _claim(
    id: str,
    statement: str,
    latex: str,
    assumptions: str,
    predict: Callable[[Setting], float],
    measure: Measure,
    quick: Setting,
    rule: VerdictRule = Agrees(),
    **rest: Any,
) -> Claim:
    full = replace(quick, nets=4 * quick.nets)
    return Claim(
        f"mprt.{id}", statement, latex, TEST, assumptions, predict, measure, quick, full, rule, **rest
    )


def _cascade(kind: str, setting: Setting, kept: int) -> Claim:
    drawn = "all weights" if kept == 0 else f"all above the first {kept} of {setting.depth} hidden layers"
    return _claim(
        f"cascade_{kind}_{kept}",
        f"Guided backprop of a deep {kind} net, and of the same with {drawn} drawn anew, stay alike.",
        r"\cos(s, s') = (1 + \rho q) / (1 + \rho), \; q \leftarrow E[(rz + g_1)_+ (rz + g_2)_+ 1(z > 0)] / "
        r"q(r)"
        r" \text{ per kept layer, from } 0",
        MEAN_FIELD,
        partial(_above, kept),
        alike("guided", kept),
        setting,
        Agrees(slack=0.015),
    )


KINDS = {"dense": DENSE, "convolutional": CONV}

CLAIMS = (
    *(
        _claim(
            f"output_{kind}",
            f"Guided backprop of a {kind} net whose output weights are drawn anew changes as little as "
            "from one "
            "logit to another.",
            r"E \langle s, s' \rangle / E |s|^2 = (1 + \rho(1)) / (1 + \rho) \approx (1 + \rho / \pi) / (1 "
            r"+ \rho)",
            THREE_LAYERS,
            _output,
            alike("guided", 1),
            setting,
        )
        for kind, setting in KINDS.items()
    ),
    *(
        _claim(
            f"all_{kind}",
            f"Guided backprop of two {kind} nets that share no weight is alike: all nets share the limit. "
            "The test "
            "measures rho.",
            r"E \langle s, s' \rangle / E |s|^2 = 1 / (1 + \rho)",
            THREE_LAYERS,
            _all,
            alike("guided", 0),
            setting,
        )
        for kind, setting in KINDS.items()
    ),
    *(
        _claim(
            f"saliency_{kind}",
            f"Saliency of a {kind} net passes the test: nothing is left once the output weights are drawn "
            "anew.",
            r"E \langle s, s' \rangle = 0",
            THREE_LAYERS,
            lambda setting: 0.0,
            alike("saliency", 1),
            setting,
        )
        for kind, setting in KINDS.items()
    ),
    *(_cascade("dense", DEEP, kept) for kept in (3, 2, 1, 0)),
    *(_cascade("convolutional", DEEP_CONV, kept) for kept in (3, 2, 1, 0)),
    *(
        _claim(
            f"cascade_vgg_{kept}",
            f"Guided backprop of a net like VGG, and of the same with all above the first {kept} of 6 "
            "convolutions drawn anew, stay alike through max-pools.",
            r"\cos(s, s') = (1 + \rho q) / (1 + \rho), \; q \leftarrow E[(rz + g_1)_+ (rz + g_2)_+ "
            r"1(z > 0) 1(z \text{ wins})] / q(r) \text{ at a pool}",
            f"{vgg.NET}; wide layers, independent rivals in a window",
            partial(_above_pools, kept),
            alike("guided", kept, vgg.vgg_net),
            VGG,
            Agrees(slack=0.05),
            note="With all weights drawn anew it is 'vgg.guided_limit'." if kept == 2 else "",
        )
        for kept in (6, 4, 2)
    ),
    _claim(
        "cascade_narrow",
        "The recursion of a net partly drawn anew holds in a convolutional net of 32 filters.",
        r"\cos(s, s') = (1 + \rho q) / (1 + \rho)",
        MEAN_FIELD,
        partial(_above, 2),
        alike("guided", 2),
        replace(DEEP_CONV, nets=80, filters=32),
        note="All positions share their filters, so that a narrow net's noise is less alike than that of "
        "as many "
        "independent units: by 3 % at 32 filters, and by half a percent at 128.",
        recorded="fails",
    ),
    _claim(
        "noise_passes",
        "Noise passes the test: rank correlations of the maps of two nets are 0 but for chance.",
        r"E\,\mathrm{Spearman}(s, s')^2 = 1 / (d - 1)",
        "saliency of dense nets that share no weight; pixels are nearly independent",
        lambda setting: 1.0,
        _null_spread,
        NOISE,
        Agrees(slack=0.01),
        note="Binder et al. (2023) state that uninformative maps of white noise score well.",
    ),
    _claim(
        "ranks",
        "The rank correlation that the test reports, of two maps of normal pixels, is less than their "
        "cosine.",
        r"E\,\mathrm{Spearman} = \tfrac{6}{\pi (d + 1)} [\arcsin c + (d - 2) \arcsin \tfrac{c}{2}]",
        "normal pixels, nearly independent of each other",
        lambda setting: spearman_normal(CORRELATION, photograph(setting).size),
        _ranks,
        NOISE,
        Agrees(slack=0.005),
        note="Moran (1948) has the formula.",
    ),
    _claim(
        "loud",
        "Where upper layers are drawn anew, loud channels stay loud: one five times as loud adds more 7 "
        "times in 8.",
        r"P(|w_1| a_1 > |w_2| a_2) = \tfrac{2}{\pi} \arctan(a_1 / a_2)",
        "independent Gaussian weights of one variance",
        lambda setting: louder(RATIO),
        _louder,
        Setting(nets=400, size=8, filters=400, kernel=0),
        counts=True,
        note='Binder et al. (2023) state it as "with high probability".',
    ),
    _claim(
        "sum",
        "The gradient of the sum of all activations of random filters is no noise: it recovers the limit.",
        r"f = \sum_{ij} (w_i \cdot y_j)_+: \; E \langle \nabla f, m \rangle / (|m| \sqrt{E |\nabla f|^2}) "
        r"= (1 + \rho(\eta = 1))^{-1/2}",
        "convolution, ReLU, sum over all positions and filters; Gaussian filters",
        lambda setting: expected_cosine(arm_rho("constant", setting)),
        average_cosine(_of_sum, partial(arm_mean, "constant")),
        replace(CONV, filters=16),
        note="Adebayo et al. (2018), section 5, have this net as a cause of edges in maps. Under Gaussian "
        "output "
        "weights the cosine is 0.",
    ),
)
