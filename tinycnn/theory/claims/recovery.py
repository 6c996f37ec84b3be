"""How many hidden units recover how much; whether they are local does not matter."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from tinycnn.ops.types import Array
from tinycnn.pictures.metrics import cosine
from tinycnn.theory.claim import Agrees, Bench, Claim, Setting, of_means
from tinycnn.theory.claims.dense import per_dense_net
from tinycnn.theory.claims.means import (
    centred_cosine_with,
    guided_cosine,
    guided_mean,
    guided_rho,
    single_cosine,
)
from tinycnn.theory.claims.nets import (
    along,
    average_cosine,
    centred,
    combined,
    energy,
    likeness,
    mean_cosine,
    of_centred,
    per_net,
    photograph,
    relative_variance,
)
from tinycnn.theory.recovery import expected_cosine, mean_dense_cosine, rho_dense

PAPER = "Nie, Zhang and Patel (2018), section on sample complexity"
EXACT = "derivation: second moments of a filter on two half-spaces"
THREE_LAYERS = "three layers, Gaussian weights, no biases, no pool"
DENSE = r"E \langle s, x \rangle / (|x| \sqrt{E |s|^2}) = (1 + (\pi^2 d - 1) / M)^{-1/2}"
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


def _exact(setting: Setting) -> float:
    """rho of a convolution, or of a net without."""
    if setting.kernel == 0:
        return rho_dense(setting.filters, photograph(setting).size)
    return guided_rho(setting)


def _dense_cosine(setting: Setting) -> float:
    return expected_cosine(_exact(setting))


def _noise(along: float, energy: float) -> float:
    """What of an average map's energy is noise: ``sin^2`` of its angle with the limit."""
    return 1 - along**2 / energy


def cnn(setting: Setting) -> Setting:
    """The convolution of 64 filters with which a net without local connections is compared."""
    return replace(setting, filters=64, kernel=3)


def local_lead(setting: Setting) -> float:
    """By how much 64 filters are more like the image than a net without local connections."""
    local = cnn(setting)
    likeness = float(cosine(guided_mean(local), photograph(local)))
    return likeness * expected_cosine(guided_rho(local)) - _dense_cosine(setting)


def _lead(bench: Bench, setting: Setting, seed: int) -> Array:
    statistics = along(photograph), energy
    local = [per_net("guided", each)(bench, cnn(setting), seed) for each in statistics]
    dense = [per_dense_net(each)(bench, setting, seed) for each in statistics]
    return of_means(lambda *four: mean_cosine(*four[:2]) - mean_cosine(*four[2:]), *local, *dense)


MATCHED = {
    "cnn": Setting(nets=460, filters=16, kernel=3),
    "strided": Setting(nets=100, filters=256, kernel=8, stride=4),
    "dense": Setting(nets=100, filters=16384, kernel=0),
}
"""16384 hidden units each, on 3072 pixels."""

SMALL_DENSE = replace(MATCHED["dense"], nets=240, size=8, filters=1024)
"""A sixteenth of both: nearly all weights of all claims together would be those of the dense net."""

DENSE_COSINE = average_cosine(per_dense_net, photograph)

