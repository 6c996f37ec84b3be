"""Rules that read weights against their formulas, written on the explicit Jacobian of one affine layer.

The Jacobian is written out entry by entry in `matrices`, not by tinycnn's operations; a formula is then what
its paper says, over one output at a time.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from testing.matrices import matrix

import tinycnn as tc
from tinycnn.layers import Conv2D, Dense, Flatten
from tinycnn.rules import table
from tinycnn.testing.case import Case
from tinycnn.testing.strategies import Shape, cases, convolutions, denses

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


@pytest.mark.parametrize("rule", FORMULAS)
@settings(max_examples=60)
@given(case=cases(affine, regimes=("mixed", "zeros", "ties", "halves")))
def test_a_row_is_its_formula_on_the_jacobian(rule: str, case: Case) -> None:
    found, expected = case.map(table(rule)), by_formula(case, FORMULAS[rule])
    if rule.startswith("contrastive") and isinstance(case.layers[-1], Conv2D):
        expected = by_formula(case, FORMULAS["excitation"])
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9 * np.abs(case.seed).max(initial=0) * 8)


@settings(max_examples=60)
@given(case=cases(affine, regimes=("mixed", "zeros", "ties", "halves")))
def test_flat_shares_among_the_inputs_that_a_window_has(case: Case) -> None:
    last = case.layers[-1]
    assert isinstance(last, Conv2D | Dense)
    ones = case.but(
        layers=(*case.layers[:-1], dataclasses.replace(last, weight=np.ones_like(last.weight), bias=None))
    )
    taken = by_formula(ones.but(seed=case.seed), lambda w, a, b, r: r * over(w, w.sum()))
    np.testing.assert_allclose(case.map(table("lrp-flat")), taken, rtol=1e-9, atol=1e-12)
