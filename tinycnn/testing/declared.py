"""Which laws each shipped rule breaks, and a case for each in which it does. It obeys all others."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from tinycnn.layers import Conv2D, MaxPool2D, ReLU
from tinycnn.ops.types import Array
from tinycnn.rules import RULES
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
    "constant": _UNLIKE_THE_GRADIENT | {"homogeneity", "positive"},
    "negative": _UNLIKE_THE_GRADIENT | {"idempotence", "backward-relu", "positive"},
    "reversed": _UNLIKE_THE_GRADIENT | {"input-sign", "positive"},
    "deconvnet-abs": _UNLIKE_THE_GRADIENT | {"backward-relu", "input-sign"},
    "stein": _UNLIKE_THE_GRADIENT | {"idempotence", "positive"},
}

_WITHOUT_SWITCHES = frozenset({"completeness", "positive", "switches"})

BROKEN: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        name: _ARMS[name.partition("+")[0]] | (_WITHOUT_SWITCHES if "+" in name else frozenset())
        for name in RULES
    }
)
"""From the name of each shipped rule to the names of the laws that it breaks."""


def _relu(x: float, seed: float, other: float | None = None) -> Case:
    second = None if other is None else _number(other)
    return Case((ReLU(),), _number(x), _number(seed), second)


def _conv_relu(x: float, weight: float, seed: float) -> Case:
    return Case((Conv2D(_number(weight)), ReLU()), _number(x), _number(seed))


def _number(value: float) -> Array:
    return np.full((1, 1, 1, 1), float(value))


_POOL = Case((MaxPool2D((1, 2), 1),), np.array([[[[1.0, 2.0]]]]), _number(1))

COUNTEREXAMPLES: Mapping[str, tuple[Case, ...]] = MappingProxyType(
    {
        "homogeneity": (_relu(1, seed=0),),
        "additivity": (_relu(1, seed=1, other=-1), _relu(-1, seed=1, other=-1)),
        "non-negativity": (_relu(1, seed=-1),),
        "idempotence": (_relu(1, seed=-1), _relu(2, seed=1)),
        "backward-relu": (_relu(1, seed=-1),),
        "completeness": (_relu(1, seed=-1), _relu(-1, seed=1), _POOL),
        "conservation": (_relu(1, seed=-1), _conv_relu(1, weight=2, seed=1)),
        "input-sign": (_conv_relu(1, weight=1, seed=-1), _conv_relu(1, weight=-1, seed=1)),
        "positive": (_relu(2, seed=2), _POOL),
        "switches": (_POOL,),
    }
)
"""From the name of a law to cases; every shipped rule that breaks the law breaks it in one of them."""


def counterexample(rule: str, law: str) -> Case | None:
    """A stored case in which a shipped rule breaks a law; None if it obeys it."""
    cases = COUNTEREXAMPLES.get(law, ()) if law in BROKEN[rule] else ()
    return next((case for case in cases if failure(LAWS[law], RULES[rule], case)), None)
