"""The fast convolutions equal the definition on shapes that their blocks do not divide."""

from __future__ import annotations

import os
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ops.strategies import normal, seeds

from tinycnn import ops
from tinycnn.ops import kernels
from tinycnn.ops.geometry import window
from tinycnn.ops.kernels.blocks import conv, winograd
from tinycnn.ops.kernels.blocks.affine import NO_CODES, plain
from tinycnn.ops.kernels.machine import simd, threads
from tinycnn.ops.kernels.planes import few, im2col
from tinycnn.ops.kernels.planes.gate import Gates, gate, open_gates

HELD_TO_FLOAT64 = 1e-6
"""Relative L2 error of one layer: float32 rounds by 6e-8, which the transforms amplify about tenfold."""

sides = st.tuples(st.integers(0, 3), st.integers(0, 3))
edges = st.one_of(st.integers(0, 2), st.tuples(sides, sides))
channels = st.integers(simd.LANES, 3 * simd.LANES)


def distance(found: np.ndarray, expected: np.ndarray) -> float:
    return float(np.linalg.norm(found - expected) / np.linalg.norm(expected))


@given(seeds, st.integers(1, 3), channels, channels, st.tuples(st.integers(3, 22), st.integers(3, 22)), edges)
def test_winograd_equals_the_definition_in_float64(seed, n, c, k, image, padding):  # type: ignore[no-untyped-def]
    x, weight, bias = normal(seed, (n, c, *image)), normal(seed + 1, (k, c, 3, 3)), normal(seed + 2, (k,))
    at = window(image, (3, 3), padding=padding)
    y = ops.conv2d(x, weight, bias, padding=padding)
    fast, affine = np.empty(y.shape, "f4"), plain(k)._replace(shift=bias.astype("f4"))
    winograd.convolve(x.astype("f4"), weight.astype("f4"), affine, at, fast, NO_CODES)
    x, weight, bias = (array.astype("f4").astype("f8") for array in (x, weight, bias))
    assert distance(fast, ops.conv2d(x, weight, bias, padding=padding)) < HELD_TO_FLOAT64
    signal = normal(seed + 3, y.shape, np.float32)
    back, ones = np.empty(x.shape, "f4"), np.ones(k, "f4")
    winograd.convolve_back(signal, NO_CODES, open_gates(n), weight.astype("f4"), ones, at, back)
    expected = ops.conv2d_vjp_input(signal.astype("f8"), weight, image, padding=padding)
    assert distance(back, expected) < HELD_TO_FLOAT64


@pytest.mark.filterwarnings("ignore:invalid value")  # inf * 0, where kernels run as plain Python
@pytest.mark.parametrize("where", [(0, 0), (5, 6), (12, 13)])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_winograd_hides_no_number_that_is_not_finite(where, value):  # type: ignore[no-untyped-def]
    x, weight = normal(0, (1, 16, 13, 14), np.float32), normal(1, (16, 16, 3, 3), np.float32)
    x[0, 3, where[0], where[1]] = value
    assert conv.tiled(weight, window((13, 14), (3, 3), padding=1), 1)
    touched = ~np.isfinite(ops.conv2d(x, weight, padding=1))
    assert touched.any()
    assert not np.isfinite(kernels.conv2d(x, weight, padding=1)[touched]).any()


@given(
    seeds, st.integers(1, 40), st.integers(1, 5), st.integers(1, 70), st.integers(1, 2), st.sampled_from("fd")
)
def test_a_matrix_product_of_any_size(seed, k, c, width, stride, dtype):  # type: ignore[no-untyped-def]
    x, weight = normal(seed, (2, c, 3, width), dtype), normal(seed + 1, (k, c, 2, 1), dtype)
    y = ops.conv2d(x, weight, stride=stride)
    assert distance(kernels.conv2d(x, weight, stride=stride), y) < 8 * np.finfo(dtype).eps
    signal = normal(seed + 2, y.shape, dtype)
    back = kernels.conv2d_vjp_input(signal, weight, (3, width), stride=stride)
    assert (
        distance(back, ops.conv2d_vjp_input(signal, weight, (3, width), stride=stride))
        < 8 * np.finfo(dtype).eps
    )


