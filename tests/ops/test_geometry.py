"""Where windows lie, counted one by one."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ops.strategies import paddings, strides

from tinycnn import ops
from tinycnn.errors import ShapeError
from tinycnn.layers import Conv2D, MaxPool2D
from tinycnn.ops import kernels
from tinycnn.ops.geometry import Window, pool_window, window

images = st.tuples(st.integers(1, 6), st.integers(1, 6))
sizes = st.tuples(st.integers(1, 4), st.integers(1, 4))


def places(at: Window) -> list[list[range]]:
    """For each axis the windows on the padded image, as the pixels from the first tap to the last."""
    found = []
    for axis in (0, 1):
        length = at.image[axis] + sum(at.edges[axis])
        extent = at.dilation[axis] * (at.size[axis] - 1) + 1
        firsts = range(0, length, at.stride[axis])
        below = at.edges[axis][0]
        found.append([range(i - below, i - below + extent) for i in firsts if i + extent <= length])
    return found


@given(images, sizes, strides, paddings, st.integers(1, 3))
def test_a_geometry_has_the_windows_that_fit(image, size, stride, padding, dilation):  # type: ignore[no-untyped-def]
    try:
        at = window(image, size, stride, padding, dilation)
    except ShapeError:
        sides = padding if isinstance(padding, tuple) else (padding, padding)
        padded = [
            n + (sum(side) if isinstance(side, tuple) else 2 * side)
            for n, side in zip(image, sides, strict=True)
        ]
        assert any(n < dilation * (a - 1) + 1 for n, a in zip(padded, size, strict=True))
        return
    assert at.output == tuple(map(len, places(at)))
    assert min(at.output) >= 1


@given(images, sizes, strides, paddings)
def test_a_pooling_geometry_is_refused_just_if_a_window_lies_on_padding_alone(image, size, stride, padding):  # type: ignore[no-untyped-def]
    try:
        at = window(image, size, stride, padding)
    except ShapeError:
        return
    inside = [
        [any(0 <= pixel < n for pixel in line) for line in lines]
        for n, lines in zip(image, places(at), strict=True)
    ]
    if all(down and across for down, across in product(*inside)):
        assert pool_window(image, size, stride, padding) == at
    else:
        with pytest.raises(ShapeError, match="fills a whole pooling window"):
            pool_window(image, size, stride, padding)


@given(images, sizes, strides, st.integers(1, 3))
def test_the_geometry_same_is_that_of_tensorflow(image, size, stride, dilation):  # type: ignore[no-untyped-def]
    at = window(image, size, stride, "same", dilation)
    for axis in (0, 1):
        assert at.output[axis] == -(-image[axis] // at.stride[axis])
        before, after = at.edges[axis]
        assert after - before in (0, 1)
        unpadded = (at.output[axis] - 1) * at.stride[axis] + dilation * (size[axis] - 1) + 1
        assert before + after == max(unpadded - image[axis], 0)


@pytest.mark.parametrize("kind", [np.int64, np.int32, np.uint8])
def test_numbers_of_a_geometry_may_be_numpys(kind: Callable[[int], Any]) -> None:
    expected = window((9, 7), (3, 2), 2, 1, 2)
    for pads in (kind(1), (kind(1), kind(1)), ((kind(1), kind(1)), (kind(1), 1))):
        at = window((9, 7), (3, kind(2)), (kind(2), 2), pads, kind(2))
        assert at == expected
        assert {
            type(number) for number in (*at.size, *at.stride, *at.dilation, *at.edges[0], *at.edges[1])
        } == {int}
    x, weight = np.ones((1, 1, 9, 7), np.float32), np.ones((1, 1, 3, 2), np.float32)
    for module in (ops, kernels):
        assert module.conv2d(x, weight, None, kind(2), kind(1), kind(2)).shape == (1, 1, *at.output)
        assert module.max_pool2d(x, kind(2), kind(2), kind(1))[0].shape == (1, 1, 5, 4)
    assert Conv2D(weight, None, kind(2), kind(1)).forward(x)[0].shape == (1, 1, 5, 4)
    assert MaxPool2D(kind(2), kind(2)).forward(x)[0].shape == (1, 1, 4, 3)


@pytest.mark.parametrize("number", [2.0, np.float64(2), "2", None, np.array([2, 2]), [1, 2, 3], (1, 2.5)])
def test_what_is_no_geometry_is_refused(number: Any) -> None:
    for keys in ("stride", "dilation", "padding"):
        with pytest.raises(ShapeError, match=r"a whole number or a pair of them|padding is a number, a pair"):
            window((9, 7), (3, 2), **{keys: number})


def test_planes_whose_places_need_more_than_32_bits_are_refused() -> None:
    """Switches within a plane are counted in 32 bits; with its padding it has at most 2^31 - 1 pixels."""
    assert window((2**31 - 1, 1), (1, 1)).output == (2**31 - 1, 1)
    assert window((2**31 - 3, 1), (1, 1), padding=((1, 1), (0, 0))).output == (2**31 - 1, 1)
    for image, padding in (
        ((2**31, 1), 0),
        ((2**16, 2**15), 0),
        ((2**31 - 2, 1), ((1, 1), (0, 0))),
        ((1, 1), 2**15),
    ):
        for make in (window, pool_window):
            with pytest.raises(ShapeError, match="with its padding is too large"):
                make(image, (1, 1), 1, padding)


@pytest.mark.parametrize("image", [(0, 3), (3, 0)])
def test_the_geometry_of_an_empty_image_is_refused(image: tuple[int, int]) -> None:
    with pytest.raises(ShapeError, match="does not fit"):
        window(image, (1, 1), padding=2)


@pytest.mark.parametrize("image", [(3, 1), (1, 3)])
def test_a_geometry_that_fits_along_one_axis_only_is_refused(image: tuple[int, int]) -> None:
    with pytest.raises(ShapeError, match="does not fit"):
        window(image, (2, 2))


X, WEIGHT, SIGNAL = np.ones((1, 1, 4, 4)), np.ones((1, 1, 1, 1)), np.ones((1, 1, 1, 1))


@pytest.mark.parametrize("number", [2**62, 2**63, 2**70])
@pytest.mark.parametrize("module", [ops, kernels])
def test_steps_and_images_that_kernels_cannot_count_are_refused(module: Any, number: int) -> None:
    calls: list[tuple[str, tuple[Any, ...]]] = [
        ("max_pool2d", (X, 1)), ("avg_pool2d", (X, 1, 9)), ("conv2d", (X, WEIGHT)),
        ("conv2d_vjp_input", (SIGNAL, WEIGHT, (4, 4))), ("conv2d_vjp_weight", (SIGNAL, X, (1, 1))),
    ]  # fmt: skip
    for name, arguments in calls:
        steps = {"dilation": number} if name == "avg_pool2d" else {"stride": number}
        with pytest.raises(ShapeError, match=f"must be below {2**62}"):
            getattr(module, name)(*arguments, **steps)
    for name, arguments in (
        ("global_avg_pool2d_vjp", (SIGNAL[0, 0],)),
        ("max_pool2d_vjp", (SIGNAL, np.zeros((1, 1, 1, 1), np.int64))),
    ):
        with pytest.raises(ShapeError, match=f"an image of {number}x1 is too large"):
            getattr(module, name)(*arguments, (number, 1))


def test_a_stride_far_beyond_the_image_is_as_quick_as_one_that_ends_there() -> None:
    signal, weight = np.ones((1, 3, 1, 1)), np.arange(6.0).reshape(3, 2, 1, 1)
    near, far = (kernels.conv2d_vjp_input(signal, weight, (4, 5), stride=s) for s in (5, 2**62 - 1))
    np.testing.assert_array_equal(far, near)
