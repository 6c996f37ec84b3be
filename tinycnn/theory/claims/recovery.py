"""How many hidden units recover how much; whether they are local does not matter."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from tinycnn.pictures.metrics import centred_cosine, cosine
from tinycnn.theory.claim import Agrees, Claim, Setting
from tinycnn.theory.claims.dense import per_dense_net
from tinycnn.theory.claims.means import centred_cosine_with, guided_cosine, guided_mean, guided_rho
from tinycnn.theory.claims.nets import hidden_units, likeness, per_net, photograph, relative_variance
from tinycnn.theory.recovery import expected_cosine, rho_dense, rho_law

PAPER = "Nie, Zhang and Patel (2018), section on sample complexity"
EXACT = "derivation: second moments of a filter on two half-spaces"
THREE_LAYERS = "three layers, Gaussian weights, no biases, no pool"
RATIO = "The quick setting has fewer hidden units, and as many fewer pixels."


def _rho(id: str, statement: str, quick: Setting, full: Setting) -> Claim:
    return Claim(
        f"recovery.{id}",
        statement,
        r"\rho = \frac{\pi\eta T + 2\pi X}{N |m|^2} - \frac1N",
        EXACT,
        THREE_LAYERS,
        guided_rho,
        per_net("guided", relative_variance(guided_mean)),
        quick,
        full,
    )


def _law(setting: Setting) -> float:
    return rho_law(sum(hidden_units(setting)), photograph(setting).size)


def _dense_cosine(setting: Setting) -> float:
    return expected_cosine(rho_dense(setting.filters, photograph(setting).size))


MATCHED = {
    "cnn": Setting(nets=300, filters=16, kernel=3),
    "strided": Setting(nets=100, filters=256, kernel=8, stride=4),
    "dense": Setting(nets=8, filters=16384, kernel=0),
}
"""16384 hidden units each, on 3072 pixels."""

SMALL_DENSE = replace(MATCHED["dense"], nets=16, size=16, filters=4096)
"""A quarter of both: nearly all weights of all claims together would be those of the dense net."""

CLAIMS = (
    _rho(
        "rho",
        "How far a map of finitely many filters is from its limit.",
        Setting(nets=150),
        Setting(nets=600),
    ),
    _rho(
        "rho_seven",
        "How far a map of the paper's sixteen 7x7 filters is from its limit.",
        Setting(nets=300, image="chelsea", kernel=7, filters=16),
        Setting(nets=1200, image="chelsea", kernel=7, filters=16),
    ),
    _rho(
        "rho_wide",
        "How far a map of many filters is from its limit.",
        Setting(nets=60, image="chelsea", filters=1024),
        Setting(nets=40, image="chelsea", size=64, filters=1024),
    ),
    _rho(
        "rho_sixteen",
        "How far a map of sixteen 3x3 filters is from its limit.",
        Setting(nets=300, image="chelsea", filters=16),
        Setting(nets=1200, image="chelsea", filters=16),
    ),
    _rho(
        "rho_quarter",
        "How far a map of 256 filters is from its limit.",
        Setting(nets=60, image="chelsea", filters=256),
        Setting(nets=1200, image="chelsea", size=64, filters=256),
    ),
    _rho(
        "rho_patch_sixteen",
        "How far one 3x3 patch of sixteen filters is from its limit.",
        Setting(nets=400, image="chelsea", size=3, filters=16, kernel=0),
        Setting(nets=4000, image="chelsea", size=3, filters=16, kernel=0),
    ),
    _rho(
        "rho_patch_seven",
        "How far one 7x7 patch of sixteen filters is from its limit.",
        Setting(nets=400, image="chelsea", size=7, filters=16, kernel=0),
        Setting(nets=4000, image="chelsea", size=7, filters=16, kernel=0),
    ),
    _rho(
        "rho_patch",
        "How far one patch alone is from its limit: to it the published sample complexity refers.",
        Setting(nets=400, size=3, filters=256, kernel=0),
        Setting(nets=2000, size=3, filters=256, kernel=0),
    ),
    Claim(
        "recovery.cosine",
        "The cosine with the limit follows from rho.",
        r"\cos(s, m) \approx (1 + \rho)^{-1/2}",
        EXACT,
        f"{THREE_LAYERS}; first order in the fluctuation of |s|",
        guided_cosine,
        per_net("guided", likeness(cosine, guided_mean)),
        Setting(nets=150),
        Setting(nets=400),
        Agrees(slack=0.01),
    ),
    *(
        Claim(
            f"recovery.law_{kind}",
            f"At equally many hidden units, this {kind} net recovers as well as any other.",
            r"\rho \approx \pi \eta \, d / M",
            "derivation: leading term of rho; the published explanation is local connections",
            f"{THREE_LAYERS}; overlap and border are left out",
            _law,
            (per_dense_net if setting.kernel == 0 else partial(per_net, "guided"))(
                relative_variance(guided_mean)
            ),
            SMALL_DENSE if kind == "dense" else setting,
            replace(setting, filters=4 * setting.filters),
            Agrees(slack=0.06),
            note=RATIO if kind == "dense" else "",
        )
        for kind, setting in MATCHED.items()
    ),
    Claim(
        "recovery.dense_paper",
        "The authors' fully connected net of 5000 hidden units recovers a fifth of the image's direction.",
        r"\cos(s, x) \approx (1 + \pi^2 d / M)^{-1/2}",
        EXACT,
        THREE_LAYERS,
        _dense_cosine,
        per_dense_net(likeness(cosine, photograph)),
        Setting(nets=12, filters=1250, kernel=0),
        Setting(nets=10, size=64, filters=5000, kernel=0),
        Agrees(slack=0.01),
        note=RATIO,
    ),
    Claim(
        "recovery.dense_wide",
        "With 70000 hidden units a fully connected net recovers three fifths, as their number predicts.",
        r"\cos(s, x) \approx (1 + \pi^2 d / M)^{-1/2}",
        "Nie, Zhang and Patel (2018), comparison with a fully connected net, exact form",
        THREE_LAYERS,
        _dense_cosine,
        per_dense_net(likeness(cosine, photograph)),
        Setting(nets=20, size=16, filters=4375, kernel=0),
        Setting(nets=5, size=64, filters=70_000, kernel=0),
        Agrees(slack=0.01),
        note=RATIO,
    ),
    Claim(
        "recovery.dense_cnn",
        "A fully connected net of as many hidden units as 64 filters have, 262144, recovers as much as they.",
        r"\cos(s, x) \approx (1 + \pi^2 d / M)^{-1/2}",
        "Nie, Zhang and Patel (2018), comparison with a fully connected net, exact form",
        THREE_LAYERS,
        _dense_cosine,
        per_dense_net(likeness(cosine, photograph)),
        Setting(nets=10, size=16, filters=16_384, kernel=0),
        Setting(nets=3, size=64, filters=262_144, kernel=0),
        Agrees(slack=0.01),
        note=RATIO,
    ),
    Claim(
        "recovery.centred_cosine",
        "The cosine with the limit, once the channels' means are taken from both.",
        r"\cos(s - \bar s, m - \bar m) \approx (1 + \bar\rho)^{-1/2}",
        EXACT,
        f"{THREE_LAYERS}; noise from sampled filters; first order in the fluctuation of |s|",
        lambda setting: centred_cosine_with(guided_mean(setting), setting),
        per_net("guided", likeness(centred_cosine, guided_mean)),
        Setting(nets=150),
        Setting(nets=400),
        Agrees(slack=0.02),
    ),
    Claim(
        "recovery.locality",
        "Without local connections guided backprop fails, however many hidden units there are.",
        r"\rho_{\mathrm{dense}} > 2 \rho_{\mathrm{CNN}} \text{ at equal } M",
        "Nie, Zhang and Patel (2018), comparison with a fully connected net, as its readers report it",
        f"{THREE_LAYERS}; the published comparison is at unequal numbers of hidden units",
        lambda setting: 2 * guided_rho(MATCHED["cnn"]),
        per_dense_net(relative_variance(guided_mean)),
        SMALL_DENSE,
        replace(MATCHED["dense"], nets=32),
        Agrees(slack=0.06),
        note=RATIO,
        recorded="fails",
    ),
    Claim(
        "recovery.samples",
        "Sixteen filters of 7x7, the authors' choice, leave most of the limit's direction in noise.",
        r"\sin^2(s, m) = \rho / (1 + \rho) \approx 0.65",
        f"{PAPER}, exact form",
        f"{THREE_LAYERS}; first order in the fluctuation of |s|, which is large for 16 filters",
        lambda setting: guided_rho(setting) / (1 + guided_rho(setting)),
        per_net("guided", lambda s, setting: 1 - likeness(cosine, guided_mean)(s, setting) ** 2),
        Setting(nets=200, image="chelsea", kernel=7, filters=16),
        Setting(nets=800, image="chelsea", kernel=7, filters=16),
        Agrees(slack=0.05),
    ),
)
