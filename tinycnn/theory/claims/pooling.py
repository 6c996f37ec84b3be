"""A max-pool's switches depend on the image: DeconvNet sees it through them, as differences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from tinycnn.ops.types import Array
from tinycnn.pictures.metrics import centred_cosine, high_pass, high_pass_cosine
from tinycnn.theory.claim import Agrees, Claim, Setting
from tinycnn.theory.claims.means import RELU_MEAN, guided_mean, pooled_means, sampled_pool
from tinycnn.theory.claims.nets import (
    Measure,
    Statistic,
    average_cosine,
    likeness,
    per_net,
    photograph,
    projection,
)
from tinycnn.theory.recovery import expected_cosine

PAPER = "Nie, Zhang and Patel (2018), section on max-pooling"
EXACT = f"{PAPER}, exact form: means over the cones of the winners"
FOUR = Setting(nets=150, image="chelsea", size=16, pool=(2, 2))
NINE = Setting(nets=100, image="chelsea", size=16, pool=(9, 1))
ORDER = (
    "The ReLU comes before the pool. With the pool first, every window's signal passes the backward ReLU by "
    "itself, a unit counts n times in place of the root of n, and the limit is less like the image: its "
    "cosine with chelsea of 64 pixels is .59 in place of .68. The noise is less, too."
)


def _full(setting: Setting) -> Setting:
    return replace(setting, size=64, nets=2 * setting.nets)


def behind(rule: str) -> Callable[[Statistic], Measure]:
    """From a statistic to its measurement on the maps of one rule, behind the pool."""
    return lambda statistic: per_net(rule, statistic)


def _nine_mean(mask: bool) -> Callable[[Setting], Array]:
    return lambda setting: setting.filters * RELU_MEAN * sampled_pool(setting, mask).mean


def _mean(
    id: str,
    rule: str,
    statement: str,
    of: Callable[[Setting], Array],
    quick: Setting,
    slack: float = 0.0,
    note: str = "",
) -> Claim:
    won = r"\sqrt{n_j} " if slack else ""  # once in windows that do not overlap
    return Claim(
        f"pooling.{id}",
        statement,
        rf"E s = N E h(V) \sum_j D_j^T E[w {won}1(w \in A_j)]",
        EXACT,
        "convolution, ReLU, max-pool, dense; the first of equal entries wins"
        + ("; the limit is itself a mean over sampled filters" if slack else ""),
        lambda setting: 1.0,
        per_net(rule, projection(of)),
        quick,
        _full(quick),
        Agrees(slack),
        note,
    )


def _four_mean(which: int, setting: Setting) -> Array:
    """Of guided backprop, 0, or of DeconvNet, 1."""
    return pooled_means(setting)[which]


def _nine_cosine(mask: bool) -> Callable[[Setting], float]:
    def predict(setting: Setting) -> float:
        limit = sampled_pool(setting, mask)
        # the sample's own noise lowers its cosine
        return expected_cosine(limit.rho(setting.filters)) * expected_cosine(limit.rho(limit.filters, 1.0))

    return predict


def _high_pass(setting: Setting) -> float:
    """Cosine of DeconvNet with the image's fine detail: the limit's own, less what N filters take."""
    limit = float(high_pass_cosine(pooled_means(setting)[1], photograph(setting)))
    return limit * expected_cosine(sampled_pool(setting, False).rho(setting.filters))


CLAIMS = (
    _mean(
        "guided_four",
        "guided",
        "Behind 2x2 windows, guided backprop has a closed-form limit.",
        lambda setting: pooled_means(setting)[0],
        FOUR,
    ),
    _mean(
        "deconvnet_four",
        "deconvnet",
        "Behind 2x2 windows DeconvNet has a closed-form limit, with what dead windows send to their first "
        "entry.",
        lambda setting: pooled_means(setting)[1],
        FOUR,
    ),
    _mean(
        "guided_nine",
        "guided",
        "Behind the authors' 9x9 windows, a unit that wins n of them counts as the root of n.",
        _nine_mean(True),
        NINE,
        slack=0.01,
        note=ORDER,
    ),
    _mean(
        "deconvnet_nine",
        "deconvnet",
        "Behind 9x9 windows, DeconvNet has a limit too.",
        _nine_mean(False),
        NINE,
        slack=0.01,
        note=ORDER,
    ),
    *(
        Claim(
            f"pooling.{rule}_nine_cosine",
            f"How close {rule} of finitely many filters comes to its limit behind 9x9 windows.",
            r"E \langle s, m \rangle / (|m| \sqrt{E |s|^2}) = (1 + \rho)^{-1/2}",
            EXACT,
            "limit and rho from sampled filters",
            _nine_cosine(mask),
            average_cosine(behind(rule), _nine_mean(mask)),
            NINE,
            _full(NINE),
            Agrees(slack=0.01),
        )
        for rule, mask in (("guided", True), ("deconvnet", False))
    ),
    Claim(
        "pooling.deconvnet_high_pass",
        "What DeconvNet shows behind 2x2 windows is the image's fine detail more than the image.",
        r"E \langle s, \tilde x \rangle / (|\tilde x| \sqrt{E |s|^2}) = \cos(m, \tilde x) (1 + \rho)^{-1/2}, "
        r"\; "
        r"\tilde x = x - x * g_1",
        EXACT,
        "limit in closed form, rho from sampled filters",
        _high_pass,
        average_cosine(behind("deconvnet"), lambda setting: high_pass(photograph(setting))),
        FOUR,
        _full(FOUR),
        Agrees(slack=0.01),
    ),
    Claim(
        "pooling.saliency",
        "A pool changes nothing for saliency: its map stays orthogonal to the image, on average.",
        r"E \cos(s, x) = 0",
        EXACT,
        "a logit fixed in advance",
        lambda setting: 0.0,
        per_net("saliency", likeness(centred_cosine, photograph)),
        FOUR,
        _full(FOUR),
    ),
    *(
        Claim(
            f"pooling.{rule}_digit",
            f"Where whole 2x2 windows are zero, as around a digit on black, {rule} has the closed-form limit "
            "of "
            "others.",
            r"E s = N E h(V) \sum_j D_j^T E[w 1(w \in A_j)]",
            EXACT,
            "convolution, ReLU, max-pool, dense; the first of equal entries wins",
            lambda setting: 1.0,
            per_net(rule, projection(partial(_four_mean, which))),
            replace(FOUR, image="digit"),
            replace(FOUR, image="digit", size=32, nets=400),
        )
        for which, rule in enumerate(("guided", "deconvnet"))
    ),
    Claim(
        "pooling.guided_unaffected",
        "Max-pooling leaves guided backprop as it is: its limit is still the image times a gain.",
        r"\langle E s, m \rangle / (|m| |E s|) = 1, \; m = \sum_j D_j^T y_j / |y_j|",
        PAPER,
        "as its readers report it; the noise of the mean map is that of sampled filters",
        lambda setting: expected_cosine(sampled_pool(setting, True).rho(setting.filters)),
        average_cosine(behind("guided"), guided_mean),
        FOUR,
        _full(FOUR),
        recorded="fails",
        note="It becomes high-pass: on chelsea at 64 pixels, cos(m, x) falls from .94 to .76.",
    ),
    Claim(
        "pooling.deconvnet_is_guided",
        "With a pool, DeconvNet behaves like guided backprop: the two have one limit.",
        r"E s_{\mathrm{DeconvNet}} \propto E s_{\mathrm{GBP}}",
        PAPER,
        "as its readers report it",
        lambda setting: 1.0,
        per_net("deconvnet", projection(lambda setting: pooled_means(setting)[0])),
        FOUR,
        _full(FOUR),
        recorded="fails",
    ),
)
