"""Gaussian filters with the moments of a trained layer's own, beside that layer itself."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
from scipy.special import ndtr

from tinycnn.layers import Conv2D
from tinycnn.ops.geometry import Window
from tinycnn.ops.types import Array
from tinycnn.pictures.metrics import cosine
from tinycnn.theory.bank import bank_limit, density, open_mean, second_moment
from tinycnn.theory.claim import Setting
from tinycnn.theory.claims.trained import TrainedSetting
from tinycnn.theory.claims.trained_bank import layer_and_input
from tinycnn.theory.derivations.bank import turned
from tinycnn.theory.derivations.step import Step, Steps
from tinycnn.theory.limit import share
from tinycnn.theory.patches import cut, filters_as_rows, paste
from tinycnn.theory.trained.filtered import (
    bank_prediction,
    isotropic_prediction,
    send_back,
    shifted_prediction,
)
from tinycnn.theory.trained.moments import effective_rank


@lru_cache(maxsize=1)
def _layer_and_input(setting: Setting) -> tuple[Conv2D, Array]:
    """In double precision."""
    assert isinstance(setting, TrainedSetting)
    layer, h = layer_and_input(setting)
    return layer.astype(np.float64), h.astype(np.float64)


def _at(setting: Setting) -> Window:
    layer, h = _layer_and_input(setting)
    return layer.window((h.shape[2], h.shape[3]))


def _patches(setting: Setting) -> Array:
    return cut(_layer_and_input(setting)[1][0], _at(setting))


def _sent(layer: Conv2D, h: Array) -> Array:
    """What the trained filters themselves send back if every open unit sends 1."""
    return send_back((layer.forward(h)[0] > 0).astype(h.dtype), h, layer)[0]


def _without_biases(setting: Setting) -> Array:
    layer, h = _layer_and_input(setting)
    return _sent(replace(layer, bias=None), h)


def _turned(setting: Setting) -> float:
    y, rows = _patches(setting), filters_as_rows(_layer_and_input(setting)[0].weight)
    return turned(y, y @ rows.T @ rows)


def _limit(setting: Setting) -> Array:
    layer, h = _layer_and_input(setting)
    return bank_prediction(h, layer)[0]


def _by_second_moment(setting: Setting) -> Array:
    layer, h = _layer_and_input(setting)
    return bank_limit(h[0], _at(setting), second_moment(layer.weight))


def _isotropic(setting: Setting) -> Array:
    layer, h = _layer_and_input(setting)
    return isotropic_prediction(h, layer)[0]


FILTERS = Step(
    "Take the trained layer's filters, and every patch of its input: how many, and of how many numbers each.",
    "w_i, y_j: N, J, p",
    lambda setting: [len(_layer_and_input(setting)[0].weight), *_patches(setting).shape],
)

REAL: Steps = (
    FILTERS,
    Step(
        "Of these filters only the second moment is kept. In how many directions its energy lies.",
        "Σ = Σ_i w_i w_iᵀ / N: (tr Σ)² / tr Σ²",
        lambda setting: effective_rank(_layer_and_input(setting)[0].weight),
    ),
    Step(
        "Gaussian filters of that moment send back along Σy, not along y: the mean cosine.",
        "E[w 1(w·y > 0)] = Σy / √(2π yᵀΣy): cos(Σy, y)",
        _turned,
    ),
    Step(
        "Put the patches back. The cosine of the result with the layer's input, and with what isotropic "
        "filters send.",
        "m = Σ_j D_jᵀ Σy_j / √(y_jᵀΣy_j): cos(m, h), cos(m, Σ_j D_jᵀ y_j / |y_j|)",
        lambda setting: [
            float(cosine(_limit(setting), _layer_and_input(setting)[1][0])),
            float(cosine(_limit(setting), _isotropic(setting))),
        ],
    ),
    Step(
        "Its cosine with what the trained filters themselves, not Gaussian ones, send back without biases.",
        "cos(m, Σ_j D_jᵀ Σ_i w_i 1(w_i·y_j > 0))",
        lambda setting: float(cosine(_limit(setting), _without_biases(setting))),
    ),
    Step(
        "N filters send N / √(2π) times m: the same with Σ as a matrix, and without, by W and its transpose.",
        "⟨N/√(2π) m, E s⟩ / |E s|²",
        lambda setting: float(share(_by_second_moment(setting), _limit(setting))),
    ),
)


def _responses(setting: Setting) -> Array:
    """z of the trained layer's own filters."""
    layer, h = _layer_and_input(setting)
    return layer.forward(h)[0]


