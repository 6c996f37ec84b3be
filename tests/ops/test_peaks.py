"""Winograd's method: every output knows what it sees and nothing else, whatever stands beside that."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ops.strategies import normal, seeds

from tinycnn import ops
from tinycnn.ops import kernels
from tinycnn.ops.geometry import window
from tinycnn.ops.kernels.blocks import conv, winograd
from tinycnn.ops.kernels.blocks.affine import OPEN, plain
from tinycnn.ops.kernels.blocks.layout import from_blocks, to_blocks
from tinycnn.ops.kernels.blocks.peaks import ALL
from tinycnn.ops.kernels.machine.simd import LANES
from tinycnn.ops.kernels.planes.gate import Gates, Range

pytestmark = pytest.mark.filterwarnings("ignore:invalid value", "ignore:overflow")  # where kernels are Python

SHARE = 2e-5
"""Error allowed, as a share of the sum of the magnitudes that an output adds up.

float32 rounds by 6e-8, and Winograd's method by a few times as much among numbers of one size. In tiles
that are not computed directly numbers differ by a factor of 64 at most.
"""

VALUES = [1e4, 1e30, 3e37, np.inf, -np.inf, np.nan]


def hold(found: np.ndarray, definition, *arrays: np.ndarray) -> None:  # type: ignore[no-untyped-def]
    """Hold each output to the definition in float64, as closely as what it sees by itself allows."""
    doubles = [array.astype("f8") for array in arrays]
    exact, magnitudes = definition(*doubles), definition(*map(np.abs, doubles))
    np.testing.assert_array_equal(np.isnan(found), np.isnan(exact))
    finite = np.isfinite(exact)
    np.testing.assert_array_equal(found[~finite], exact[~finite])
    assert (np.abs(found - exact)[finite] <= SHARE * magnitudes[finite]).all()


@pytest.mark.parametrize("padding", [0, 1, 2])
@pytest.mark.parametrize("value", VALUES)
def test_one_pixel_is_known_only_to_outputs_that_see_it(value: float, padding: int) -> None:
    x, weight = normal(0, (1, 20, 15, 18), np.float32), normal(1, (17, 20, 3, 3), np.float32)
    at = window((15, 18), (3, 3), padding=padding)
    assert conv.tiled(weight, at, 1)
    x[0, 19, 6, 7] = value
    y = kernels.conv2d(x, weight, padding=padding)
    hold(y, lambda x, w: ops.conv2d(x, w, padding=padding), x, weight)
    signal = normal(2, (1, 17, *at.output), np.float32)
    signal[0, 16, 5, 8] = value
    back = kernels.conv2d_vjp_input(signal, weight, (15, 18), padding=padding)
    hold(back, lambda s, w: ops.conv2d_vjp_input(s, w, (15, 18), padding=padding), signal, weight)


@settings(max_examples=40)
@given(seeds, st.floats(-30, 30), st.floats(-30, 30), st.integers(1, 14), st.integers(1, 14), st.booleans())
def test_regions_of_any_magnitude_do_not_meet(seed, one, other, row, column, empty):  # type: ignore[no-untyped-def]
    x, weight = normal(seed, (1, 16, 15, 15), np.float32), normal(seed + 1, (16, 16, 3, 3), np.float32)
    x[:, :, :row] *= np.float32(10**one)
    x[:, :, row:, column:] *= np.float32(0 if empty else 10**other)
    hold(kernels.conv2d(x, weight, padding=1), lambda x, w: ops.conv2d(x, w, padding=1), x, weight)


def test_what_sees_nothing_is_the_bias() -> None:
    x, weight = np.zeros((1, 16, 16, 16), np.float32), normal(1, (20, 16, 3, 3), np.float32)
    bias = normal(2, (20,), np.float32)
    x[0, :, 9, 9] = normal(0, (16,))
    y = kernels.conv2d(x, weight, bias, padding=1)
    y[:, :, 8:11, 8:11] = bias[:, None, None]
    np.testing.assert_array_equal(y, np.broadcast_to(bias[:, None, None], y.shape))
    weight[3, 2, 1, 1] = np.nan
    assert np.isnan(kernels.conv2d(x, weight, bias, padding=1)[0, 3]).all()


@pytest.mark.parametrize("value", [1e4, 1e30, np.nan])
@pytest.mark.parametrize("pooled", [False, True])
def test_the_pass_with_activation_and_pool_and_its_way_back(value: float, pooled: bool) -> None:
    weight, at = normal(1, (17, 20, 3, 3), np.float32), window((14, 14), (3, 3), padding=1)
    affine = plain(17)._replace(inside=Range(0, np.inf))
    results = []
    for number in (0.5, value):
        x = normal(0, (1, 20, 14, 14), np.float32)
        x[0, 3, 6, 7] = number
        y, codes = conv.forward(to_blocks(x), weight, affine, at, 1, coded=True, pooled=pooled)
        results.append((from_blocks(y, 17), codes))
    (before, codes), (after, _) = results
    touched = np.zeros(before.shape, bool)
    seen = slice(2, 4) if pooled else slice(5, 8), slice(3, 5) if pooled else slice(6, 9)
    touched[:, :, *seen] = True
    np.testing.assert_allclose(after[~touched], before[~touched], rtol=0, atol=1e-4)
    assert np.isnan(after[touched]).all() if np.isnan(value) else after[touched].max() > value / 100

    gates, back = Gates(np.ones(1, bool), np.zeros(1, "f4")), []
    codes = codes | OPEN
    for number in (0.5, value):
        signal = normal(2, before.shape, np.float32)
        signal[0, 3, 3, 3] = number
        found = conv.backward(to_blocks(signal), codes, gates, weight, np.ones(17, "f4"), at, 1)
        back.append(from_blocks(found, 20))
    touched = np.zeros(back[0].shape, bool)
    around = slice(5, 9) if pooled else slice(2, 5)  # one of a pool's four inputs receives the signal
    touched[:, :, around, around] = True
    np.testing.assert_allclose(back[1][~touched], back[0][~touched], rtol=0, atol=1e-4)
    largest = np.abs(back[1][touched]).max()
    assert np.isnan(largest) if np.isnan(value) else largest > value / 100


def test_missing_channels_stay_zero_beside_infinity() -> None:
    k = LANES + 1
    x, weight = normal(0, (1, 20, 12, 12), np.float32), normal(1, (k, 20, 3, 3), np.float32)
    x[0, 0, 5, 5] = np.inf
    y, _ = conv.forward(to_blocks(x), weight, plain(k), window((12, 12), (3, 3), padding=1), 1, False, False)
    assert not y[:, 1, ..., 1:].any()


def test_tiles_of_usual_maps_are_not_computed_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    marked = []
    run = winograd.threads.run

    def spied(kernel, length, *arguments, **options):  # type: ignore[no-untyped-def]
        run(kernel, length, *arguments, **options)
        if kernel is winograd.judge:
            marked.append(arguments[3][:length] != ALL)

    monkeypatch.setattr(winograd.threads, "run", spied)
    x, weight = normal(0, (2, 20, 30, 30), np.float32), normal(1, (17, 20, 3, 3), np.float32)
    for image in (x, np.maximum(x, 0)):
        kernels.conv2d(image, weight, padding=1)
    x[1, 3, 9, 9] = np.inf  # row 2, column 2 of tiles
    kernels.conv2d(x, weight, padding=1)
    usual, rectified, peaked = marked
    assert not usual.any()
    assert not rectified.any()
    assert np.argwhere(peaked).tolist() == [[8 + 2, 2]]


def test_blocks_and_planes_agree_beside_a_huge_number() -> None:
    x, weight = normal(0, (1, 20, 12, 12), np.float32), normal(1, (17, 20, 3, 3), np.float32)
    x[0, 4, 5, 5] = 1e20
    at = window((12, 12), (3, 3), padding=1)
    y, _ = conv.forward(to_blocks(x), weight, plain(17), at, 1, coded=False, pooled=False)
    np.testing.assert_allclose(from_blocks(y, 17), kernels.conv2d(x, weight, padding=1), rtol=1e-6)
