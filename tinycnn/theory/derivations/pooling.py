"""What a max-pool's switches know of the image: the mean of a filter on the cone where one patch wins."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from tinycnn.ops.geometry import window
from tinycnn.ops.types import Array
from tinycnn.pictures.metrics import centred_cosine, cosine, high_pass_cosine
from tinycnn.rules import positive
from tinycnn.rules.gate import magnitude
from tinycnn.theory import sending
from tinycnn.theory.claim import Setting
from tinycnn.theory.claims.means import guided_mean, pooled_means, sampled_pool
from tinycnn.theory.claims.nets import geometry, photograph
from tinycnn.theory.cones import cone_means, cone_weights
from tinycnn.theory.derivations.limit import CUT, patches
from tinycnn.theory.derivations.step import Step, Steps
from tinycnn.theory.limit import share
from tinycnn.theory.recovery import expected_cosine


def _candidates(setting: Setting) -> Array:
    """The patches of one pool window in the middle of the image, behind the patch 0 that a ReLU adds."""
    at = geometry(setting)
    size, stride = setting.pool or (1, 1)
    pool = window(at.output, (size, size), stride)
    down, right = (count // 2 * stride for count in pool.output)
    y = patches(setting).reshape(*at.output, -1)[down : down + size, right : right + size]
    return np.concatenate([np.zeros((1, y.shape[-1])), y.reshape(size * size, -1)])


def _weights(setting: Setting) -> list[float]:
    """``P_1l`` for the rivals l of the window's first patch."""
    y = _candidates(setting)
    weights = cone_weights((y[1] - y)[None], 1)[0]
    return [float(weight) for rival, weight in enumerate(weights) if rival != 1]


def _mean_norms(setting: Setting) -> list[float]:
    return [float(norm) for norm in np.linalg.norm(cone_means(_candidates(setting)), axis=1)]


def _share(guided: bool, setting: Setting) -> float:
    """Projection of a rule's mean, put together from the two limits, on itself."""
    mean = pooled_means(setting)[0 if guided else 1]
    return float(share(mean, mean))


def _projected(setting: Setting) -> float:
    """Of DeconvNet's mean, on that of guided backprop."""
    guided, deconvnet = pooled_means(setting)
    return float(share(deconvnet, guided))


WINDOW = Step(
    "Behind a ReLU, the patches of a window compete with a patch of zeros, which wins dead windows: n, p.",
    "y_0 = 0, y_1, ..., y_(n-1)",
    lambda setting: _candidates(setting).shape,
)
WEIGHTS = Step(
    "How likely the first patch j beats all others where it ties with l; for a 2x2 window in closed form. "
    "There it leads the other three by Gaussian numbers, whose correlations are r. For a window in the "
    "middle of the image, l = 0, 2, 3, 4:",
    "P_jl = 1/8 + (asin r₁₂ + asin r₁₃ + asin r₂₃) / 4π",
    _weights,
)
MEANS = Step(
    "A winner's filter has a mean along the differences to its rivals. Its norm for every candidate:",
    "E[w 1(A_j)] = c/√(2π) Σ_l P_jl (y_j - y_l) / |y_j - y_l|",
    _mean_norms,
)
NOTHING_LOST = Step(
    "Some candidate always wins, so these means add up to nothing: the image is seen as differences.",
    "|Σ_j E[w 1(A_j)]|",
    lambda setting: float(np.linalg.norm(cone_means(_candidates(setting)).sum(axis=0))),
)


def _limit_step(guided: bool) -> Step:
    place = "Put the means of all windows back" + (
        "." if guided else ", those of dead windows at the window's first entry, where the tie is resolved."
    )
    return Step(
        f"{place} Its cosine with the image:",
        "m = Σ_windows Σ_j D_jᵀ E[w 1(A_j)]: cos(m, x)",
        lambda setting: float(cosine(pooled_means(setting)[0 if guided else 1], photograph(setting))),
    )


