"""Every vjp is the transposed Jacobian of its function, in the definitions and in the kernels.

Linear operations satisfy the adjoint identity to rounding; others agree with central differences, in double
precision and away from kinks. At the kinks, where no derivative exists, the convention is tested.
"""

from __future__ import annotations

import math
from functools import partial
from types import ModuleType

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from ops.arguments import OPTIONS
from ops.strategies import ConvCase, PoolCase, conv_cases, normal, pool_cases, seeds

from tinycnn import ops
from tinycnn.errors import ShapeError
from tinycnn.ops import kernels
from tinycnn.ops.geometry import pair, window
from tinycnn.testing import check_adjoint, check_vjp, check_weight_vjp

both = pytest.mark.parametrize("module", [ops, kernels], ids=["definitions", "kernels"])

PIXEL = ConvCase((1, 1, 1, 1), (1, 1, 1, 1))
WHOLE_IMAGE = ConvCase((2, 2, 3, 4), (3, 2, 3, 4))
NO_IMAGES = ConvCase((0, 2, 3, 3), (1, 2, 2, 2), {"padding": 1})
DEPTHWISE = ConvCase((1, 3, 4, 4), (3, 1, 3, 3), {"groups": 3, "stride": 2, "padding": "same"})
ROUND = ConvCase((1, 2, 3, 3), (2, 2, 3, 3), {"padding": 2, "circular": True, "dilation": 2})

POOL_PIXEL = PoolCase((1, 1, 1, 1), {"size": 1, "stride": 1})
POOL_WHOLE = PoolCase((2, 1, 3, 4), {"size": (3, 4), "stride": 1})
POOL_NO_IMAGES = PoolCase((0, 1, 2, 2), {"size": 2, "stride": 2})
POOL_GAPS = PoolCase((1, 2, 7, 7), {"size": 2, "stride": 3, "padding": 1})


@both
@given(conv_cases())
@example(PIXEL)
@example(WHOLE_IMAGE)
@example(NO_IMAGES)
@example(DEPTHWISE)
@example(ROUND)
def test_conv2d_vjps_are_its_transposes(module: ModuleType, case: ConvCase) -> None:
    x, weight, _ = case.arrays()
    conv, options = partial(module.conv2d, **case.options), case.options
    check_adjoint(
        lambda v: conv(v, weight),
        lambda signal: module.conv2d_vjp_input(signal, weight, x.shape[2:], **options),
        x,
    )
    check_weight_vjp(
        conv, lambda signal, x: module.conv2d_vjp_weight(signal, x, weight.shape[2:], **options), x, weight
    )
    zero = np.zeros_like(weight)
    check_adjoint(lambda bias: conv(x, zero, bias), module.conv2d_vjp_bias, weight[:, 0, 0, 0])


@both
@given(seeds, st.integers(0, 6), st.integers(1, 5), st.integers(1, 5))
def test_dense_vjps_are_its_transposes(module: ModuleType, seed: int, n: int, c: int, k: int) -> None:
    x, weight = normal(seed, (n, c)), normal(seed + 1, (k, c))
    check_adjoint(lambda v: module.dense(v, weight), lambda signal: module.dense_vjp_input(signal, weight), x)
    check_weight_vjp(module.dense, module.dense_vjp_weight, x, weight)
    check_adjoint(
        lambda bias: module.dense(x, np.zeros_like(weight), bias), module.dense_vjp_bias, weight[:, 0]
    )


@both
@given(pool_cases())
@example(POOL_PIXEL)
@example(POOL_WHOLE)
@example(POOL_NO_IMAGES)
@example(POOL_GAPS)
def test_max_pool2d_vjp_is_its_derivative(module: ModuleType, case: PoolCase) -> None:
    x = _spread(case)

    def vjp(signal: np.ndarray, x: np.ndarray) -> np.ndarray:
        return module.max_pool2d_vjp(signal, module.max_pool2d(x, **case.options)[1], x.shape[2:])

    check_vjp(lambda x: module.max_pool2d(x, **case.options)[0], vjp, x)


@both
@given(pool_cases(), st.integers(1, 3))
def test_max_pool2d_vjp_takes_several_signals_for_one_image(
    module: ModuleType, case: PoolCase, count: int
) -> None:
    x = _spread(PoolCase((1, *case.x[1:]), case.options, case.seed))
    y, switches = module.max_pool2d(x, **case.options)
    signal = normal(case.seed, (count, *y.shape[1:]))
    together = module.max_pool2d_vjp(signal, switches, x.shape[2:])
    for one, found in zip(signal, together, strict=True):
        np.testing.assert_array_equal(found, module.max_pool2d_vjp(one[None], switches, x.shape[2:])[0])


