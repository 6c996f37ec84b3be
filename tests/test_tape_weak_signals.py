"""What a gate removes is a fraction, however weak the signal is that arrives."""

from __future__ import annotations

import numpy as np
import pytest

import tinycnn as tc
from tinycnn.rules import GUIDED


@pytest.mark.parametrize("scale", [1e-100, 1e-3, 1.0, 1e100])
def test_fractions_do_not_depend_on_the_scale_of_the_signal(scale: float) -> None:
    trace = tc.forward(tc.Model("relu", (tc.ReLU(),), (4,)), np.array([[1.0, 1, -1, -1]]))
    (entry,) = tc.tape(trace, scale * np.array([[0.1, -0.2, 0.3, -0.4]]), GUIDED)
    assert (entry.mask, entry.send, entry.both) == pytest.approx((25 / 30, 20 / 30, 29 / 30))
