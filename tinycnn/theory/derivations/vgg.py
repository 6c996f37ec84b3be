"""Guided backprop through max-pools: the recursion over layers, with fewer and larger winners."""

from __future__ import annotations

from tinycnn.pictures.metrics import cosine
from tinycnn.theory.claim import Setting
from tinycnn.theory.claims.means import guided_mean
from tinycnn.theory.claims.nets import photograph
from tinycnn.theory.claims.vgg import POOLS, hidden, rho
from tinycnn.theory.derivations.step import Step, Steps
from tinycnn.theory.pooled_depth import kept, ratios_pooled
from tinycnn.theory.recovery import expected_cosine


def _ratios(setting: Setting) -> list[float]:
    return ratios_pooled(hidden(setting), POOLS)


def _kept(which: int, setting: Setting) -> list[float]:
    """m1 or q of every layer, from the top."""
    found = [kept(r, layer in POOLS)[which] for layer, r in enumerate(_ratios(setting), start=1)]
    return found[::-1]


NOISE: Steps = (
    Step(
        "Count the hidden units of every layer, from the top, before the pool behind it.",
        "M_L, ..., M_1",
        lambda setting: hidden(setting)[::-1],
    ),
    Step(
        "Behind a pool only the winner of four gets a signal. This much of z comes through.",
        "m₁(r) = E[z relu(rz + g) 1(z > 0) 1(z wins)]",
        lambda setting: _kept(0, setting),
    ),
    Step(
        "and this much energy.",
        "q(r) = E[relu(rz + g)² 1(z > 0) 1(z wins)]",
        lambda setting: _kept(1, setting),
    ),
    Step(
        "The ratio of signal and noise on active units, from the top.",
        "r_(l-1) = √(M_l / (n E h²)) m₁(r_l) / √q(r_l)",
        lambda setting: _ratios(setting)[::-1],
    ),
    Step("At the first layer, noise in units of the limit.", "ρ = (d / M₁) q(r₁) / m₁(r₁)²", rho),
)

LIMIT: Steps = (
    *NOISE,
    Step(
        "Two independent nets share the limit and nothing else.",
        "cos(s, s') ≈ 1 / (1 + ρ)",
        lambda setting: 1 / (1 + rho(setting)),
    ),
)

IMAGE: Steps = (
    *NOISE,
    Step(
        "Take the limit without pools, and compare it with the image.",
        "cos(m, x)",
        lambda setting: float(cosine(guided_mean(setting), photograph(setting))),
    ),
    Step(
        "Multiply with the cosine of map and limit.",
        "cos(s, x) ≈ cos(m, x) (1 + ρ)^(-1/2)",
        lambda setting: (
            float(cosine(guided_mean(setting), photograph(setting))) * expected_cosine(rho(setting))
        ),
    ),
)

DECONVNET: Steps = (
    *IMAGE,
    Step(
        "DeconvNet has the switches, but not the masks: of the image it knows which units won their windows. "
        "The statement gives it the same cosine.",
        "cos(s_DeconvNet, x) ≈ cos(s_GBP, x)",
        IMAGE[-1].value,
    ),
)

STEPS = {"vgg.guided_limit": LIMIT, "vgg.guided": IMAGE, "vgg.deconvnet": DECONVNET}
