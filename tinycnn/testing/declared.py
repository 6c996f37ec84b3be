"""Which laws each shipped rule breaks, and a case for each in which it does. It obeys all others."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from tinycnn.layers import (
    Conv2D,
    Dense,
    Flatten,
    GlobalAvgPool2D,
    Layer,
    LeakyReLU,
    MaxPool2D,
    ReLU,
    ReLU6,
    SiLU,
)
from tinycnn.ops.types import Array
from tinycnn.rules import RULES, Rule, table
from tinycnn.testing.case import Case
from tinycnn.testing.laws import LAWS
from tinycnn.testing.search import failure

_UNLIKE_THE_GRADIENT = frozenset({"additivity", "completeness", "conservation"})

_ARMS: dict[str, frozenset[str]] = {
    "saliency": frozenset({"non-negativity", "conservation", "input-sign"}),
    "deconvnet": _UNLIKE_THE_GRADIENT | {"input-sign"},
    "guided": _UNLIKE_THE_GRADIENT,
    "linear": frozenset({"non-negativity", "completeness", "conservation", "input-sign"}),
    "abs": _UNLIKE_THE_GRADIENT | {"backward-relu"},
    "constant": _UNLIKE_THE_GRADIENT | {"homogeneity", "positive", "rescale", "split"},
    "negative": _UNLIKE_THE_GRADIENT | {"idempotence", "backward-relu", "positive", "identity"},
    "reversed": _UNLIKE_THE_GRADIENT | {"non-negativity", "input-sign", "positive", "identity"},
    "deconvnet-abs": _UNLIKE_THE_GRADIENT | {"backward-relu", "input-sign"},
    "stein": _UNLIKE_THE_GRADIENT
    | {"non-negativity", "idempotence", "positive", "rescale", "identity", "ball"},
}

_WITHOUT_SWITCHES = frozenset({"completeness", "positive", "switches"})

_OF_RELEVANCE = frozenset({"non-negativity", "completeness", "input-sign", "positive", "ball"})
"""Broken by whatever shares out relevance: it weighs with activations, and is no gradient."""

_READS_INPUTS = frozenset({"shift", "conservation"})
"""Broken by shares that depend on the pixels, and leave some to the bias."""

_WITH_EPSILON = frozenset({"rescale", "direction", "identity"})
"""Broken by an epsilon: what is large is less stabilised than what is small."""

_MADE: dict[str, frozenset[str]] = {
    "lrp-0": _OF_RELEVANCE | _READS_INPUTS,
    "lrp-epsilon": _OF_RELEVANCE | _READS_INPUTS | _WITH_EPSILON,
    "lrp-gamma": _OF_RELEVANCE | _READS_INPUTS,
    "lrp-gamma-plus": _OF_RELEVANCE | _READS_INPUTS,
    "lrp-alpha-beta": _OF_RELEVANCE | _READS_INPUTS | {"identity"},
    "lrp-alpha2-beta1": _OF_RELEVANCE | _READS_INPUTS | {"identity"},
    "lrp-zplus": _OF_RELEVANCE | _READS_INPUTS,
    "lrp-wsquare": _OF_RELEVANCE | {"rescale", "split"},
    "lrp-flat": _OF_RELEVANCE | {"dummy"},
    "lrp-zbox(low=-8, high=8)": _OF_RELEVANCE | _READS_INPUTS | {"direction"},
    "epsilon-plus": _OF_RELEVANCE | _READS_INPUTS | _WITH_EPSILON,
    "epsilon-plus-flat": _OF_RELEVANCE | {"conservation", "identity", "direction", "dummy"},
    "epsilon-alpha2-beta1": _OF_RELEVANCE | _READS_INPUTS | _WITH_EPSILON,
    "epsilon-alpha2-beta1-flat": _OF_RELEVANCE | {"conservation", "identity", "direction", "dummy"},
    "epsilon-gamma-box(low=-8, high=8)": _OF_RELEVANCE | _READS_INPUTS | _WITH_EPSILON,
    "excitation": _OF_RELEVANCE | {"shift"},
    "contrastive-excitation": _OF_RELEVANCE | {"shift"},
    "rectgrad": _UNLIKE_THE_GRADIENT
    | {"non-negativity", "idempotence", "forward-mask", "backward-relu", "locality"}
    | {"split", "identity", "ball", "input-sign", "positive"},
    "beta-smooth": frozenset({"non-negativity", "idempotence", "completeness", "conservation", "input-sign"})
    | {"positive", "direction", "rescale", "identity", "ball"},
}

TRIED: Mapping[str, Rule] = MappingProxyType({**RULES, **{name: table(name) for name in _MADE}})
"""Every shipped table, as the laws are tried on it: with default options, and bounds if it needs them."""

BROKEN: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        name: _ARMS[name.partition("+")[0]] | (_WITHOUT_SWITCHES if "+" in name else frozenset())
        for name in RULES
    }
    | _MADE
)
"""From the name of each shipped rule to the names of the laws that it breaks."""


def _relu(x: float, seed: float, other: float | None = None) -> Case:
    second = None if other is None else _number(other)
    return Case((ReLU(),), _number(x), _number(seed), second)


def _conv_relu(x: float, weight: float, seed: float) -> Case:
    return Case((Conv2D(_number(weight)), ReLU()), _number(x), _number(seed))


def _number(value: float) -> Array:
    return np.full((1, 1, 1, 1), float(value))


def _row(*values: float) -> Array:
    """One image of one row of pixels."""
    return np.array(values, float).reshape(1, 1, 1, -1)


def _pair(x: Array, seed: Array, other: Array | None = None) -> Case:
    return Case((ReLU(),), x, seed, other)


def _chain(x: float, *weights: float, seed: float = 1, bias: float | None = None) -> Case:
    """Dense layers of one unit with a ReLU between them; the bias is the last one's."""
    found: list[Layer] = [Flatten()]
    for weight in weights:
        found += [Dense(np.array([[float(weight)]])), ReLU()]
    last = Dense(np.array([[float(weights[-1])]]), None if bias is None else np.array([float(bias)]))
    return Case((*found[:-2], last), _number(x), np.array([[float(seed)]]))


