"""Average pools and tiles: where pairs of patches share a signal, and where none overlap."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

import numpy as np

from tinycnn.layers import AvgPool2D
from tinycnn.ops.types import Array
from tinycnn.pictures.metrics import centred_cosine
from tinycnn.theory.averaged import rho_averaged
from tinycnn.theory.claim import Bench, Claim, Setting
from tinycnn.theory.claims.means import guided_mean
from tinycnn.theory.claims.nets import (
    Measure,
    Statistic,
    geometry,
    in_parts,
    likeness,
    maps,
    network_input,
    per_net,
    photograph,
    projection,
    relative_variance,
    seeds,
)
from tinycnn.theory.recovery import rho_patch
from tinycnn.trace import run
from tinycnn.zoo.build import Builder

SOURCE = "derivation: second moments of a filter on two half-spaces"
POOLED = "convolution, ReLU, average pool of 2x2, dense; Gaussian weights, no biases"
POOL = 2
QUICK = Setting(nets=450, image="coffee", size=16)
TILES = Setting(nets=300, image="chelsea", size=16, filters=64, kernel=4, stride=4)


@lru_cache(maxsize=4)
def _maps(bench: Bench, setting: Setting, seed: int, rule: str) -> Array:
    """The map of each net by a rule, whose row for average pools is the gradient's: (nets, 1, c, h, w)."""
    found = []
    for number in seeds(setting, seed):
        stack = Builder((3, setting.size, setting.size), number, bench.init)
        stack.conv("conv", setting.filters, setting.kernel, setting.stride)
        stack.relu("relu")
        stack.layers.append(AvgPool2D(POOL, POOL, name="pool"))
        stack.shape = (stack.shape[0], *(side // POOL for side in stack.shape[1:]))
        stack.flatten()
        stack.dense("logits", 1)
        found.append(maps(bench, run(stack.layers, network_input(setting)), rule))
    return np.stack(found)


def _behind(statistic: Statistic, rule: str = "guided") -> Measure:
    return lambda bench, setting, seed: in_parts(statistic, _maps(bench, setting, seed, rule), setting)


def _mean(setting: Setting) -> Array:
    """Every signal is spread over the pool's window."""
    return guided_mean(setting) / POOL**2


def _rho(setting: Setting) -> float:
    return rho_averaged(photograph(setting), geometry(setting), POOL, setting.filters)


def _tiles(setting: Setting) -> float:
    return rho_patch(setting.filters, 3 * setting.kernel**2)


def _claim(
    id: str,
    statement: str,
    latex: str,
    assumptions: str,
    predict: Callable[[Setting], float],
    measure: Measure,
    quick: Setting,
) -> Claim:
    full = replace(quick, nets=3 * quick.nets, size=32)
    return Claim(f"averaged.{id}", statement, latex, SOURCE, assumptions, predict, measure, quick, full)


CLAIMS = (
    _claim(
        "mean",
        "Behind an average pool guided backprop has the limit that it has without.",
        r"E s = \frac{N c^2}{2 \pi k^2} \sum_j D_j^T \frac{y_j}{|y_j|}",
        POOLED,
        lambda setting: 1.0,
        _behind(projection(_mean)),
        QUICK,
    ),
    _claim(
        "rho",
        "Behind an average pool a map is noisier only by the pairs of patches that share a window, and so a "
        "signal.",
        r"\rho = [\pi \eta T + 2 \pi (X_{\mathrm{out}} + \eta X_{\mathrm{in}}) - |m|^2] / (N |m|^2)",
        POOLED,
        _rho,
        _behind(relative_variance(_mean)),
        QUICK,
    ),
    _claim(
        "deconvnet",
        "DeconvNet shows nothing of the image behind an average pool: it has no switches.",
        r"E \cos(s - \bar s, x - \bar x) = 0",
        POOLED,
        lambda setting: 0.0,
        _behind(likeness(centred_cosine, photograph), "deconvnet"),
        QUICK,
    ),
    _claim(
        "tiles",
        "Where patches tile the image without overlap, a map's noise is exactly that of one patch.",
        r"\rho = (\pi \eta p - 1) / N",
        "three layers, stride as large as the kernel, Gaussian weights, no biases",
        _tiles,
        per_net("guided", relative_variance(guided_mean)),
        TILES,
    ),
)
