"""The authors' own net: sixteen 7x7 filters on 224x224 pixels, weights from a truncated normal."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache, partial

from scipy.stats import norm, truncnorm

from tinycnn.ops.types import Array
from tinycnn.theory.claim import Agrees, Bench, Claim, Setting
from tinycnn.theory.claims.means import guided_mean
from tinycnn.theory.claims.nets import (
    average_cosine,
    geometry,
    per_net,
    photograph,
    projection,
    relative_variance,
)
from tinycnn.theory.recovery import expected_cosine, rho_image
from tinycnn.zoo.init import truncated_normal

SOURCE = "Nie, Zhang and Patel (2018), experiments as published, against the exact form of Theorem 1"
TRUNCATED = "three layers, no biases, no pool; of the truncation, only its effect on E|V| is accounted for"
SPREAD = float(truncnorm.std(-2, 2))
"""What is left of the standard deviation when values beyond two of them are redrawn."""

MEAN_SIZE = float(2 * (norm.pdf(0) - norm.pdf(2)) / (norm.cdf(2) - norm.cdf(-2)) / SPREAD)
"""``E|V|`` of such a V, scaled to deviation 1; ``sqrt(2 / pi)`` for the Gaussian."""

RATIO = MEAN_SIZE * math.sqrt(math.pi / 2)
"""By how much that exceeds the Gaussian's."""


SIXTEEN = Setting(nets=450, image="chelsea", size=16, kernel=7, filters=16)


@lru_cache(maxsize=4)
def _rho(setting: Setting) -> float:
    eta = 0.5 / (MEAN_SIZE / 2) ** 2
    return rho_image(photograph(setting), geometry(setting), setting.filters, eta)


def _mean(setting: Setting) -> Array:
    return guided_mean(setting) * RATIO


def _truncated(
    measure: Callable[[Bench, Setting, int], Array],
) -> Callable[[Bench, Setting, int], Array]:
    """The measurement with weights drawn as the authors drew them, scaled to deviation 1."""

    def measured(bench: Bench, setting: Setting, seed: int) -> Array:
        return measure(_authors_bench(bench), setting, seed)

    return measured


@lru_cache(maxsize=4)
def _authors_bench(bench: Bench) -> Bench:
    return replace(bench, init=truncated_normal(1 / SPREAD))


CLAIMS = (
    Claim(
        "authors.mean",
        "Truncated weights have the Gaussian's limit, and a mean larger by the ratio of E|V|.",
        r"E s = \frac{N}{\sqrt{2\pi}} E[h(V)] \, m",
        SOURCE,
        TRUNCATED,
        lambda setting: RATIO,
        _truncated(per_net("guided", projection(guided_mean))),
        Setting(nets=450, size=16),
        Setting(nets=600, image="chelsea", size=64),
        Agrees(slack=0.005),
    ),
    Claim(
        "authors.rho",
        "In the authors' net the noise of guided backprop outweighs the image: rho is 1.7.",
        r"\rho = \frac{\pi\eta T + 2\pi X}{N |m|^2} - \frac1N",
        SOURCE,
        TRUNCATED,
        _rho,
        _truncated(per_net("guided", relative_variance(_mean))),
        SIXTEEN,
        replace(SIXTEEN, nets=60, size=224),
        Agrees(slack=0.01),
    ),
    Claim(
        "authors.cosine",
        "Three fifths of the direction of a map of the authors' net are the limit's.",
        r"E \langle s, m \rangle / (|m| \sqrt{E |s|^2}) = (1 + \rho)^{-1/2}",
        SOURCE,
        TRUNCATED,
        lambda setting: expected_cosine(_rho(setting)),
        _truncated(average_cosine(partial(per_net, "guided"), guided_mean)),
        SIXTEEN,
        replace(SIXTEEN, nets=60, size=224),
        Agrees(slack=0.01),
        note="Gaussian weights would give .590: truncated ones have a larger E|V|, and make less noise.",
    ),
)