def _two_units() -> Case:
    """Two hidden units, of which one does not look at its input."""
    below = Conv2D(np.array([0.0, 1.0]).reshape(2, 1, 1, 1))
    return Case((below, ReLU(), Conv2D(np.ones((1, 2, 1, 1)))), _number(0), _number(1))


def _two_channels(x: tuple[float, float], weights: tuple[float, float], bias: float = 0) -> Case:
    below = Conv2D(np.array(weights, float).reshape(1, 2, 1, 1), np.array([float(bias)]))
    return Case((below, ReLU(), Conv2D(_number(1))), np.array(x, float).reshape(1, 2, 1, 1), _number(1))


_POOL = Case((MaxPool2D((1, 2), 1),), np.array([[[[1.0, 2.0]]]]), _number(1))
_MEAN = Case((GlobalAvgPool2D(),), _row(1, 2), np.ones((1, 1)))
_MIXED = Case((Flatten(), Dense(np.array([[0.0, 1.0], [1.0, 1.0]]))), _row(1, 1), np.ones((1, 2)))
_TWO_PIXELS = Case((Conv2D(_number(1)), Flatten(), Dense(np.eye(2))), _row(1, 2), np.ones((1, 2)))

COUNTEREXAMPLES: Mapping[str, tuple[Case, ...]] = MappingProxyType(
    {
        "homogeneity": (_relu(1, seed=0),),
        "locality": (_pair(_row(1, 1), _row(1, 1)),),
        "additivity": (
            _relu(1, seed=1, other=-1),
            _relu(-1, seed=1, other=-1),
            _pair(_row(1, 1), _row(1, 1), _row(0, 1)),
        ),
        "non-negativity": (
            _relu(1, seed=-1),
            Case((LeakyReLU(),), _number(-1), _number(1)),
            Case((SiLU(),), _number(2), _number(1)),
            _pair(_row(1, 2), _row(-1, -1)),
        ),
        "idempotence": (_relu(1, seed=-1), _relu(2, seed=1), _pair(_row(0, 1), _row(-1, -1))),
        "forward-mask": (Case((ReLU6(),), _row(7, 1), _row(1, 1)),),
        "backward-relu": (_relu(1, seed=-1), _pair(_row(0, 1), _row(1, -1))),
        "direction": (
            _MIXED,
            _TWO_PIXELS,
            Case((Conv2D(_number(1)), ReLU()), _row(1, 2), _row(1, 1)),
            Case((Conv2D(np.ones((1, 1, 1, 2))), Flatten()), _row(1, 2), np.ones((1, 1))),
        ),
        "completeness": (_relu(1, seed=-1), _relu(-1, seed=1), _POOL, _MEAN),
        "conservation": (
            _relu(1, seed=-1),
            _conv_relu(1, weight=2, seed=1),
            _chain(1, 1, 1, bias=1),
            _pair(_row(1, 1), _row(1, 1)),
        ),
        "rescale": (_chain(1, 1, 1), _two_units()),
        "split": (
            _two_units(),
            Case((Conv2D(_number(1)), ReLU(), Conv2D(_number(1))), _row(1, 1), _row(0, 1)),
        ),
        "identity": (
            _chain(1, 1, -1),
            _chain(1, -1, 1),
            _chain(-1, -2, -1, seed=-1),
            Case((Conv2D(_number(1)), ReLU(), Conv2D(_number(1))), _row(0, 1), _row(-1, -1)),
        ),
        "shift": (_two_channels((0, 1), (1, 1)),),
        "dummy": (_two_channels((0, 0), (0, 0), bias=1),),
        "ball": (_MEAN, _relu(1, seed=1), _pair(_row(2, 2), _row(1, 1))),
        "input-sign": (
            _conv_relu(1, weight=1, seed=-1),
            _conv_relu(1, weight=-1, seed=1),
            Case((Conv2D(_number(1)), ReLU()), _row(1, 2), _row(-1, -1)),
        ),
        "positive": (_relu(2, seed=2), _POOL, _MEAN),
        "switches": (_POOL,),
    }
)
"""From the name of a law to cases; every shipped rule that breaks the law breaks it in one of them."""


def counterexample(rule: str, law: str) -> Case | None:
    """A stored case in which a shipped rule breaks a law; None if it obeys it."""
    cases = COUNTEREXAMPLES.get(law, ()) if law in BROKEN[rule] else ()
    return next((case for case in cases if failure(LAWS[law], TRIED[rule], case)), None)
