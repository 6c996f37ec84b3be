"""How many filters, or hidden units, bring guided backprop to a given cosine with its limit."""

from __future__ import annotations

from tinycnn.pictures.metrics import cosine
from tinycnn.theory.claim import Agrees, Claim, Setting
from tinycnn.theory.claims.dense import per_dense_net
from tinycnn.theory.claims.means import guided_cosine, guided_mean
from tinycnn.theory.claims.nets import likeness, per_net
from tinycnn.theory.recovery import expected_cosine, rho_dense

EXACT = "derivation: N = (N rho) cos^2 / (1 - cos^2); the published order of magnitude is 1000"
COSINES = (90, 95, 99)
FILTERS = {3: (125, 272, 1445), 7: (127, 275, 1462)}
"""By the side of the kernel, for each cosine of the photograph of a cat, 64 pixels wide."""

UNITS = {3: (1132, 2457, 13_075), 8: (8074, 17_531, 93_280)}
"""By the side of the image, for a net without local connections; the first is a patch of its own."""


def _local(kernel: int, percent: int, filters: int) -> Claim:
    full = Setting(nets=40, image="chelsea", size=64, kernel=kernel, filters=filters)
    quick = Setting(nets=6, image="chelsea", kernel=kernel, filters=filters)
    return Claim(
        f"enough.filters_{kernel}x{kernel}_{percent}",
        f"{filters} filters of {kernel}x{kernel} bring the cosine with the limit to .{percent}.",
        r"N = N\rho \, \cos^2 / (1 - \cos^2)",
        EXACT,
        "three layers, Gaussian weights, no biases, no pool; first order in the fluctuation of |s|",
        guided_cosine,
        per_net("guided", likeness(cosine, guided_mean)),
        quick,
        full,
        Agrees(slack=0.005),
    )


def _dense(side: int, percent: int, units: int) -> Claim:
    setting = Setting(nets=40 if side == 3 else 6, image="chelsea", size=side, kernel=0, filters=units)
    return Claim(
        f"enough.units_{side}x{side}_{percent}",
        f"{units} hidden units bring one patch of {side}x{side} to the cosine .{percent}.",
        r"M = (\pi^2 d - 1) \cos^2 / (1 - \cos^2)",
        EXACT,
        "fully connected, Gaussian weights, no biases; first order in the fluctuation of |s|",
        lambda setting: expected_cosine(rho_dense(setting.filters, 3 * setting.size**2)),
        per_dense_net(likeness(cosine, guided_mean)),
        setting,
        Setting(nets=4 * setting.nets, image="chelsea", size=side, kernel=0, filters=units),
        Agrees(slack=0.005),
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
