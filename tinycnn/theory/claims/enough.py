"""How many filters, or hidden units, bring guided backprop to a given cosine with its limit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from tinycnn.ops.types import Array
from tinycnn.theory.claim import Agrees, Bench, Claim, Setting
from tinycnn.theory.claims.dense import per_dense_net
from tinycnn.theory.claims.means import guided_mean
from tinycnn.theory.claims.nets import Measure, Statistic, along, combined, energy, per_net

EXACT = "derivation: N = (N rho) cos^2 / (1 - cos^2); the published order of magnitude is 1000"
COUNT = r"N = N\rho \, \cos^2 / (1 - \cos^2), \; \cos = E \langle s, m \rangle / (|m| \sqrt{E |s|^2})"
COSINES = (90, 95, 99)
FILTERS = {3: (125, 272, 1445), 7: (127, 275, 1462)}
"""By the side of the kernel, for each cosine of the photograph of a cat, 64 pixels wide."""

UNITS = {3: (1132, 2457, 13_075), 8: (8074, 17_531, 93_280)}
"""By the side of the image, for a net without local connections; the first is a patch of its own."""


def _needed(percent: int, per: Callable[[Statistic], Measure]) -> Measure:
    """How many it takes for the cosine, by the noise of as many as the setting has: noise falls as 1 / N."""

    def measure(bench: Bench, setting: Setting, seed: int) -> Array:
        odds = setting.filters * percent**2 / (100**2 - percent**2)
        count = combined(lambda a, e: odds * (e / a**2 - 1), per(along(guided_mean)), per(energy))
        return count(bench, setting, seed)

    return measure


def _local(kernel: int, percent: int, filters: int) -> Claim:
    nets = {90: 300, 95: 150, 99: 30}[percent]
    full = Setting(nets=nets, image="chelsea", size=64, kernel=kernel, filters=filters)
    return Claim(
        f"enough.filters_{kernel}x{kernel}_{percent}",
        f"It takes {filters} filters of {kernel}x{kernel} for an average map to have the cosine .{percent} "
        "with "
        "its limit.",
        COUNT,
        EXACT,
        "three layers, Gaussian weights, no biases, no pool",
        lambda setting: filters,
        _needed(percent, partial(per_net, "guided")),
        replace(full, size=32),
        full,
        Agrees(slack=0.005),
        note="The quick setting has a quarter of the pixels, for which it takes about as many.",
    )


def _dense(side: int, percent: int, units: int) -> Claim:
    nets = {3: {90: 600, 95: 400, 99: 200}, 8: {90: 100, 95: 40, 99: 10}}[side][percent]
    setting = Setting(nets=nets, image="chelsea", size=side, kernel=0, filters=units)
    return Claim(
        f"enough.units_{side}x{side}_{percent}",
        f"It takes {units} hidden units for the average map of one patch of {side}x{side} to have the cosine "
        f".{percent} with its limit.",
        r"M = (\pi^2 d - 1) \cos^2 / (1 - \cos^2), \; \cos = E \langle s, m \rangle / (|m| \sqrt{E |s|^2})",
        EXACT,
        "fully connected, Gaussian weights, no biases",
        lambda setting: units,
        _needed(percent, per_dense_net),
        setting,
        replace(setting, nets=4 * nets),
        note="The number grows as that of the pixels: 64 times as many for 64x64." if side == 8 else "",
    )


CLAIMS = (
    *(
        _local(kernel, percent, filters)
        for kernel, counts in FILTERS.items()
        for percent, filters in zip(COSINES, counts, strict=True)
    ),
    *(
        _dense(side, percent, units)
        for side, counts in UNITS.items()
        for percent, units in zip(COSINES, counts, strict=True)
    ),
)
