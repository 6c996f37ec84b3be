"""Batch norm, activation and gate in one pass equal the operations one after another."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ops.strategies import normal, seeds

from tinycnn import ops
from tinycnn.ops.kernels.planes.gate import Gates, Range, activate, gate

RELU, RELU6 = Range(0, np.inf), Range(0, 6)


@given(seeds, st.integers(1, 3), st.integers(1, 5), st.integers(1, 7), st.sampled_from([RELU, RELU6]))
def test_one_pass_equals_scale_shift_and_activation(seed, n, k, h, inside):  # type: ignore[no-untyped-def]
    x, scale, shift = 3 * normal(seed, (n, k, h, 3)), normal(seed + 1, (k,)), normal(seed + 2, (k,))
    z = x * scale[:, None, None] + shift[:, None, None]
    codes = activate(x, scale, shift, inside)
    forward, vjp = (ops.relu, ops.relu_vjp) if inside is RELU else (ops.relu6, ops.relu6_vjp)
    np.testing.assert_allclose(x, forward(z), rtol=1e-14, atol=1e-14)
    np.testing.assert_array_equal(codes, vjp(np.ones_like(z), z))


@pytest.mark.parametrize("masked", [True, False])
@pytest.mark.parametrize("low", [0, -np.inf])
@pytest.mark.parametrize("images", [1, 2])
def test_each_signal_meets_its_own_rule_and_image(masked: bool, low: float, images: int) -> None:
    codes = np.random.default_rng(0).integers(0, 2, (images, 3, 4, 5), np.uint8)
    signal, scale = normal(1, (4, 3, 4, 5)), normal(2, (3,))
    gates = Gates(np.array([masked, True, masked, True]), np.array([low, 0, low, 0], np.float32))
    back = gate(signal, codes, gates, scale)
    for i in range(4):
        sent = np.maximum(signal[i], gates.low[i])
        expected = scale[:, None, None] * sent * (codes[i % images] if gates.masked[i] else 1)
        np.testing.assert_array_equal(back[i], expected)


def test_numbers_on_the_edge_are_closed_and_what_is_not_finite_stays() -> None:
    y = np.array([0, 6, 3, np.nan, -1, np.inf]).reshape(1, 1, 1, 6)
    codes = activate(y, np.ones(1), np.zeros(1), RELU6)
    np.testing.assert_array_equal(codes.ravel(), [0, 0, 1, 0, 0, 0])
    np.testing.assert_array_equal(y.ravel(), [0, 6, 3, np.nan, 0, np.inf])
