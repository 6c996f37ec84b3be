"""Every shipped rule equals its matrix mathematics, on drawn networks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from testing.matrices import MILD, equals_matrices, matrix

from tinycnn.layers import Activation, Branches
from tinycnn.rules import RULES
from tinycnn.testing import Case
from tinycnn.testing.case import same_numbers
from tinycnn.testing.strategies import cases

drawn = cases(regimes=MILD)


@pytest.mark.parametrize("name", RULES)
@settings(max_examples=20)
@given(data=st.data())
def test_rules_equal_their_matrices(name: str, data: st.DataObject) -> None:
    law = equals_matrices(name)
    law.check(RULES[name], data.draw(st.one_of(law.cases)))


@given(drawn)
def test_jacobians_are_those_of_the_forward_pass(case: Case) -> None:
    """Layers are affine, or a choice among their inputs: f(x) - f(0) = J x wherever no maximum changes."""
    for step in case.trace():
        if isinstance(step.layer, Activation | Branches):
            continue
        offset, _ = step.layer.forward(np.zeros_like(step.input))
        for n in range(len(step.input)):
            linear = (matrix(step, n) @ step.input[n].reshape(-1)).reshape(step.output.shape[1:])
            assert same_numbers(step.output[n] - offset[n], linear)
