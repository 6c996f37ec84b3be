"""Arrays that are worked on in several ranges come out as from the definition, in every range."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from ops.strategies import normal

from tinycnn import ops
from tinycnn.ops import kernels
from tinycnn.ops.kernels.machine import threads

SIZE = (3, 2 * (1 << 14) // 3 + 5)
"""Just enough numbers for two ranges."""


@pytest.fixture(autouse=True)
def two_threads() -> Iterator[None]:
    before = threads.get_num_threads()
    threads.set_num_threads(2)
    yield
    threads.set_num_threads(before)


@pytest.mark.parametrize("name", ["relu", "relu6", "softplus", "sigmoid"])
def test_activations(name: str) -> None:
    x = 8 * normal(0, SIZE)
    found, expected = getattr(kernels, name)(x), getattr(ops, name)(x)
    np.testing.assert_allclose(found, expected, rtol=1e-14)


@pytest.mark.parametrize("name", ["relu_vjp", "relu6_vjp", "softplus_vjp"])
def test_activation_vjps(name: str) -> None:
    x, signal = 8 * normal(0, SIZE), normal(1, SIZE)
    found, expected = getattr(kernels, name)(signal, x), getattr(ops, name)(signal, x)
    np.testing.assert_allclose(found, expected, rtol=1e-14)


def test_sums_of_branches() -> None:
    parts = [normal(seed, SIZE) for seed in range(3)]
    np.testing.assert_allclose(kernels.add(parts), ops.add(parts), rtol=1e-14, atol=1e-15)
