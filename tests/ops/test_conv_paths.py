"""Whichever method its groups and channels send a convolution to, it gives what the definition gives."""

from __future__ import annotations

import numpy as np
import pytest
from ops.strategies import normal

from tinycnn import ops
from tinycnn.ops import kernels
from tinycnn.ops.geometry import window
from tinycnn.ops.kernels.blocks import conv
from tinycnn.ops.kernels.machine.simd import LANES

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


WIDE = 2 * LANES
BLOCKS = {
    "depthwise": (LANES + 3, 1, LANES + 3, (13, 11), 3, {"padding": ((2, 0), (1, 3))}),
    "depthwise, strided": (LANES - 1, 1, LANES - 1, (11, 13), 5, {"stride": (2, 1), "dilation": (1, 2)}),
    "depthwise, three kernels each": (5, 1, 15, (9, 7), 3, {"stride": 3, "padding": 2}),
    "depthwise, wide stride": (2 * LANES, 1, 2 * LANES, (9, 10), 1, {"stride": (2, 3), "padding": 1}),
    "strided": (WIDE + 3, WIDE + 3, WIDE + 1, (17, 19), 3, {"stride": 2, "padding": ((0, 1), (2, 1))}),
    "dilated": (WIDE, WIDE, WIDE + 5, (13, 12), 3, {"dilation": (2, 1), "padding": ((1, 2), (0, 0))}),
    "tiles": (21, 21, 33, (11, 14), 3, {"padding": ((2, 0), (1, 3))}),
}
PLANES = {
    "circular depthwise": (LANES, 1, LANES, (9, 7), 3, {"padding": 1, "circular": True}),
    "circular": (WIDE, WIDE, WIDE, (9, 9), 3, {"padding": ((2, 0), (1, 1)), "circular": True}),
    "circular, strided": (WIDE, WIDE, WIDE, (17, 16), 3, {"padding": 1, "circular": True, "stride": 2}),
    "1x1": (WIDE, WIDE, WIDE, (9, 9), 1, {}),
    "few places": (WIDE, WIDE, WIDE, (7, 7), 3, {"stride": 2, "padding": 1}),
    "few channels": (LANES, LANES, WIDE, (9, 9), 5, {"padding": 2}),
    "groups": (2 * LANES, 4, 2 * LANES, (9, 9), 3, {"padding": ((1, 0), (2, 1)), "stride": (1, 2)}),
}
"""Channels in, channels of a group, channels out, size of the image and of the kernels, and the options."""


@pytest.mark.parametrize("images", [0, 2])
@pytest.mark.parametrize("name", [*BLOCKS, *PLANES])
def test_large_layers_of_single_precision(name: str, images: int) -> None:
    c, per_group, k, image, size, options = {**BLOCKS, **PLANES}[name]
    groups = c // per_group
    x, weight = normal(0, (images, c, *image), np.float32), normal(1, (k, per_group, size, size), np.float32)
    at = window(image, (size, size), **options)
    assert conv.turned(weight, at, groups) == (name in BLOCKS)
    bias, options = normal(2, (k,), np.float32), {**options, "groups": groups}
    exact = ops.conv2d(*(array.astype("f8") for array in (x, weight, bias)), **options)
    _near(kernels.conv2d(x, weight, bias, **options), exact)
    signal = normal(3, exact.shape, np.float32)
    for name, other, shape in (("input", weight, image), ("weight", x, weight.shape[2:])):
        vjp = f"conv2d_vjp_{name}"
        exact = getattr(ops, vjp)(signal.astype("f8"), other.astype("f8"), shape, **options)
        _near(getattr(kernels, vjp)(signal, other, shape, **options), exact)


def _near(found: np.ndarray, exact: np.ndarray) -> None:
    """Relative L2 error; float32 rounds by 6e-8, which Winograd's transforms amplify about tenfold."""
    assert found.shape == exact.shape
    assert found.dtype == np.float32
    assert np.linalg.norm(found - exact) <= 1e-6 * np.linalg.norm(exact)


@pytest.mark.filterwarnings("ignore:invalid value")  # inf - inf and inf * 0, where kernels are plain Python
@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("name", BLOCKS)
def test_no_method_in_blocks_hides_a_number_that_is_not_finite(name: str, value: float) -> None:
    c, per_group, k, image, size, options = BLOCKS[name]
    x, weight = normal(0, (1, c, *image), np.float32), normal(1, (k, per_group, size, size), np.float32)
    options = {**options, "groups": c // per_group}
    x[0, 3, 5, 5] = value
    touched = ~np.isfinite(ops.conv2d(x, weight, **options))
    assert touched.any()
    assert not np.isfinite(kernels.conv2d(x, weight, **options)[touched]).any()
    signal = normal(2, touched.shape, np.float32)
    signal[0, 3, 2, 2] = value
    touched = ~np.isfinite(ops.conv2d_vjp_input(signal, weight, image, **options))
    assert touched.any()
    assert not np.isfinite(kernels.conv2d_vjp_input(signal, weight, image, **options)[touched]).any()