@both
@given(pool_cases())
@example(POOL_PIXEL)
@example(POOL_WHOLE)
@example(POOL_NO_IMAGES)
@example(POOL_GAPS)
def test_average_pool_vjps_are_their_transposes(module: ModuleType, case: PoolCase) -> None:
    x, image = case.array(), case.x[2:]
    for count_padding in (True, False):
        options = {**case.options, "count_padding": count_padding}
        check_adjoint(
            lambda v, options=options: module.avg_pool2d(v, **options),
            lambda signal, options=options: module.avg_pool2d_vjp(signal, image, **options),
            x,
        )
    check_adjoint(module.global_avg_pool2d, lambda signal: module.global_avg_pool2d_vjp(signal, image), x)


@both
@given(pool_cases())
@example(POOL_PIXEL)
@example(POOL_WHOLE)
@example(POOL_GAPS)
def test_center_unpool2d_is_the_transpose_of_reading_the_centres(module: ModuleType, case: PoolCase) -> None:
    x = case.array()
    options = {"padding": 0, "dilation": 1, **case.options}
    geometry = options["stride"], options["padding"], options["dilation"]
    at = window(x.shape[2:], pair(options["size"]), *geometry)

    def centres(v: np.ndarray) -> np.ndarray:
        found: np.ndarray = np.zeros((*v.shape[:2], *at.output))
        for i, j in np.ndindex(*at.output):
            row = i * at.stride[0] - at.edges[0][0] + (-(-at.size[0] // 2) - 1) * at.dilation[0]
            column = j * at.stride[1] - at.edges[1][0] + (-(-at.size[1] // 2) - 1) * at.dilation[1]
            if 0 <= row < v.shape[2] and 0 <= column < v.shape[3]:
                found[:, :, i, j] = v[:, :, row, column]
        return found

    check_adjoint(centres, lambda signal: module.center_unpool2d(signal, x.shape[2:], **case.options), x)


@both
@pytest.mark.parametrize("name", OPTIONS)
@given(seeds, st.sampled_from([(0, 3), (2, 5), (1, 2, 3, 4), (3, 1, 1, 1)]))
def test_activation_vjps_are_their_derivatives(
    module: ModuleType, name: str, seed: int, shape: tuple[int, ...]
) -> None:
    x, options = _away(6 * normal(seed, shape), kinks=(-3, -0.5, 0, 1.5, 3, 6)), OPTIONS[name]
    there, back = getattr(module, name), getattr(module, f"{name}_vjp")
    check_vjp(lambda v: there(v, **options), lambda signal, v: back(signal, v, **options), x)


@both
def test_a_leaky_relu_has_a_slope_for_each_channel(module: ModuleType) -> None:
    slopes, x = np.array([-1.0, 0.0, 2.5]), normal(0, (2, 3, 2, 4))
    found = module.leaky_relu(x, slopes)
    for k, slope in enumerate(slopes):
        np.testing.assert_array_equal(found[:, k], module.leaky_relu(x[:, k], slope))
    check_vjp(lambda v: module.leaky_relu(v, slopes), lambda s, v: module.leaky_relu_vjp(s, v, slopes), x)
    for wrong in (slopes[:2], slopes[None], np.ones(x.shape), np.ones(3, int)):
        with pytest.raises(ShapeError, match="slope must be"):
            module.leaky_relu(x, wrong)


@both
def test_the_approximation_of_gelu_is_as_near_as_is_known(module: ModuleType) -> None:
    """Largest deviation .0004732, at 2.699 on either side (scanned in steps of 1e-5)."""
    x = np.linspace(-8, 8, 16001)
    gap = np.abs(module.gelu_tanh(x) - module.gelu(x))
    assert gap.max() == pytest.approx(4.732e-4, rel=1e-3)
    assert abs(x[gap.argmax()]) == pytest.approx(2.699, abs=0.001)


@both
def test_sigmoid_is_the_derivative_of_softplus(module: ModuleType) -> None:
    x = np.linspace(-40, 40, 81)
    check_vjp(module.softplus, lambda signal, x: signal * module.sigmoid(x), x)


@both
@pytest.mark.parametrize(("name", "kinks"), [("relu", (-1.0, 0.0, -0.0)), ("relu6", (-1.0, 0.0, 6.0, 7.0))])
def test_masks_are_strict(module: ModuleType, name: str, kinks: tuple[float, ...]) -> None:
    x = np.array([kinks])
    assert not getattr(module, f"{name}_vjp")(np.ones_like(x), x).any()


@both
@given(pool_cases())
@example(POOL_PIXEL)
@example(POOL_NO_IMAGES)
def test_batch_norm2d_vjps_are_its_transposes(module: ModuleType, case: PoolCase) -> None:
    x = case.array()
    weight, bias, mean = (normal(case.seed + i, x.shape[1:2]) for i in (1, 2, 3))
    variance, zero = np.exp(normal(case.seed + 4, x.shape[1:2])), np.zeros(x.shape[1])
    check_adjoint(
        lambda v: module.batch_norm2d(v, weight, zero, zero, variance, 1e-3),
        lambda signal: module.batch_norm2d_vjp_input(signal, weight, variance, 1e-3),
        x,
    )
    check_weight_vjp(
        lambda x, v: module.batch_norm2d(x, v, zero, mean, variance, 1e-3),
        lambda signal, x: module.batch_norm2d_vjp_weight(signal, x, mean, variance, 1e-3),
        x,
        weight,
    )
    check_adjoint(
        lambda v: module.batch_norm2d(x, zero, v, mean, variance, 1e-3), module.batch_norm2d_vjp_bias, bias
    )


@both
@given(seeds, st.integers(0, 3), st.integers(1, 7))
def test_softmax_and_costs_have_their_derivatives(module: ModuleType, seed: int, n: int, k: int) -> None:
    logits = 2 * normal(seed, (n, k))
    labels = np.random.default_rng(seed).integers(0, k, n)
    check_vjp(module.softmax, lambda signal, x: module.softmax_vjp(signal, module.softmax(x)), logits)
    for cost in ("squared_cost", "cross_entropy"):
        vjp = getattr(module, f"{cost}_vjp")
        check_vjp(
            partial(getattr(module, cost), labels=labels),
            lambda signal, x, vjp=vjp: vjp(signal, x, labels),
            logits,
        )


@both
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_softmax_of_large_logits_is_what_their_differences_say(module: ModuleType, dtype: type) -> None:
    logits = np.array([[1000, 1000 - math.log(3)], [-4000, 0]], np.float64).astype(dtype)
    np.testing.assert_allclose(module.softmax(logits), [[0.75, 0.25], [0, 1]], rtol=1e-4)


@both
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_cost_of_a_net_that_is_sure_keeps_its_digits(module: ModuleType, dtype: type) -> None:
    logits, labels = np.array([[3, 43, -9], [0, 0, 100]], dtype), np.array([1, 0])
    found = module.cross_entropy(logits, labels)
    expected = [math.log1p(math.exp(-40) + math.exp(-52)), 100]
    assert found == pytest.approx(expected, rel=100 * float(np.finfo(dtype).eps), abs=0)


@both
@given(pool_cases(), st.sampled_from(["chw", "hwc"]), st.integers(1, 3))
def test_shape_vjps_are_their_transposes(module: ModuleType, case: PoolCase, order: str, count: int) -> None:
    x = case.array()
    check_adjoint(
        lambda v: module.flatten(v, order), lambda signal: module.flatten_vjp(signal, x.shape[1:], order), x
    )
    parts = np.stack([x] * count)
    check_adjoint(
        lambda v: module.add(list(v)), lambda signal: np.stack(module.add_vjp(signal, count)), parts
    )
    check_adjoint(
        lambda v: module.concatenate([v[:, :1], v, v[:, :1]]),
        lambda signal: _sum_of_parts(module.concatenate_vjp(signal, [1, x.shape[1], 1])),
        x,
    )


@both
def test_features_are_stacked_as_images_are_and_single_rows_are_not(module: ModuleType) -> None:
    x, y = normal(0, (3, 2)), normal(1, (3, 4))
    np.testing.assert_array_equal(module.concatenate([x, y]), np.concatenate([x, y], axis=1))
    with pytest.raises(ShapeError, match="differ in more than their channels"):
        module.concatenate([x[0], x[1]])


def _sum_of_parts(parts: tuple[np.ndarray, ...]) -> np.ndarray:
    first, whole, last = parts
    total = whole.copy()
    total[:, :1] += first + last
    return total


def _spread(case: PoolCase) -> np.ndarray:
    """Distinct numbers at least 1 apart: no direction of finite differences changes a maximum."""
    size = int(np.prod(case.x))
    return np.random.default_rng(case.seed).permutation(size).reshape(case.x) - size / 2


def _away(x: np.ndarray, kinks: tuple[float, ...]) -> np.ndarray:
    """Numbers that are no kink, nor within any finite difference of one."""
    for kink in kinks:
        x[np.abs(x - kink) < 0.01] += 0.5
    return x
