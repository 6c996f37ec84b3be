"""What holds of every net, whatever its weights: shown on one net, in double precision."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from tinycnn.layers import flat
from tinycnn.model import Model
from tinycnn.ops.types import Array
from tinycnn.rules import RULES
from tinycnn.theory.claim import Bench, Setting
from tinycnn.theory.claims.nets import net, photograph
from tinycnn.theory.claims.trained import TrainedSetting, first_products, picture, trained
from tinycnn.theory.derivations.step import Step, Steps
from tinycnn.theory.trained.identity import Product, bias_products, completeness_gap, products
from tinycnn.theory.trained.stages import Stage, stages
from tinycnn.trace import Trace, backward, forward


@lru_cache(maxsize=1)
def _model_and_input(setting: Setting) -> tuple[Model, Array]:
    """The trained net, or the first random one."""
    if isinstance(setting, TrainedSetting):
        model = trained(setting.model, setting.weights)
        x = model.preprocess(picture(setting))
    else:
        model, x = net(Bench(), setting, 0), photograph(setting)[None]
    return model.astype(np.float64), x.astype(np.float64)


@lru_cache(maxsize=1)
def _trace(setting: Setting) -> Trace:
    return forward(*_model_and_input(setting))


def _first_logit(setting: Setting) -> Array:
    return np.eye(_trace(setting).output.shape[1])[:1]


@lru_cache(maxsize=1)
def _stage(setting: Setting) -> Stage:
    """Guided backprop of the first logit, at the first layer."""
    return stages(_trace(setting), _first_logit(setting), RULES["guided"])[0]


def _product(setting: Setting) -> Product:
    (found,) = products(_stage(setting))
    return found


def _least_term(setting: Setting) -> float:
    stage = _stage(setting)
    return float((stage.gated * stage.step.output).min())


def _least_response(setting: Setting) -> float:
    stage = _stage(setting)
    return float(stage.step.output[stage.gated != 0].min())


def _least_of_all(setting: Setting) -> list[float]:
    """The smallest product, and the smallest sum, of all random nets of the setting."""
    found = first_products(Bench(), setting, 0)
    return [min(each.product for each in found), min(each.open for each in found)]


UNITS = Step(
    "Follow one logit back to the first activation. How many units it has, and how many of them send.",
    "a_ij = relu(R_ij) 1(z_ij > 0): units, those with a_ij ≠ 0",
    lambda setting: [_stage(setting).gated.size, int(np.count_nonzero(_stage(setting).gated))],
)
SIGNALS = Step(
    "The backward ReLU lets nothing negative through: the least signal.",
    "min a_ij ≥ 0",
    lambda setting: float(_stage(setting).gated.min()),
)
RESPONSES = Step(
    "The forward mask lets only open units send: the least response of those that do.",
    "min z_ij where a_ij ≠ 0, > 0",
    _least_response,
)
OPEN = Step(
    "The map is made of the filters of these units. Times the image, each gives its response, but for its "
    "bias: the product, and what the biases send, both over the norms.",
    "s = Σ_ij a_ij D_jᵀ w_i, w_i·y_j = z_ij - b_i: ⟨s, x⟩ / |s||x|, Σ a_ij b_i / |s||x|",
    lambda setting: [_product(setting).product, _product(setting).biases],
)
SUM = Step(
    "Put together, they are a sum of products of two numbers that are not negative.",
    "(⟨s, x⟩ + Σ a_ij b_i) / |s||x| = Σ a_ij z_ij / |s||x|",
    lambda setting: _product(setting).product + _product(setting).biases,
)
LEAST = Step(
    "None of its terms can be below the least of them.",
    "min a_ij z_ij ≥ 0",
    _least_term,
)

NOT_NEGATIVE: Steps = (UNITS, SIGNALS, RESPONSES, OPEN, SUM, LEAST)

FORGOTTEN: Steps = (
    *NOT_NEGATIVE,
    Step(
        "But the product alone lacks the biases' part, and can be negative: the least of all nets, and that "
        "of the sum.",
        "min ⟨s, x⟩ / |s||x|, min Σ a_ij z_ij / |s||x|",
        _least_of_all,
    ),
    Step("The statement leaves the biases out, and keeps the bound.", "⟨s, x⟩ ≥ min a_ij z_ij", _least_term),
)


@lru_cache(maxsize=1)
def _gradients(setting: Setting) -> tuple[Array, ...]:
    return tuple(backward(_trace(setting), _first_logit(setting), RULES["saliency"]))


def _logit(setting: Setting) -> float:
    return float(_trace(setting).output[0, 0])


def _doubled(setting: Setting) -> float:
    """The logit of twice the image, in the net of twice the biases, over the logit."""
    model, x = _model_and_input(setting)
    biases = {
        f"{layer.name}.{key}": 2 * array
        for layer in flat(model.layers)
        for key, array in layer.parameters()
        if key == "bias"
    }
    return float(forward(model.with_weights(biases, "biases doubled"), 2 * x).output[0, 0]) / _logit(setting)


EULER = Step(
    "Masks and switches stay as they are if the image and all biases are scaled together, so the logit "
    "scales too: that of twice both, over that of both.",
    "f(t x, t b) = t f(x, b): f(2x, 2b) / f(x, b)",
    _doubled,
)
IMAGE = Step(
    "Take the derivative by t at 1. The image's part is the product with the saliency map.",
    "d/dt f(t x, t b) = ⟨∂f/∂x, x⟩ + Σ_l ⟨∂f/∂b_l, b_l⟩: ⟨s, x⟩",
    lambda setting: float((_gradients(setting)[0] * _trace(setting)[0].input).sum()),
)
BIASES = Step(
    "The biases' part, from the same backward pass.",
    "Σ_l ⟨∂f/∂b_l, b_l⟩",
    lambda setting: float(np.sum(bias_products(_trace(setting), _gradients(setting)))),
)
LOGIT = Step("The other side of the equation is the logit.", "d/dt t f(x, b) = f", _logit)
GAP = Step(
    "So what is left is rounding, in double precision here.",
    "|⟨s, x⟩ + Σ_l ⟨∂f/∂b_l, b_l⟩ - f|, over the sum of the sizes of its terms",
    lambda setting: float(
        np.abs(completeness_gap(_trace(setting), _first_logit(setting), RULES["saliency"])[0])
    ),
)

COMPLETE: Steps = (EULER, IMAGE, BIASES, LOGIT, GAP)

STEPS = {
    "sensitivity.never_negative": NOT_NEGATIVE,
    "identity.positive": NOT_NEGATIVE,
    "identity.positive_biased": FORGOTTEN,
    "identity.open_biased": NOT_NEGATIVE,
    **{
        f"identity.open_{model}": NOT_NEGATIVE
        for model in ("digits", "alexnet", "vgg16", "efficientnet_lite0")
    },
    "noise.completeness": COMPLETE,
    "noise.completeness_bias": COMPLETE,
    **{f"identity.complete_{model}": COMPLETE for model in ("digits", "alexnet", "vgg16")},
}
