"""What each relevance rule says of one affine layer, over one output at a time, as its paper has it.

The Jacobian is written out entry by entry in `matrices`, not by tinycnn's operations.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from hypothesis import strategies as st

import tinycnn as tc
from tinycnn.layers import Conv2D, Flatten
from tinycnn.layers.sizes import Shape
from tinycnn.testing.case import Case
from tinycnn.testing.law import Law, expect_same
from tinycnn.testing.strategies import cases, convolutions, denses
from tinycnn.trace import Rows

from .matrices import matrix

LOW, HIGH = -8.0, 8.0

Shares = Callable[[np.ndarray, np.ndarray, float, float], np.ndarray]
"""Weights of one output, inputs, bias, relevance; to what each input gets."""


def over(numerator: np.ndarray, denominator: float) -> np.ndarray:
    return numerator / denominator if denominator else 0 * numerator


def gamma(w: np.ndarray, a: np.ndarray, b: float, r: float) -> np.ndarray:
    side = np.sign(w @ a + b)
    more = a * w + 0.25 * np.where(np.sign(a * w) == side, a * w, 0)
    bias = b + 0.25 * (b if np.sign(b) == side else 0)
    return r * abs(side) * over(more, more.sum() + bias)


def two_to_one(
    w: np.ndarray, a: np.ndarray, b: float, r: float, alpha: float = 2, beta: float = 1
) -> np.ndarray:
    up, down = np.maximum(a * w, 0), np.minimum(a * w, 0)
    return r * (alpha * over(up, up.sum() + max(b, 0)) - beta * over(down, down.sum() + min(b, 0)))


def box(w: np.ndarray, a: np.ndarray, b: float, r: float) -> np.ndarray:
    above = a * w - LOW * np.maximum(w, 0) - HIGH * np.minimum(w, 0)
    return r * over(above, above.sum())


def epsilon(w: np.ndarray, a: np.ndarray, b: float, r: float) -> np.ndarray:
    z = w @ a + b
    return r * a * w / (z + (0.5 if z >= 0 else -0.5))


FORMULAS: dict[str, Shares] = {
    "lrp-0": lambda w, a, b, r: r * over(a * w, w @ a + b),
    "lrp-epsilon(epsilon=0.5)": epsilon,
    "lrp-gamma": gamma,
    "lrp-gamma-plus": lambda w, a, b, r: (
        r * over(a * (w + np.maximum(w, 0) / 4), a @ (w + np.maximum(w, 0) / 4) + b + max(b, 0) / 4)
    ),
    "lrp-alpha2-beta1": two_to_one,
    "lrp-zplus": lambda w, a, b, r: two_to_one(w, a, b, r, 1, 0),
    "lrp-wsquare": lambda w, a, b, r: r * over(w**2, (w**2).sum()),
    "lrp-zbox(low=-8, high=8)": box,
    "excitation": lambda w, a, b, r: two_to_one(w, a, 0, r, 1, 0),
    "contrastive-excitation": lambda w, a, b, r: two_to_one(w, a, 0, r, 1, 1),
}


@st.composite
def affine(draw: st.DrawFn, shape: Shape) -> tuple[tc.Layer, ...]:
    if draw(st.booleans()):
        return (Flatten(), draw(denses((shape[0] * shape[1] * shape[2],))))
    # where padding goes around, two taps may read one pixel, and its entry of the Jacobian is their sum
    return (draw(convolutions(shape).filter(lambda layer: not layer.circular)),)


def by_formula(case: Case, shares: Shares) -> np.ndarray:
    step = case.trace()[-1]
    rows, a = matrix(step, 0), step.input[0].reshape(-1)
    flat = case.seed[0].reshape(-1)
    bias = (
        np.zeros(len(rows))
        if step.layer.bias is None
        else np.repeat(step.layer.bias, len(rows) // len(step.layer.weight))
    )
    found = [shares(w, a, float(b), float(r)) for w, b, r in zip(rows, bias, flat, strict=True)]
    total: np.ndarray = np.sum(found, axis=0)
    return total.reshape(case.x.shape)


def equals_formula(rule: str) -> Law:
    """The law that a rule gives each input of a layer what the formula of the rule of that name says."""

    def check(found: Rows, case: Case) -> None:
        one_pass = rule.startswith("contrastive") and isinstance(case.layers[-1], Conv2D)
        shares = FORMULAS["excitation" if one_pass else rule]
        expect_same(case.map(found), by_formula(case, shares), "the map", case.scale(found))

    code = f"from tests.testing.formulas import equals_formula\nequals_formula({rule!r}).check(rule, case)"
    statement = f"Each input gets what the formula of {rule} says."
    return Law(f"formula of {rule}", statement, check, (drawn,), code=code)


drawn = cases(affine, regimes=("mixed", "zeros", "ties", "halves"))
"""One affine layer, small numbers."""
