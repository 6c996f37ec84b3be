"""Max-pooling of values that are as small as the padding."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinycnn import ops
from tinycnn.ops import kernels

twins = pytest.mark.parametrize("module", [ops, kernels], ids=["definition", "kernel"])


@twins
def test_padding_never_wins(module):  # type: ignore[no-untyped-def]
    x = np.full((1, 1, 4, 4), -np.inf, np.float32)
    y, switches = module.max_pool2d(x, 2, 2, 1)
    assert (y == -np.inf).all()
    assert switches.ravel().tolist() == [0, 1, 3, 4, 5, 7, 12, 13, 15]


@twins
def test_a_signal_reaches_only_the_windows_own_pixels(module):  # type: ignore[no-untyped-def]
    x = np.full((1, 1, 4, 4), -np.inf, np.float32)
    _, switches = module.max_pool2d(x, 2, 2, 1)
    signal = np.arange(1, 10, dtype=np.float32).reshape(1, 1, 3, 3)
    expected = np.float32([[1, 2, 0, 3], [4, 5, 0, 6], [0, 0, 0, 0], [7, 8, 0, 9]])
    np.testing.assert_array_equal(module.max_pool2d_vjp(signal, switches, (4, 4))[0, 0], expected)


ENTRIES = st.sampled_from([-np.inf, -np.inf, -np.inf, np.inf, np.nan, 0, -0.0, 1, np.finfo(np.float32).min])


@given(st.data(), st.integers(2, 3), st.integers(1, 3), st.booleans())
def test_definition_and_kernel_agree_on_values_without_end(data, size, stride, padded):  # type: ignore[no-untyped-def]
    h, w = data.draw(st.tuples(st.integers(3, 6), st.integers(3, 6)))
    x = np.float32(data.draw(st.lists(ENTRIES, min_size=2 * h * w, max_size=2 * h * w))).reshape(1, 2, h, w)
    for one, two in zip(*(m.max_pool2d(x, size, stride, int(padded)) for m in (ops, kernels)), strict=True):
        np.testing.assert_array_equal(one, two)
