"""Max-pooling of values that are as small as the padding."""

from __future__ import annotations

import math
import mmap
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinycnn import ops
from tinycnn.ops import kernels
from tinycnn.ops.kernels.blocks import pool as blocks
from tinycnn.ops.kernels.blocks.layout import to_blocks
from tinycnn.ops.kernels.machine.simd import LANES
from tinycnn.ops.kernels.planes import pool as planes
from tinycnn.ops.types import frozen

NO_RESERVE = 0x4000
"""Linux's MAP_NORESERVE, which `mmap` has from Python 3.13 on."""

twins = pytest.mark.parametrize("module", [ops, kernels], ids=["definition", "kernel"])


@twins
def test_a_stride_beyond_the_image_takes_no_memory(module):  # type: ignore[no-untyped-def]
    y, switches = module.max_pool2d(np.float32([[[[1, 3], [2, 0]]]]), 2, 2**40)
    assert (y.item(), switches.item()) == (3, 1)


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


@pytest.mark.skipif(sys.platform != "linux", reason="needs memory that is taken when it is touched")
def test_a_batch_may_have_more_pixels_than_32_bits_count():  # type: ignore[no-untyped-def]
    """The last plane of more than 2^31 pixels, of which no other is touched, in both layouts of images."""

    def batch(*shape: int, dtype: type = np.float32) -> np.ndarray:
        flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | NO_RESERVE
        memory = mmap.mmap(-1, math.prod(shape) * np.dtype(dtype).itemsize, flags=flags)
        return np.frombuffer(memory, dtype).reshape(shape)

    image = np.random.default_rng(0).normal(size=(1, LANES, 8, 8)).astype(np.float32)
    signal = np.random.default_rng(1).normal(size=(1, LANES, 4, 4)).astype(np.float32)
    expected, places = ops.max_pool2d(image, 2, 2)
    back = ops.max_pool2d_vjp(signal, places, (8, 8))

    count = (1 << 25) + 1
    last, x, total = (count - 1, count), batch(count, 8, 8), batch(count, 64)
    y, switches = batch(count, 4, 4), batch(count, 4, 4, dtype=np.int64)
    x[-1] = image[0, 0]
    planes._max(*last, frozen(x), y, switches, (2, 2), (2, 2), (1, 1), (0, 0))
    np.testing.assert_array_equal(y[-1], expected[0, 0])
    np.testing.assert_array_equal(switches[-1], places[0, 0])
    y[-1] = signal[0, 0]
    planes._route(*last, frozen(y), frozen(switches), total)
    np.testing.assert_array_equal(total[-1], back[0, 0].ravel())

    count = (1 << 25) // LANES + 1
    last, x, total = (count - 1, count), batch(count, 1, 8, 8, LANES), batch(count, 1, 8, 8, LANES)
    y, codes = batch(count, 1, 4, 4, LANES), batch(count, 1, 4, 4, LANES, dtype=np.uint8)
    x[-1] = to_blocks(image)
    blocks._max(*last, frozen(x), (2, 2), (2, 2), (0, 0), np.arange(4, dtype=np.float32), y, codes)
    np.testing.assert_array_equal(y[-1], to_blocks(expected)[0])
    y[-1] = to_blocks(signal)
    blocks._route(*last, frozen(y), frozen(codes), (2, 2), (2, 2), (0, 0), total)
    np.testing.assert_array_equal(total[-1], to_blocks(back)[0])


ENTRIES = st.sampled_from([-np.inf, -np.inf, -np.inf, np.inf, np.nan, 0, -0.0, 1, np.finfo(np.float32).min])


@given(st.data(), st.integers(2, 3), st.integers(1, 3), st.booleans())
def test_definition_and_kernel_agree_on_values_without_end(data, size, stride, padded):  # type: ignore[no-untyped-def]
    h, w = data.draw(st.tuples(st.integers(3, 6), st.integers(3, 6)))
    x = np.float32(data.draw(st.lists(ENTRIES, min_size=2 * h * w, max_size=2 * h * w))).reshape(1, 2, h, w)
    for one, two in zip(*(m.max_pool2d(x, size, stride, int(padded)) for m in (ops, kernels)), strict=True):
        np.testing.assert_array_equal(one, two)
