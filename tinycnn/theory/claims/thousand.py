"""The published sample complexity: a thousand filters, in each reading of an error under a tenth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from tinycnn.ops.types import Array
from tinycnn.pictures.metrics import cosine
from tinycnn.theory.claim import Agrees, AtMost, Bench, Claim, Setting, Verdict, of_means
from tinycnn.theory.claims.dense import per_dense_net
from tinycnn.theory.claims.means import guided_mean
from tinycnn.theory.claims.nets import Measure, Statistic, likeness, per_net, relative_variance

PAPER = "Nie, Zhang and Patel (2018), sample complexity O~(p / eps^2), as its readers report it"
THREE_LAYERS = "three layers, Gaussian weights, no biases, no pool"
ERROR = 0.1
QUICK = Setting(nets=12, image="chelsea", size=16, filters=1000)
PATCH = Setting(nets=100, image="chelsea", size=3, filters=1000, kernel=0)


def _length(s: Array, setting: Setting) -> Array:
    """``|s - m| / |m|``."""
    return np.sqrt(relative_variance(guided_mean)(s, setting))


def _angle(s: Array, setting: Setting) -> Array:
    return 1 - likeness(cosine, guided_mean)(s, setting)


def _claim(
    id: str,
    statement: str,
    latex: str,
    statistic: Statistic,
    recorded: Verdict,
    quick: Setting = QUICK,
    per: Callable[[Statistic], Measure] = partial(per_net, "guided"),
) -> Claim:
    return Claim(
        f"thousand.{id}",
        f"With a thousand 3x3x3 filters {statement} is under .1.",
        latex,
        PAPER,
        f"{THREE_LAYERS}; judged on every net",
        lambda setting: ERROR,
        per(statistic),
        quick,
        replace(quick, nets=60, size=32) if quick is QUICK else replace(quick, nets=1000),
        AtMost(),
        recorded=recorded,
    )


def seven(setting: Setting) -> Setting:
    """The same net with kernels of 7x7."""
    return replace(setting, kernel=7)


def _growth(bench: Bench, setting: Setting, seed: int) -> Array:
    """rho of 7x7 filters over that of 3x3 filters, by means over nets."""
    measure = per_net("guided", relative_variance(guided_mean))
    both = (measure(bench, each, seed) for each in (seven(setting), setting))
    return of_means(lambda large, small: large / small, *both)


CLAIMS = (
    _claim(
        "energy",
        "the noise's share of the limit's energy",
        r"|s - m|^2 / |m|^2 < .1",
        relative_variance(guided_mean),
        "holds",
    ),
    _claim("angle", "what a map lacks to a cosine of 1", r"1 - \cos(s, m) < .1", _angle, "holds"),
    _claim("length", "the relative error of the map", r"|s - m| / |m| < .1", _length, "fails"),
    _claim(
        "patch",
        "the relative error of one patch",
        r"|s - u| / |u| < .1",
        _length,
        "fails",
        PATCH,
        per_dense_net,
    ),
    Claim(
        "thousand.grows",
        "The number of filters grows with their size: 7x7 filters have 49 / 9 times the noise of 3x3 "
        "filters.",
        r"\rho_{7 \times 7} / \rho_{3 \times 3} = 147 / 27",
        PAPER,
        f"{THREE_LAYERS}; read of the whole map, not of one patch",
        lambda setting: 49 / 9,
        _growth,
        Setting(nets=200, image="chelsea", size=16, filters=16),
        Setting(nets=1200, image="chelsea", filters=16),
        Agrees(),
        note="Of one patch it is true. Larger patches overlap more, so of the map it is not.",
        recorded="fails",
    ),
)
