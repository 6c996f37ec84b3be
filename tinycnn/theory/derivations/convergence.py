"""How independent signals become alike: what masks, rectifiers and positive weights do to their cosine."""

from __future__ import annotations

import math
from functools import partial

from tinycnn.rules import identity, positive
from tinycnn.theory import sending
from tinycnn.theory.claim import Setting
from tinycnn.theory.claims.convolved import KINDS
from tinycnn.theory.claims.nets import hidden_units, photograph
from tinycnn.theory.claims.vgg import POOLS, hidden
from tinycnn.theory.convergence import deconvnet_similarity, passed
from tinycnn.theory.depth import arc_cosine, constant_share_deep, logit_correlations, ratios
from tinycnn.theory.derivations import depth, vgg
from tinycnn.theory.derivations.step import Step, Steps
from tinycnn.theory.pooled_depth import input_energy, logit_correlations_pooled, ratios_pooled

BELOW = (1, 2, 4)


def _square(below: int, setting: Setting) -> float:
    return (1 + 2 * below) / setting.filters


def _gradient(below: int) -> Steps:
    return (
        Step("Independent directions of n numbers.", "E cos² = 1/n", partial(_square, 0)),
        Step(
            "A mask keeps half of the units, as if the two had n/2 numbers; Gaussian weights then make n "
            "new ones out of those. Either adds 1/n, to first order in l/n: after one layer, and after all "
            "l.",
            "E cos² = (1 + 2 l) / n",
            lambda setting: [_square(1, setting), _square(below, setting)],
        ),
        Step(
            "The cosine is nearly normal.",
            "E|cos| = √(2/π E cos²)",
            lambda setting: math.sqrt(2 / math.pi * _square(below, setting)),
        ),
    )


def _deconvnet(below: int) -> Steps:
    return (
        Step(
            "A backward ReLU maps the cosine of two signals; fresh weights keep it.",
            "κ₁(0) = 1/π",
            lambda setting: arc_cosine(0.0),
        ),
        Step(
            "Every layer does it again, from 0.",
            "c_(l-1) = κ₁(c_l)",
            lambda setting: constant_share_deep(below),
        ),
    )


def _place(below: int, setting: Setting) -> int:
    return setting.depth - 1 - below


def _ratio(below: int, setting: Setting) -> float:
    return ratios(hidden_units(setting))[_place(below, setting)]


def _noise(below: int, setting: Setting) -> float:
    return logit_correlations(hidden_units(setting))[_place(below, setting) + 1]


def _alike(along: float, noise: float) -> float:
    """Cosine of two signals that share all along h, and of their noise a part."""
    return (along + noise) / (along + 1)


def _guided(below: int) -> Steps:
    return (
        *depth.ACTIVE[:-1],
        Step("Of the layer at which they are compared:", "r", partial(_ratio, below)),
        Step(
            "The noise of the two signals has passed the same masks, which correlate it.",
            "q = E[relu(rz + g₁) relu(rz + g₂) 1(z > 0)] / q(r), layer by layer",
            partial(_noise, below),
        ),
        Step(
            "The part along z is on active units only, half of them, and is the same in both.",
            "cos = (r²/2 + q) / (r²/2 + 1)",
            lambda setting: _alike(_ratio(below, setting) ** 2 / 2, _noise(below, setting)),
        ),
    )


def _pooled_ratio(below: int, setting: Setting) -> float:
    return ratios_pooled(hidden(setting), POOLS)[_pooled_place(below, setting)]


def _pooled_place(below: int, setting: Setting) -> int:
    return len(hidden(setting)) - 1 - below


def _pooled_noise(below: int, setting: Setting) -> float:
    return logit_correlations_pooled(hidden(setting), POOLS)[_pooled_place(below, setting) + 1]


def _energy(below: int, setting: Setting) -> float:
    return input_energy(_pooled_place(below, setting) + 1 in POOLS)


def _guided_pooled(below: int) -> Steps:
    return (
        *vgg.NOISE[:-1],
        Step("Of the layer at which they are compared:", "r", partial(_pooled_ratio, below)),
        Step(
            "The noise of the two signals has passed the same masks and switches, which correlate it.",
            "q = E[relu(rz + g₁) relu(rz + g₂) 1(z > 0) 1(z wins)] / q(r), layer by layer",
            partial(_pooled_noise, below),
        ),
        Step("The part along h has the energy of what is read there.", "E h²", partial(_energy, below)),
        Step(
            "That part is the same in both signals.",
            "cos = (r² E h² + q) / (r² E h² + 1)",
            lambda setting: _alike(
                _pooled_ratio(below, setting) ** 2 * _energy(below, setting), _pooled_noise(below, setting)
            ),
        ),
    )