def _four(guided: bool) -> Steps:
    return (
        CUT,
        WINDOW,
        WEIGHTS,
        MEANS,
        NOTHING_LOST,
        _limit_step(guided),
        Step(
            "Times N and the mean of the backward ReLU, this is E s, with no factor left to fit.",
            "E s = N E[relu(V)] m: ⟨E s, N E[relu(V)] m⟩ / |N E[relu(V)] m|²",
            lambda setting: _share(guided, setting),
        ),
    )


def _nine(mask: bool) -> Steps:
    return (
        CUT,
        Step(
            "Windows that overlap may choose the same unit n times; its signals add up before the ReLU.",
            "E relu(V_1 + ... + V_n) = √n E relu(V): filters sampled",
            lambda setting: sampled_pool(setting, mask).filters,
        ),
        Step(
            "There is no closed form: sample filters that no measured net uses.",
            "m = Σ_j D_jᵀ E[w √n_j 1(w ∈ A_j)]: cos(m, x)",
            lambda setting: float(cosine(sampled_pool(setting, mask).mean, photograph(setting))),
        ),
        Step(
            "The same sample tells the noise of N filters.",
            "ρ = [(η - 1) energy + spread] / (N |m|²)",
            lambda setting: sampled_pool(setting, mask).rho(setting.filters),
        ),
        Step(
            "The noise of the map, and what little the sampled limit has, lower the cosine of an average "
            "map.",
            "E⟨s, m⟩ / (|m| √E|s|²) = (1 + ρ)^(-1/2)",
            lambda setting: (
                expected_cosine(sampled_pool(setting, mask).rho(setting.filters))
                * expected_cosine(sampled_pool(setting, mask).rho(sampled_pool(setting, mask).filters, 1.0))
            ),
        ),
    )


def _magnitude(guided: bool) -> Steps:
    return (
        *_four(guided)[:-1],
        Step(
            "The magnitude keeps twice what the backward ReLU keeps.",
            "E|V| / E[relu(V)]",
            lambda setting: sending.mean(magnitude) / sending.mean(positive),
        ),
        Step(
            "Times N and this mean, it is E s, with no factor left to fit.",
            "E s = N E|V| m: ⟨E s, N E|V| m⟩ / |N E|V| m|²",
            lambda setting: _share(guided, setting),
        ),
    )


def _nine_mean(mask: bool) -> Steps:
    return (
        *_nine(mask)[:3],
        Step(
            "Times N and the mean of the backward ReLU, this is E s, with no factor left to fit.",
            "E s = N E[relu(V)] m: ⟨E s, N E[relu(V)] m⟩ / |N E[relu(V)] m|²",
            lambda setting: float(share(sampled_pool(setting, mask).mean, sampled_pool(setting, mask).mean)),
        ),
    )


def _centred_likeness(of: Callable[[Setting], Array], mask: bool, setting: Setting) -> float:
    """Cosine of a picture and the sampled limit, if it were sampled without end; channels centred."""
    found = sampled_pool(setting, mask).centred()
    return float(centred_cosine(found.mean, of(setting))) / expected_cosine(found.rho(found.filters, 1.0))


def _centred_rho(mask: bool, setting: Setting) -> float:
    return sampled_pool(setting, mask).centred().rho(setting.filters)


def _centred(of: Callable[[Setting], Array], picture: str, mask: bool) -> Steps:
    return (
        CUT,
        Step(
            f"Without the channels' means the limit, in closed form or sampled, is so like {picture}.",
            f"cos(m - m̄, {picture} - mean)",
            partial(_centred_likeness, of, mask),
        ),
        Step(
            "The noise of N filters around it, also centred.",
            "ρ̄ = [(η - 1) energy + spread] / (N |m - m̄|²)",
            partial(_centred_rho, mask),
        ),
        Step(
            "The noise lowers the cosine.",
            f"E⟨s - s̄, {picture} - mean⟩ / (|{picture} - mean| √E|s - s̄|²) = cos(m - m̄, {picture} - mean) "
            "(1 + ρ̄)^(-1/2)",
            lambda setting: (
                _centred_likeness(of, mask, setting) * expected_cosine(_centred_rho(mask, setting))
            ),
        ),
    )


