"""Where windows lie, counted one by one."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ops.strategies import paddings, strides

from tinycnn.errors import ShapeError
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


@pytest.mark.parametrize("image", [(0, 3), (3, 0)])
def test_the_geometry_of_an_empty_image_is_refused(image: tuple[int, int]) -> None:
    with pytest.raises(ShapeError, match="does not fit"):
        window(image, (1, 1), padding=2)


@pytest.mark.parametrize("image", [(3, 1), (1, 3)])
def test_a_geometry_that_fits_along_one_axis_only_is_refused(image: tuple[int, int]) -> None:
    with pytest.raises(ShapeError, match="does not fit"):
        window(image, (2, 2))
