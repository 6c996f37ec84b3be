"""Guided backprop through max-pools: the recursion over layers, with fewer and larger winners."""

from __future__ import annotations

from tinycnn.pictures.metrics import cosine
from tinycnn.rules import identity
from tinycnn.theory import sending
from tinycnn.theory.claim import Setting
from tinycnn.theory.claims.means import guided_mean
from tinycnn.theory.claims.nets import photograph
from tinycnn.theory.claims.vgg import POOLS, hidden, rho, winners
from tinycnn.theory.derivations.step import Step, Steps
from tinycnn.theory.pooled_depth import active_winners, kept, ratios_pooled, winner_energy
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
        "What a layer reads: n inputs, from the top, in units of their own deviation; behind a pool each is "
        "the winner of four, of the energy E h², elsewhere E h² = 1/2.",
        "|h|² = n E h²: E h² behind a pool",
        lambda setting: winner_energy(),
    ),
    Step(
        "Given what a unit saw, its weights are z along its input h and free across it ('tinycnn explain "
        "depth.cosine_3'). So the ratio of signal and noise on active units is, from the top,",
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

WITHOUT: Steps = (
    *NOISE,
    Step(
        "If pools left the limit m as it is, only noise would lower the cosine with it.",
        "E cos(s, m) ≈ (1 + ρ)^(-1/2)",
        lambda setting: expected_cosine(rho(setting)),
    ),
)

AHEAD: Steps = (
    Step(
        "Without pools the limit is m. Its norm of a patch is 1, whatever the patch's contrast.",
        "m = Σ_j D_jᵀ y_j / |y_j|,  cos(m, x)",
        IMAGE[-2].value,
    ),
    Step(
        "A patch of much contrast has larger responses, wins more windows, and gets more signal. So its "
        "weight grows with |y|, as in the image. Whether that brings the map nearer to the image depends on "
        "the photograph. The statement is a sign, of one photograph: that this mean is above a bound, which "
        "is",
        "E [cos(s, x) - cos(s, m)] > 0: 0",
        lambda setting: sending.mean(identity),
    ),
)

ENERGY: Steps = (
    Step(
        "Of four independent units one wins: a chance of 1/4 each, of which so much with z > 0.",
        "∫_0^∞ φ(z) Φ(z)³ dz = (1 - 2⁻⁴) / 4",
        lambda setting: (1 - 0.5**4) / 4,
    ),
    Step(
        "Its square, times four units.",
        "E h² = 4 ∫_0^∞ z² φ(z) Φ(z)³ dz",
        lambda setting: winner_energy(),
    ),
)

ACTIVE: Steps = (
    *ENERGY,
    Step(
        "Above is one layer of M₂ units, which read n = M₁/4 winners. Its signal knows nothing of z: r = 0 "
        "there.",
        "M₁, M₂",
        winners,
    ),
    Step(
        "One layer down the signal has a part along what its units saw, as without pools.",
        "r₁ = √(M₂ / (n E h²)) m₁(0) / √q(0)",
        lambda setting: ratios_pooled(winners(setting), (1,))[0],
    ),
    Step(
        "A winner's z is large: average P(R > 0 | z) over its law.",
        "∫_0^∞ Φ(r z) φ(z) Φ(z)³ dz / ∫_0^∞ φ(z) Φ(z)³ dz",
        lambda setting: active_winners(ratios_pooled(winners(setting), (1,))[0]),
    ),
)

STEPS = {
    "vgg.guided_limit": LIMIT,
    "vgg.guided": WITHOUT,
    "vgg.guided_image": AHEAD,
    "vgg.winner_energy": ENERGY,
    "vgg.winner_active": ACTIVE,
    "vgg.deconvnet": DECONVNET,
}
