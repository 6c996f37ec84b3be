"""Trained nets to measure claims on, and what holds of them whatever their weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from tinycnn.image import sample
from tinycnn.model import Model
from tinycnn.ops.types import Array
from tinycnn.pictures.digit_pictures import draw_digit
from tinycnn.theory.claim import AtLeast, AtMost, Bench, Claim, Setting, Verdict
from tinycnn.theory.claims.nets import traces
from tinycnn.theory.trained.identity import Product, completeness_gap, products
from tinycnn.theory.trained.stages import stages
from tinycnn.trace import Trace, forward
from tinycnn.zoo import build
from tinycnn.zoo.fold import fold_batch_norm

WHATEVER = "any weights; the first layer a convolution with a ReLU or ReLU6"
OPEN = r"\langle s, x \rangle + \sum_{ij} a_{ij} b_i = \sum_{ij} a_{ij} z_{ij} \ge 0"
LINEAR = "convolutions, dense layers, ReLUs and max-pools, with any weights and biases"


@dataclass(frozen=True)
class TrainedSetting(Setting):
    """A trained net, instead of random ones; `nets` counts the logits that are explained, or banks drawn.

    Parameters
    ----------
    model, weights : str
        As `tinycnn.zoo.build` takes them.
    layer : str
        The convolution in question.
    """

    model: str = "digits"
    weights: str = "digits"
    layer: str = ""

    def __str__(self) -> str:
        layer = f", layer {self.layer}" if self.layer else ""
        picture = "a drawn digit" if self.model == "digits" else self.image
        return f"{self.model} with weights {self.weights}{layer}; {picture}; {self.nets} of them"


DIGITS = TrainedSetting(nets=10)
ALEXNET = TrainedSetting(nets=10, image="chelsea", model="alexnet", weights="alexnet-features")
VGG16 = TrainedSetting(nets=4, image="chelsea", model="vgg16", weights="vgg16-features")
EFFICIENTNET = TrainedSetting(
    nets=10, image="chelsea", model="efficientnet_lite0", weights="efficientnet-lite0"
)


@lru_cache(maxsize=1)
def trained(model: str, weights: str) -> Model:
    """A net with its batch norms folded; kept until another one is asked for."""
    return fold_batch_norm(build(model, weights))


def picture(setting: TrainedSetting, seed: int = 0) -> Array:
    """The photograph, or a digit drawn with the seed."""
    return draw_digit(3, np.random.default_rng(seed)) if setting.model == "digits" else sample(setting.image)


def needs(setting: Setting) -> str:
    """The weights that must be fetched for a setting; none for random nets and the embedded digits net."""
    found = setting.weights if isinstance(setting, TrainedSetting) else ""
    return "" if found == "digits" else found


def some_logits(trace: Trace, setting: Setting, seed: int) -> Array:
    """Seeds for `nets` different logits, drawn at random."""
    count, dtype = trace.output.shape[1], trace.output.dtype
    chosen = np.random.default_rng([seed, setting.nets, count]).permutation(count)[: setting.nets]
    return np.eye(count, dtype=dtype)[chosen]


def _balance(found: Product) -> float:
    """0 if both sides of the identity are equal and not negative; else a number below 0."""
    gap = abs(found.product + found.biases - found.open) / max(found.open, 1.0)
    return min(found.open, -gap)


def _open_products(bench: Bench, trace: Trace, seeds: Array) -> list[float]:
    return [_balance(found) for found in products(stages(trace, seeds, bench.rules["guided"])[0])]


def _of_trained(bench: Bench, setting: Setting, seed: int) -> Array:
    assert isinstance(setting, TrainedSetting)
    model = trained(setting.model, setting.weights)
    trace = forward(model, model.preprocess(picture(setting, seed)))
    return np.array(_open_products(bench, trace, some_logits(trace, setting, seed)))


def first_products(bench: Bench, setting: Setting, seed: int) -> list[Product]:
    """The identity at the first layer of each random net, for its first logit."""
    found = []
    for trace in traces(bench, setting, seed):
        first = np.eye(trace.output.shape[1], dtype=trace.output.dtype)[:1]
        found += products(stages(trace, first, bench.rules["guided"])[0])
    return found


def _without_biases(bench: Bench, setting: Setting, seed: int) -> Array:
    return np.array([found.product for found in first_products(bench, setting, seed)])


def _with_biases(bench: Bench, setting: Setting, seed: int) -> Array:
    return np.array([_balance(found) for found in first_products(bench, setting, seed)])


def _gap(bench: Bench, setting: Setting, seed: int) -> Array:
    assert isinstance(setting, TrainedSetting)
    model = trained(setting.model, setting.weights)
    trace = forward(model, model.preprocess(picture(setting, seed)))
    return np.abs(completeness_gap(trace, some_logits(trace, setting, seed), bench.rules["saliency"]))


def _sign(
    name: str,
    statement: str,
    latex: str,
    measure: Callable[[Bench, Setting, int], Array],
    setting: Setting,
    assumptions: str = WHATEVER,
    recorded: Verdict = "holds",
) -> Claim:
    """A claim that a product is never negative; rounding is allowed for in single precision."""
    return Claim(
        f"identity.{name}",
        statement,
        latex,
        "derivation: a unit of guided backprop sends only where it is open, and only positive signals",
        assumptions,
        lambda setting: 0.0,
        measure,
        setting,
        setting,
        AtLeast(1e-5),
        recorded=recorded,
        weights=needs(setting),
    )


def _open(setting: TrainedSetting) -> Claim:
    return _sign(
        f"open_{setting.model}",
        "No map of guided backprop of a trained net has a negative product with the image once what the "
        "biases send is added.",
        OPEN,
        _of_trained,
        setting,
    )


def _complete(setting: TrainedSetting) -> Claim:
    return Claim(
        f"identity.complete_{setting.model}",
        "Saliency and input have the logit as their product, up to what the biases of all layers send.",
        r"\langle s, x \rangle = f - \sum_l \langle \partial f / \partial b_l, b_l \rangle",
        "derivation: the net is linear around x",
        LINEAR,
        lambda setting: 0.0,
        _gap,
        setting,
        setting,
        AtMost(1e-4),
        weights=needs(setting),
    )


RANDOM = Setting(nets=40)

CLAIMS = (
    _sign(
        "positive",
        "Without biases in the first layer, no map of guided backprop has a negative product with the image.",
        r"\langle s, x \rangle \ge 0",
        _without_biases,
        RANDOM,
        f"{WHATEVER}, without biases above 0",
    ),
    _sign(
        "positive_biased",
        "With biases in the first layer, too, no map of guided backprop has a negative product with the "
        "image.",
        r"\langle s, x \rangle \ge 0",
        _without_biases,
        Setting(nets=40, bias=10_000.0),
        recorded="fails",
    ),
    _sign(
        "open_biased",
        "With biases in the first layer, no map of guided backprop has a negative product with the image "
        "once what the biases send is added.",
        OPEN,
        _with_biases,
        Setting(nets=40, bias=10_000.0),
    ),
    _open(DIGITS),
    _complete(DIGITS),
    _open(ALEXNET),
    _complete(ALEXNET),
    _open(VGG16),
    _complete(VGG16),
    _open(EFFICIENTNET),
)
