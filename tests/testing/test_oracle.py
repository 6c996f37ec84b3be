"""Rules that read weights against their formulas, written on the explicit Jacobian of one affine layer."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from testing.formulas import FORMULAS, by_formula, drawn, equals_formula, over

from tinycnn.layers import Conv2D, Dense
from tinycnn.rules import table
from tinycnn.testing.case import Case


@pytest.mark.parametrize("rule", FORMULAS)
@settings(max_examples=60)
@given(case=drawn)
def test_a_row_is_its_formula_on_the_jacobian(rule: str, case: Case) -> None:
    equals_formula(rule).check(table(rule), case)


@settings(max_examples=60)
@given(case=drawn)
def test_flat_shares_among_the_inputs_that_a_window_has(case: Case) -> None:
    last = case.layers[-1]
    assert isinstance(last, Conv2D | Dense)
    ones = case.but(
        layers=(*case.layers[:-1], dataclasses.replace(last, weight=np.ones_like(last.weight), bias=None))
    )
    taken = by_formula(ones.but(seed=case.seed), lambda w, a, b, r: r * over(w, w.sum()))
    np.testing.assert_allclose(case.map(table("lrp-flat")), taken, rtol=1e-9, atol=1e-12)
