"""Every kernel equals the NumPy definition of the same name, on drawn shapes, in float32 and float64."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ops.arguments import OPTIONS
from ops.strategies import ConvCase, PoolCase, conv_cases, dtypes, normal, pool_cases, seeds

from tinycnn import ops
from tinycnn.ops import kernels, patches
from tinycnn.ops.geometry import window
from tinycnn.ops.kernels.planes import padding


def close(found: np.ndarray, expected: np.ndarray, terms: int = 1) -> None:
    """Equal up to the rounding of a sum of `terms` products of standard normals."""
    assert found.shape == expected.shape
    assert found.dtype == expected.dtype
    bound = 16 * np.finfo(expected.dtype).eps * max(terms, 1)
    np.testing.assert_allclose(found, expected, rtol=bound, atol=bound * 4)


def test_kernels_have_the_names_and_signatures_of_the_definitions() -> None:
    assert kernels.__all__ == ops.__all__
    for name in ops.__all__:
        twin, definition = getattr(kernels, name), getattr(ops, name)
        assert inspect.signature(twin) == inspect.signature(definition), name
        written = inspect.signature(inspect.unwrap(twin)).parameters
        assert list(written) == list(inspect.signature(definition).parameters), name


def test_a_twin_gets_all_arguments_in_order_or_pythons_own_error() -> None:
    x, weight = normal(0, (1, 2, 4, 4)), normal(1, (3, 2, 3, 3))
    by_name = kernels.conv2d(weight=weight, x=x, padding=1)
    np.testing.assert_array_equal(by_name, kernels.conv2d(x, weight, None, 1, 1))
    for args, options in (((x,), {}), ((x, weight), {"x": x}), ((x, weight), {"pad": 1}), ((x,) * 9, {})):
        errors = []
        for module in (ops, kernels):
            with pytest.raises(TypeError) as caught:
                module.conv2d(*args, **options)
            errors.append(str(caught.value))
        assert errors[0] == errors[1]


@given(conv_cases(), dtypes)
def test_conv2d(case: ConvCase, dtype: type) -> None:
    x, weight, bias = case.arrays(dtype)
    y = ops.conv2d(x, weight, bias, **case.options)
    terms = weight[0].size
    close(kernels.conv2d(x, weight, bias, **case.options), y, terms)
    signal = normal(case.seed + 3, y.shape, dtype)
    close(
        kernels.conv2d_vjp_input(signal, weight, x.shape[2:], **case.options),
        ops.conv2d_vjp_input(signal, weight, x.shape[2:], **case.options),
        weight.size,
    )
    close(
        kernels.conv2d_vjp_weight(signal, x, weight.shape[2:], **case.options),
        ops.conv2d_vjp_weight(signal, x, weight.shape[2:], **case.options),
        signal[:, 0].size,
    )


@given(pool_cases(), dtypes, st.booleans())
def test_max_pool2d(case: PoolCase, dtype: type, ties: bool) -> None:
    x = case.array(dtype, ties)
    y, switches = ops.max_pool2d(x, **case.options)
    fast, fast_switches = kernels.max_pool2d(x, **case.options)
    np.testing.assert_array_equal(fast, y)
    np.testing.assert_array_equal(fast_switches, switches)
    signal = normal(case.seed + 1, y.shape, dtype)
    image = x.shape[2:]
    close(kernels.max_pool2d_vjp(signal, switches, image), ops.max_pool2d_vjp(signal, switches, image), 16)


@given(pool_cases(), dtypes, st.booleans())
def test_average_and_center(case: PoolCase, dtype: type, count_padding: bool) -> None:
    x, image = case.array(dtype), case.x[2:]
    average = {**case.options, "count_padding": count_padding}
    y = ops.avg_pool2d(x, **average)
    close(kernels.avg_pool2d(x, **average), y, 16)
    signal = normal(case.seed + 1, y.shape, dtype)
    for name, options in (("avg_pool2d_vjp", average), ("center_unpool2d", case.options)):
        back = getattr(ops, name)(signal, image, **options)
        close(getattr(kernels, name)(signal, image, **options), back, 16)
    close(kernels.global_avg_pool2d(x), ops.global_avg_pool2d(x), x[0:1, 0:1].size)
    signal = normal(case.seed + 2, x.shape[:2], dtype)
    close(kernels.global_avg_pool2d_vjp(signal, image), ops.global_avg_pool2d_vjp(signal, image))


@pytest.mark.parametrize("name", OPTIONS)
@given(
    seed=seeds,
    dtype=dtypes,
    shape=st.sampled_from([(0, 3), (2, 5), (1, 2, 3, 4), (3, 1, 1, 1), (2, 3, 0, 2)]),
)
def test_activations(name: str, seed: int, dtype: type, shape: tuple[int, ...]) -> None:
    x, options = 8 * normal(seed, shape, dtype), OPTIONS[name]
    x.flat[::5] = 0
    close(getattr(kernels, name)(x, **options), getattr(ops, name)(x, **options))
    vjp = f"{name}_vjp"
    for seeds_per_image in (1, 3):
        signal = normal(seed + 1, (seeds_per_image * len(x[:1]), *shape[1:]), dtype)
        first = x[:1]
        close(getattr(kernels, vjp)(signal, first, **options), getattr(ops, vjp)(signal, first, **options))


@pytest.mark.parametrize("circular", [False, True])
@given(st.integers(1, 4), st.tuples(st.integers(0, 3), st.integers(0, 3)))
def test_padding_as_conv2d_uses_it(circular: bool, w: int, side: tuple[int, int]) -> None:
    x, edges = normal(0, (2, 1, 3, w)), ((1, 2), side)
    at = window((3, w), (1, 1), padding=edges, circular=circular)
    np.testing.assert_array_equal(padding.pad(x, at), patches.pad(x, at))
    if circular:
        signal = normal(1, (2, 1, 6, w + sum(side)))
        close(padding.unwrap(signal, at), patches.pad_vjp(signal, at), 9)


@given(seeds, dtypes, st.integers(0, 9), st.integers(1, 7), st.integers(1, 7))
def test_dense(seed: int, dtype: type, n: int, c: int, k: int) -> None:
    x, weight, bias = (
        normal(seed, (n, c), dtype),
        normal(seed + 1, (k, c), dtype),
        normal(seed + 2, (k,), dtype),
    )
    close(kernels.dense(x, weight, bias), ops.dense(x, weight, bias), c)
    signal = ops.relu(normal(seed + 3, (n, k), dtype))
    close(kernels.dense_vjp_input(signal, weight), ops.dense_vjp_input(signal, weight), k)


@pytest.mark.parametrize(("n", "c"), [(1, 2049), (2, 4100), (6, 70), (7, 33), (48, 33), (49, 33)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dense_on_both_sides_of_where_its_methods_begin(n: int, c: int, dtype: type) -> None:
    x, weight, signal = normal(0, (n, c), dtype), normal(1, (6, c), dtype), normal(2, (n, 6), dtype)
    signal[:, 2], signal[:, 3] = 0, 1
    close(kernels.dense(x, weight), ops.dense(x, weight), int(c**0.5))
    close(kernels.dense_vjp_input(signal, weight), ops.dense_vjp_input(signal, weight), 6)


@given(pool_cases(), dtypes)
def test_batch_norm2d(case: PoolCase, dtype: type) -> None:
    x = case.array(dtype)
    weight, bias, mean = (normal(case.seed + i, x.shape[1:2], dtype) for i in (1, 2, 3))
    variance = np.exp(normal(case.seed + 4, x.shape[1:2], dtype))
    close(
        kernels.batch_norm2d(x, weight, bias, mean, variance, 1e-3),
        ops.batch_norm2d(x, weight, bias, mean, variance, 1e-3),
        16,
    )
    signal = normal(case.seed + 5, x.shape, dtype)
    close(
        kernels.batch_norm2d_vjp_input(signal, weight, variance, 1e-3),
        ops.batch_norm2d_vjp_input(signal, weight, variance, 1e-3),
    )
    close(
        kernels.batch_norm2d_vjp_weight(signal, x, mean, variance, 1e-3),
        ops.batch_norm2d_vjp_weight(signal, x, mean, variance, 1e-3),
        x[:, 0].size,
    )


@given(pool_cases(), dtypes, st.sampled_from(["chw", "hwc"]))
def test_shapes(case: PoolCase, dtype: type, order: str) -> None:
    x, z = case.array(dtype), normal(case.seed + 1, case.x, dtype)
    row = ops.flatten(x, order)
    np.testing.assert_array_equal(kernels.flatten(x, order), row)
    np.testing.assert_array_equal(kernels.flatten_vjp(row, x.shape[1:], order), x)
    np.testing.assert_array_equal(kernels.add([x, z]), ops.add([x, z]))
    stacked = ops.concatenate([x, z])
    np.testing.assert_array_equal(kernels.concatenate([x, z]), stacked)
    for cut, whole in zip(kernels.concatenate_vjp(stacked, [x.shape[1]] * 2), (x, z), strict=True):
        np.testing.assert_array_equal(cut, whole)