def _t(setting: Setting) -> Array:
    z = _responses(setting)
    return z.mean(axis=1) / z.std(axis=1)


def _shifted(setting: Setting) -> Array:
    layer, h = _layer_and_input(setting)
    return shifted_prediction(h, layer)[0]


def _kept(setting: Setting) -> float:
    """Cosine of the prediction with what the trained layer itself sends back."""
    return float(cosine(_shifted(setting), _sent(*_layer_and_input(setting))))


def _by_covariance(setting: Setting) -> Array:
    """The same from the half-space means of (w, b), the bias being one more tap where y is 1."""
    layer, y = _layer_and_input(setting)[0], _patches(setting)
    bias = np.zeros(len(layer.weight)) if layer.bias is None else layer.bias
    rows = np.column_stack([filters_as_rows(layer.weight), bias])
    means = open_mean(np.column_stack([y, np.ones(len(y))]), rows.mean(axis=0), np.cov(rows.T, bias=True))
    return paste(means[:, :-1], _at(setting))


SHIFTED: Steps = (
    Step(
        "Take the trained layer's filters with their biases as a cloud of points, and every patch of its "
        "input. How many filters, and how many patches.",
        "z_ij = w_i·y_j + b_i,  N, J",
        lambda setting: [_responses(setting).shape[1], _responses(setting)[0, 0].size],
    ),
    Step(
        "The cloud has a mean of its own, so its responses to a patch have one too. Over their deviation, "
        "as a mean over patches: below 0 most units are shut.",
        "t_j = μ·y_j / σ_j,  mean_j t_j",
        lambda setting: float(_t(setting).mean()),
    ),
    Step(
        "Share of open units that a Gaussian cloud of this mean and spread has, and the trained layer's own.",
        "mean_j Φ(t_j),  P(z > 0)",
        lambda setting: [float(ndtr(_t(setting)).mean()), float((_responses(setting) > 0).mean())],
    ),
    Step(
        "Split w - μ into its part along C y, which decides the mask, and the rest, which averages to 0. The "
        "mean of an open unit's filter has a part along μ and a part along C y. Their weights, as means.",
        "E[w 1(z > 0)] = μ Φ(t) + C y φ(t) / σ,  mean_j Φ, mean_j φ",
        lambda setting: [float(ndtr(_t(setting)).mean()), float(density(_t(setting)).mean())],
    ),
    Step(
        "Put the patches back. The cosine of this with what the trained filters themselves, not Gaussian "
        "ones, send back.",
        "m = Σ_j D_jᵀ [μ Φ(t_j) + C y_j φ(t_j) / σ_j],  cos(m, Σ_j D_jᵀ Σ_i w_i 1(z_ij > 0))",
        _kept,
    ),
    Step(
        "N filters send N m: the same with C as a matrix, and without, by the responses' mean and deviation.",
        "⟨N m, E s⟩ / |E s|²",
        lambda setting: float(share(_by_covariance(setting), _shifted(setting))),
    ),
)


STEPS = {
    **{f"bank.real_{model}": REAL for model in ("digits", "alexnet", "vgg16")},
    **{f"bank.shifted_{model}": SHIFTED for model in ("digits", "alexnet", "vgg16")},
}