@given(seeds, st.integers(9, 40), st.integers(1, 40), st.integers(1, 40), st.sampled_from("fd"))
def test_dense_of_many_rows(seed, n, c, k, dtype):  # type: ignore[no-untyped-def]
    x, weight = normal(seed, (n, c), dtype), normal(seed + 1, (k, c), dtype)
    assert distance(kernels.dense(x, weight), ops.dense(x, weight)) < 8 * np.finfo(dtype).eps
    signal = normal(seed + 2, (n, k), dtype)
    assert (
        distance(kernels.dense_vjp_input(signal, weight), ops.dense_vjp_input(signal, weight))
        < 8 * np.finfo(dtype).eps
    )


@given(seeds, st.integers(2, 3), st.integers(8, 20), st.integers(1, 20), st.booleans())
def test_groups_of_many_channels(seed, groups, c, k, circular):  # type: ignore[no-untyped-def]
    options = {"groups": groups, "padding": 1, "circular": circular}
    x, weight = normal(seed, (2, groups * c, 6, 7)), normal(seed + 1, (groups * k, c, 3, 3))
    y = ops.conv2d(x, weight, **options)
    assert distance(kernels.conv2d(x, weight, **options), y) < 1e-14
    signal = normal(seed + 2, y.shape)
    back = kernels.conv2d_vjp_input(signal, weight, (6, 7), **options)
    assert distance(back, ops.conv2d_vjp_input(signal, weight, (6, 7), **options)) < 1e-14


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("size", [3, 5])
@given(seeds, st.integers(1, 3), st.tuples(st.integers(5, 37), st.integers(5, 37)), st.sampled_from("fd"))
def test_depthwise(size, stride, seed, per_group, image, dtype):  # type: ignore[no-untyped-def]
    options = {"stride": stride, "padding": size // 2, "groups": 3}
    x, weight = normal(seed, (2, 3, *image), dtype), normal(seed + 1, (3 * per_group, 1, size, size), dtype)
    y = ops.conv2d(x, weight, **options)
    assert distance(kernels.conv2d(x, weight, **options), y) < 8 * np.finfo(dtype).eps
    signal = normal(seed + 2, y.shape, dtype)
    back = kernels.conv2d_vjp_input(signal, weight, image, **options)
    assert distance(back, ops.conv2d_vjp_input(signal, weight, image, **options)) < 8 * np.finfo(dtype).eps


@pytest.fixture
def keep_num_threads():  # type: ignore[no-untyped-def]
    before = threads.get_num_threads()
    yield
    threads.set_num_threads(before)


def _a_few_layers() -> np.ndarray:
    x, weight = normal(0, (2, 33, 30, 31), np.float32), normal(1, (35, 33, 3, 3), np.float32)
    strided = kernels.conv2d(x, weight, stride=2)
    back = kernels.conv2d_vjp_input(kernels.conv2d(x, weight), weight, (30, 31))
    return np.concatenate([strided.ravel(), back.ravel()])


def test_results_do_not_depend_on_the_number_of_threads(keep_num_threads):  # type: ignore[no-untyped-def]
    results = []
    for count in (1, 2, 3, 7):
        threads.set_num_threads(count)
        results.append(_a_few_layers())
    for other in results[1:]:
        np.testing.assert_array_equal(other, results[0])


def test_several_python_threads_may_call_at_once(keep_num_threads):  # type: ignore[no-untyped-def]
    threads.set_num_threads(2)
    expected, results = _a_few_layers(), []
    callers = [threading.Thread(target=lambda: results.append(_a_few_layers())) for _ in range(6)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert len(results) == len(callers)
    for found in results:
        np.testing.assert_array_equal(found, expected)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning")
def test_a_forked_child_computes_the_same(keep_num_threads):  # type: ignore[no-untyped-def]
    threads.set_num_threads(2)
    expected = _a_few_layers()
    child = os.fork()
    if child == 0:
        os._exit(0 if np.array_equal(_a_few_layers(), expected) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@given(
    seeds,
    st.integers(1, 2),
    st.integers(1, 3),
    st.integers(1, 5),
    st.integers(1, 3),
    st.tuples(st.integers(8, 14), st.integers(8, 90)),
    st.tuples(st.integers(1, 4), st.integers(1, 4)),
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
    st.tuples(st.integers(1, 2), st.integers(1, 2)),
    edges,
    st.sampled_from("fd"),
)
def test_the_way_back_to_an_image_is_the_definition(  # type: ignore[no-untyped-def]
    seed, n, c, k, groups, image, size, stride, dilation, padding, dtype
):
    at = window(image, size, stride, padding, dilation)
    signal, weight = (
        normal(seed, (n, groups * k, *at.output)).astype(dtype),
        normal(seed + 1, (groups * k, c, *size)).astype(dtype),
    )
    assert few.suits(weight, at)
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    expected = ops.conv2d_vjp_input(signal.astype("d"), weight.astype("d"), image, **options)
    rounding = 50 * np.finfo(dtype).eps  # sums of up to 80 products
    np.testing.assert_allclose(
        few.conv2d_vjp_input(signal, weight, at, groups), expected, atol=rounding * 20, rtol=rounding
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "options", [{}, {"padding": ((1, 2), (0, 3))}, {"dilation": (2, 1), "padding": 2}, {"padding": "same"}]
)
def test_a_depthwise_convolution_as_a_way_back(options: dict, dtype: type) -> None:
    x, weight, bias = normal(0, (2, 5, 9, 40), dtype), normal(1, (5, 1, 3, 4), dtype), normal(2, (5,), dtype)
    at = window((9, 40), (3, 4), **options)
    assert few.reverses(weight, at, 5)
    close = 1e-5 if dtype is np.float32 else 1e-13
    expected = ops.conv2d(x, weight, bias, groups=5, **options)
    assert distance(few.conv2d(x, weight, bias, at, 5), expected) < close
    assert not few.reverses(weight, window((9, 40), (3, 4), stride=2), 5)
    assert not few.reverses(weight, window((9, 40), (3, 4), padding=3), 5)


@pytest.mark.parametrize("options", [{}, {"stride": (2, 1), "padding": 1}, {"dilation": (1, 2), "stride": 2}])
def test_a_signal_that_goes_back_band_by_band_is_the_same(
    options: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    weight = normal(1, (4, 5, 3, 2))
    signal = normal(2, ops.conv2d(normal(0, (2, 5, 9, 8)), weight, **options).shape)
    expected = ops.conv2d_vjp_input(signal, weight, (9, 8), **options)
    for held in (im2col._HELD, 5 * 3 * 2 * signal.shape[3] * 8 * 2, 1):  # all rows, two at a time, one
        monkeypatch.setattr(im2col, "_HELD", held)
        found = kernels.conv2d_vjp_input(signal, weight, (9, 8), **options)
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n", [1, 5, 7, 49])
def test_dense_layers_longer_than_a_strip(n: int, dtype: type) -> None:
    x, weight, signal = (normal(i, s, dtype) for i, s in enumerate([(n, 2500), (9, 2500), (n, 9)]))
    signal[:, 3] = 0
    close = 1e-5 if dtype is np.float32 else 1e-13
    assert distance(kernels.dense(x, weight), ops.dense(x, weight)) < close
    assert distance(kernels.dense_vjp_input(signal, weight), ops.dense_vjp_input(signal, weight)) < close


def test_a_first_layers_way_back_in_parts(monkeypatch):  # type: ignore[no-untyped-def]
    signal, weight = normal(0, (2, 7, 9, 9)), normal(1, (7, 3, 3, 3))
    at = window((9, 9), (3, 3), padding=1)
    whole = few.conv2d_vjp_input(signal, weight, at, 1)
    monkeypatch.setattr(few, "_HELD", 3 * signal[:, 0].nbytes * 12)
    np.testing.assert_allclose(few.conv2d_vjp_input(signal, weight, at, 1), whole, rtol=1e-12, atol=1e-12)
    monkeypatch.setattr(few, "_HELD", 1)
    np.testing.assert_allclose(few.conv2d_vjp_input(signal, weight, at, 1), whole, rtol=1e-12, atol=1e-12)
    gates = Gates(np.array([True, False]), np.array([0, 0], np.float32))
    codes, scale = np.random.default_rng(2).integers(0, 2, (1, 7, 9, 9)).astype(np.uint8), normal(3, (7,))
    expected = few.conv2d_vjp_input(gate(signal, codes, gates, scale), weight, at, 1)
    found = few.gated_vjp_input(signal, codes, gates, scale, weight, at)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)
