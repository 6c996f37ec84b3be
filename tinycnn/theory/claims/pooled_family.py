"""Behind a max-pool: more rules of the family, and how much of the image finitely many filters show."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from tinycnn.ops.types import Array
from tinycnn.pictures.metrics import centred_cosine
from tinycnn.theory.claim import Agrees, Claim, Setting
from tinycnn.theory.claims.means import centred_cosine_with, pooled_means
from tinycnn.theory.claims.nets import (
    average_cosine,
    centred,
    likeness,
    of_centred,
    per_net,
    photograph,
    projection,
)
from tinycnn.theory.claims.pooling import EXACT, FOUR, ORDER

SOURCE = "derivation: any backward function with any switches"
POOLED = "convolution, ReLU, max-pool, dense; the first of equal entries wins"
WINDOWS = {"four": (2, 2), "nine": (9, 1)}


def _magnitude_mean(guided: bool, setting: Setting) -> Array:
    """The magnitude keeps twice the mean of the ReLU."""
    return 2 * pooled_means(setting)[0 if guided else 1]


def _magnitude(rule: str, guided: bool) -> Claim:
    return Claim(
        f"pooling.{rule}_four",
        f"Behind 2x2 windows, rule {rule} has twice the limit that its ReLU has.",
        r"E s = N E |V| \sum_j D_j^T E[w 1(w \in A_j)]",
        SOURCE,
        POOLED,
        lambda setting: 1.0,
        per_net(rule, projection(partial(_magnitude_mean, guided))),
        FOUR,
        replace(FOUR, size=64, nets=200),
    )


def _centred(rule: str, window: str, filters: int) -> Claim:
    full = Setting(nets=60, image="chelsea", size=64, filters=filters, pool=WINDOWS[window])
    quick = replace(full, nets=100 if filters == 64 else 40, size=16)
    return Claim(
        f"pooling.{rule}_{window}_{filters}",
        f"How much of the image's detail {rule} shows with {filters} filters behind "
        f"{full.pool[0] if full.pool else 0}x{full.pool[0] if full.pool else 0} windows.",
        r"E \langle \tilde s, \tilde x \rangle / (|\tilde x| \sqrt{E |\tilde s|^2}) = \cos(\tilde m, \tilde "
        r"x) (1 + \tilde\rho)^{-1/2}",
        EXACT,
        f"{POOLED}; noise from sampled filters, and behind overlapping windows the limit, too",
        lambda setting: centred_cosine_with(photograph(setting), setting, rule == "guided"),
        average_cosine(
            lambda each: per_net(rule, of_centred(each)), lambda setting: centred(photograph(setting))
        ),
        quick,
        full,
        Agrees(slack=0.01),
        note=ORDER if window == "nine" else "",
    )


CLAIMS = (
    _magnitude("abs", True),
    _magnitude("deconvnet-abs", False),
    Claim(
        "pooling.linear",
        "Switches alone do not make the image appear: without a mean of V nothing is left of it.",
        r"E \cos(s, x) = 0",
        SOURCE,
        f"{POOLED}; a logit fixed in advance",
        lambda setting: 0.0,
        per_net("linear", likeness(centred_cosine, photograph)),
        FOUR,
        replace(FOUR, size=64, nets=200),
    ),
    *(
        _centred(rule, window, filters)
        for rule in ("guided", "deconvnet")
        for window in WINDOWS
        for filters in (64, 256)
    ),
)
