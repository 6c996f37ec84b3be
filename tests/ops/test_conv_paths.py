"""Whichever method its groups and channels send a convolution to, it gives what the definition gives."""

from __future__ import annotations

import numpy as np
import pytest
from ops.strategies import normal

from tinycnn import ops
from tinycnn.ops import kernels

PER_GROUP = (1, 7, 8, 9)
"""Channels of a group, on both sides of where a group gets a matrix product of its own."""


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("c", PER_GROUP)
@pytest.mark.parametrize("k", [1, 9])
@pytest.mark.parametrize("options", [{}, {"stride": (2, 1), "padding": ((1, 0), (2, 1)), "dilation": (1, 2)}])
def test_every_path_is_the_definition(groups: int, c: int, k: int, options: dict) -> None:
    x, weight = normal(0, (2, groups * c, 5, 6)), normal(1, (groups * k, c, 3, 2))
    bias, options = normal(2, (groups * k,)), {**options, "groups": groups}
    y = ops.conv2d(x, weight, bias, **options)
    np.testing.assert_allclose(kernels.conv2d(x, weight, bias, **options), y, rtol=1e-12, atol=1e-12)
    signal = normal(3, y.shape)
    for name, other, shape in (("input", weight, x.shape[2:]), ("weight", x, weight.shape[2:])):
        found, expected = (
            getattr(module, f"conv2d_vjp_{name}")(signal, other, shape, **options)
            for module in (kernels, ops)
        )
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-11)


@pytest.mark.parametrize("size", [(1, 1), (1, 2), (2, 1), (2, 2)])
def test_as_many_windows_as_pixels_are_not_always_the_pixels(size: tuple[int, int]) -> None:
    (a, b), (h, w) = size, (3, 4)
    options: dict = {"stride": size, "padding": ((0, h * (a - 1)), (0, w * (b - 1)))}
    weight, signal = normal(0, (3, 9, a, b)), normal(1, (2, 3, h, w))
    found = kernels.conv2d_vjp_input(signal, weight, (h, w), **options)
    expected = ops.conv2d_vjp_input(signal, weight, (h, w), **options)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)