def _switched(below: int, setting: Setting) -> float:
    return deconvnet_similarity(photograph(setting).size, hidden(setting), below, POOLS)


def _through_switches(below: int) -> Steps:
    return (
        *_deconvnet(below),
        Step(
            "So it would be without pools. A winner's weights lie along what it saw. At the first layer that "
            "passes, where signals are noise, so much of a winner's z comes through, whatever the signal.",
            "m₁(0) = E[z relu(g) 1(z wins)]",
            lambda setting: passed(0.0, 0.0, True)[0],
        ),
        Step(
            "That part is along h, the same in both signals, and is carried on as in guided backprop.",
            "r_(l-1) = √(M_l / (n E h²)) m₁(r_l) / √q(r_l): cos one layer below",
            partial(_switched, 1),
        ),
        Step("and so on, layer by layer.", "cos = (r² E h² + q) / (r² E h² + 1)", partial(_switched, below)),
    )


MEANS = Step(
    "Mean and mean square of relu(w).",
    "μ = 1/√(2π), μ² + s² = 1/2",
    lambda setting: [sending.mean(positive), sending.mean_square(positive)],
)
RATIO = Step(
    "So many units' worth of noise is in the squared mean.",
    "s²/μ² = π - 1",
    lambda setting: sending.eta(positive) - 1,
)
FIXED = Step(
    "A layer of such weights takes the cosine c of two signals u to (k μ² + s² c)/(k μ² + s²) with k = "
    "(Σ u)²/|u|². After some layers k stays what it is, but for 1/n.",
    "k* = n - s²/μ²",
    lambda setting: setting.filters - (sending.eta(positive) - 1),
)


def _magnitude(setting: Setting) -> float:
    return math.pi / 2 - 1


STEPS: dict[str, Steps] = {
    **{f"csc.gradient_{below}": _gradient(below) for below in BELOW},
    "csc.gradient_sign": (
        Step(
            "With one signal's negative all else is as likely.",
            "E cos = 0",
            lambda setting: sending.mean(identity),
        ),
    ),
    **{f"csc.deconvnet_{below}": _deconvnet(below) for below in BELOW},
    **{f"csc.guided_{below}": _guided(below) for below in BELOW},
    **{f"csc.deconvnet_convolutional_{below}": _deconvnet(below) for below in KINDS["convolutional"].below},
    **{f"csc.deconvnet_vgg_{below}": _through_switches(below) for below in KINDS["vgg"].below[1:]},
    **{f"csc.guided_convolutional_{below}": _guided(below) for below in KINDS["convolutional"].below},
    **{f"csc.guided_vgg_{below}": _guided_pooled(below) for below in KINDS["vgg"].below},
    "csc.positive": (
        MEANS,
        RATIO,
        FIXED,
        Step(
            "So a layer multiplies 1 - c by this.",
            "s² / (k* μ² + s²) = s²/(μ² n) = (π - 1)/n",
            lambda setting: (sending.eta(positive) - 1) / setting.filters,
        ),
    ),
    "csc.magnitude": (
        Step("Of |w|, whose mean is twice as large:", "s²/μ² = π/2 - 1", _magnitude),
        Step(
            "So a layer multiplies 1 - c by this.",
            "s² / (k* μ² + s²) = s²/(μ² n) = (π/2 - 1)/n",
            lambda setting: _magnitude(setting) / setting.filters,
        ),
    ),
    "csc.zplus": (
        MEANS,
        RATIO,
        Step(
            "Activations multiply what comes down, so that fewer units count.",
            "k* ≈ n (E relu)²/E relu² = n/π",
            lambda setting: setting.filters / sending.eta(positive),
        ),
        Step(
            "So a layer multiplies 1 - c by this, to leading order.",
            "s² / (k* μ²) = π (π - 1)/n",
            lambda setting: sending.eta(positive) * (sending.eta(positive) - 1) / setting.filters,
        ),
    ),
}
"""By claim."""