def _detail(setting: Setting) -> float:
    return float(high_pass_cosine(pooled_means(setting)[1], photograph(setting)))


def _deconvnet_rho(setting: Setting) -> float:
    return sampled_pool(setting, False).rho(setting.filters)


HIGH_PASS: Steps = (
    *_four(False)[:-1],
    Step(
        "As the image is seen in differences, take from it what is smooth, its average over a Gaussian "
        "window g₁ of deviation 1, and compare once more.",
        "cos(m, x - x * g₁)",
        _detail,
    ),
    Step(
        "The noise of N filters, from sampled ones.",
        "ρ = [(η - 1) energy + spread] / (N |m|²)",
        _deconvnet_rho,
    ),
    Step(
        "The noise lowers the cosine.",
        "E⟨s, x - x * g₁⟩ / (|x - x * g₁| √E|s|²) = cos(m, x - x * g₁) (1 + ρ)^(-1/2)",
        lambda setting: _detail(setting) * expected_cosine(_deconvnet_rho(setting)),
    ),
)

ONE_LIMIT: Steps = (
    *_four(False)[:-1],
    Step(
        "Guided backprop has no signal from dead windows: its limit's cosine with the image.",
        "m' = Σ_windows Σ_{j≠0} D_jᵀ E[w 1(A_j)]: cos(m', x)",
        lambda setting: float(cosine(pooled_means(setting)[0], photograph(setting))),
    ),
    Step(
        "So there are two limits: their cosine, and the projection of the one on the other.",
        "cos(m, m'), ⟨m, m'⟩ / |m'|²",
        lambda setting: [float(cosine(*pooled_means(setting))), _projected(setting)],
    ),
    Step(
        "With one limit, as the statement has it, the projection is",
        "⟨m', m'⟩ / |m'|²",
        partial(_share, True),
    ),
)

UNAFFECTED: Steps = (
    *_four(True)[:-1],
    Step(
        "The limit without a pool is another one: its cosine with the image, and with the one behind the "
        "pool.",
        "m₀ = Σ_j D_jᵀ y_j / |y_j|: cos(m₀, x), cos(m₀, m)",
        lambda setting: [
            float(cosine(guided_mean(setting), photograph(setting))),
            float(cosine(guided_mean(setting), pooled_means(setting)[0])),
        ],
    ),
    Step(
        "If they were one, only the noise of N filters would lower the cosine.",
        "E⟨s, m₀⟩ / (|m₀| √E|s|²) = (1 + ρ)^(-1/2)",
        lambda setting: expected_cosine(sampled_pool(setting, True).rho(setting.filters)),
    ),
)

STEPS = {
    "pooling.guided_unaffected": UNAFFECTED,
    "pooling.guided_digit": _four(True),
    "pooling.deconvnet_digit": _four(False),
    "pooling.deconvnet_high_pass": HIGH_PASS,
    "pooling.deconvnet_is_guided": ONE_LIMIT,
    "recovery.centred_cosine": _centred(guided_mean, "m", True),
    **{
        f"pooling.{rule}_{window}_{filters}": _centred(photograph, "x", rule == "guided")
        for rule in ("guided", "deconvnet")
        for window in ("four", "nine")
        for filters in (64, 256)
    },
    "pooling.abs_four": _magnitude(True),
    "pooling.deconvnet-abs_four": _magnitude(False),
    "pooling.guided_nine": _nine_mean(True),
    "pooling.deconvnet_nine": _nine_mean(False),
    "pooling.guided_four": _four(True),
    "pooling.deconvnet_four": _four(False),
    "pooling.guided_nine_cosine": _nine(True),
    "pooling.deconvnet_nine_cosine": _nine(False),
}