CLAIMS = (
    _rho(
        "rho",
        "How far a map of finitely many filters is from its limit.",
        Setting(nets=450, size=16),
        Setting(nets=1500),
    ),
    _rho(
        "rho_seven",
        "How far a map of the paper's sixteen 7x7 filters is from its limit.",
        Setting(nets=450, image="chelsea", size=16, kernel=7, filters=16),
        Setting(nets=1200, image="chelsea", kernel=7, filters=16),
    ),
    _rho(
        "rho_wide",
        "How far a map of many filters is from its limit.",
        Setting(nets=200, image="chelsea", size=16, filters=1024),
        Setting(nets=120, image="chelsea", size=64, filters=1024),
    ),
    _rho(
        "rho_sixteen",
        "How far a map of sixteen 3x3 filters is from its limit.",
        Setting(nets=540, image="chelsea", size=16, filters=16),
        Setting(nets=1200, image="chelsea", filters=16),
    ),
    _rho(
        "rho_quarter",
        "How far a map of 256 filters is from its limit.",
        Setting(nets=340, image="chelsea", size=16, filters=256),
        Setting(nets=1200, image="chelsea", size=64, filters=256),
    ),
    _rho(
        "rho_patch_sixteen",
        "How far one 3x3 patch of sixteen filters is from its limit.",
        Setting(nets=1500, image="chelsea", size=3, filters=16, kernel=0),
        Setting(nets=8000, image="chelsea", size=3, filters=16, kernel=0),
    ),
    _rho(
        "rho_patch_seven",
        "How far one 7x7 patch of sixteen filters is from its limit.",
        Setting(nets=1500, image="chelsea", size=7, filters=16, kernel=0),
        Setting(nets=8000, image="chelsea", size=7, filters=16, kernel=0),
    ),
    _rho(
        "rho_patch",
        "How far one patch alone is from its limit: to it the published sample complexity refers.",
        Setting(nets=1300, size=3, filters=256, kernel=0),
        Setting(nets=6000, size=3, filters=256, kernel=0),
    ),
    _rho(
        "rho_digit",
        "Patches of zeros, as around a digit on black, add nothing to the noise either.",
        Setting(nets=450, image="digit", size=16),
        Setting(nets=1500, image="digit"),
    ),
    Claim(
        "recovery.cosine",
        "The cosine of an average map with the limit follows from rho.",
        r"E \langle s, m \rangle / (|m| \sqrt{E |s|^2}) = (1 + \rho)^{-1/2}",
        EXACT,
        THREE_LAYERS,
        guided_cosine,
        average_cosine(partial(per_net, "guided"), guided_mean),
        Setting(nets=450, size=16),
        Setting(nets=1500),
    ),
    Claim(
        "recovery.cosine_each",
        "The mean of the cosines of single nets is above that of an average map: noise along the limit "
        "lowers none.",
        r"E \cos(s, m) = (1 + \rho')^{-1/2} \left[1 - \tfrac{p}{2} (3 v - 2 c) + \tfrac{3 p^2}{8} (b + 4 v - "
        r"4 c)\right], \; \rho' = \rho - v, \; p = \tfrac{\rho'}{1 + \rho'}",
        "derivation: moments of the map of one filter",
        f"{THREE_LAYERS}; moments from sampled filters; second order in the fluctuation of |s|",
        single_cosine,
        per_net("guided", likeness(cosine, guided_mean)),
        Setting(nets=450, size=16),
        Setting(nets=1500),
        note="v and b are the relative variances of a map's part along the limit and of its energy across, c "
        "their covariance. For one patch all three are known: see dense_each.",
    ),
    *(
        Claim(
            f"recovery.law_{kind}",
            f"At equally many hidden units this {kind} net recovers as well as any other, up to its border "
            "and "
            "overlap, which are in the number.",
            r"\rho \to \pi \eta \, d / M",
            "derivation: leading term of rho; the published explanation is local connections",
            f"{THREE_LAYERS}; the number predicted is the exact rho, of which the law is the leading term",
            _exact,
            (per_dense_net if setting.kernel == 0 else partial(per_net, "guided"))(
                relative_variance(guided_mean)
            ),
            SMALL_DENSE if kind == "dense" else setting,
            setting if kind == "dense" else replace(setting, filters=4 * setting.filters),
            note=RATIO if kind == "dense" else "",
        )
        for kind, setting in MATCHED.items()
    ),
    Claim(
        "recovery.dense_paper",
        "The authors' fully connected net of 5000 hidden units recovers a fifth of the image's direction.",
        DENSE,
        EXACT,
        THREE_LAYERS,
        _dense_cosine,
        DENSE_COSINE,
        Setting(nets=200, size=16, filters=313, kernel=0),
        Setting(nets=60, size=64, filters=5000, kernel=0),
        note=RATIO,
    ),
    Claim(
        "recovery.dense_wide",
        "With 70000 hidden units a fully connected net recovers three fifths, as their number predicts.",
        DENSE,
        "Nie, Zhang and Patel (2018), comparison with a fully connected net, exact form",
        THREE_LAYERS,
        _dense_cosine,
        DENSE_COSINE,
        Setting(nets=20, size=16, filters=4375, kernel=0),
        Setting(nets=5, size=64, filters=70_000, kernel=0),
        note=RATIO,
    ),
    Claim(
        "recovery.dense_cnn",
        "A fully connected net of as many hidden units as 64 filters have, 262144, recovers as much as they.",
        DENSE,
        "Nie, Zhang and Patel (2018), comparison with a fully connected net, exact form",
        THREE_LAYERS,
        _dense_cosine,
        DENSE_COSINE,
        Setting(nets=24, size=8, filters=4096, kernel=0),
        Setting(nets=3, size=64, filters=262_144, kernel=0),
        note=RATIO,
    ),
    Claim(
        "recovery.dense_each",
        "The mean of the cosines of single nets of one patch, to second order, with nothing left over.",
        r"E \cos = (1 + \rho)^{-1/2} \left[1 - \tfrac{A}{2} \tfrac{3 (\pi^2 - 1) - 14}{M} + \tfrac38 A^2 "
        r"\left(\tfrac{4 \pi^2 - 21}{M} + \tfrac{2}{d - 1}\right)\right], \; A = \tfrac{\rho}{1 + \rho}, \; "
        r"\rho = \tfrac{\pi^2 (d - 1)}{M}",
        "derivation: mean and variance of the tangent",
        f"{THREE_LAYERS}; second order in the fluctuation of |s|",
        lambda setting: mean_dense_cosine(setting.filters, photograph(setting).size),
        per_dense_net(likeness(cosine, photograph)),
        Setting(nets=1500, image="chelsea", size=3, filters=1132, kernel=0),
        Setting(nets=10_000, image="chelsea", size=3, filters=1132, kernel=0),
        note="To first order, noise along the limit included, it would be .9000 in place of .9030.",
    ),
    Claim(
        "recovery.centred_cosine",
        "The cosine with the limit, once the channels' means are taken from both.",
        r"E \langle \tilde s, \tilde m \rangle / (|\tilde m| \sqrt{E |\tilde s|^2}) = (1 + "
        r"\tilde\rho)^{-1/2}",
        EXACT,
        f"{THREE_LAYERS}; noise from sampled filters",
        lambda setting: centred_cosine_with(guided_mean(setting), setting),
        average_cosine(
            lambda each: per_net("guided", of_centred(each)), lambda setting: centred(guided_mean(setting))
        ),
        Setting(nets=450, size=16),
        Setting(nets=1500),
        Agrees(slack=0.01),
    ),
    Claim(
        "recovery.locality",
        "A net of 70000 hidden units without local connections recovers less of the image than 64 filters "
        "do, "
        "which have 262144: by this much.",
        r"\cos(m, x) (1 + \rho_{\mathrm{CNN}})^{-1/2} - (1 + \rho_{\mathrm{dense}})^{-1/2} > 0",
        "Nie, Zhang and Patel (2018), comparison with a fully connected net, as its readers report it",
        THREE_LAYERS,
        local_lead,
        _lead,
        Setting(nets=260, size=8, filters=1094, kernel=0),
        Setting(nets=5, size=64, filters=70_000, kernel=0),
        note=f"{RATIO} At equal numbers there is no lead, see dense_cnn.",
    ),
    Claim(
        "recovery.samples",
        "Sixteen filters of 7x7, the authors' choice, leave most of an average map in noise.",
        r"1 - \langle E s, m \rangle^2 / (|m|^2 E |s|^2) = \rho / (1 + \rho) \approx 0.65",
        f"{PAPER}, exact form",
        THREE_LAYERS,
        lambda setting: guided_rho(setting) / (1 + guided_rho(setting)),
        combined(_noise, per_net("guided", along(guided_mean)), per_net("guided", energy)),
        Setting(nets=450, image="chelsea", size=16, kernel=7, filters=16),
        Setting(nets=1200, image="chelsea", kernel=7, filters=16),
    ),
)
