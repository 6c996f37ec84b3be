"""RectGrad: what it passes, and the two things that its authors' code does and their paper does not say."""

from __future__ import annotations

import numpy as np
import pytest

import tinycnn as tc
from tinycnn.rules import get
from tinycnn.rules.family import GUIDED
from tinycnn.rules.gradient import GRADIENT


def traced(layer: tc.Layer, x: np.ndarray) -> tuple[tc.Trace, np.ndarray]:
    trace = tc.forward(tc.Model("one", (layer,), x.shape[1:]), x)
    return trace, np.random.default_rng(1).standard_normal(trace.output.shape)


def test_the_largest_products_of_each_image_pass() -> None:
    x = np.abs(np.random.default_rng(0).standard_normal((3, 2, 5, 5)))
    trace, signal = traced(tc.ReLU(), x)
    passed = tc.backward(trace, signal, get("rectgrad(q=90)"))[0]
    for number, image in enumerate(x * signal):
        tau = np.percentile(image, 90)
        np.testing.assert_array_equal(passed[number], np.where(image > tau, signal[number], 0))
        assert np.count_nonzero(passed[number]) == 5  # of 50


def test_at_a_threshold_of_zero_it_is_guided_backprop() -> None:
    x = np.random.default_rng(0).standard_normal((1, 2, 10, 10))
    x[np.arange(200).reshape(x.shape) > 10] = -1
    trace, signal = traced(tc.ReLU(), x)
    signal = np.abs(signal)
    np.testing.assert_array_equal(
        tc.backward(trace, signal, get("rectgrad(q=94)"))[0], tc.backward(trace, signal, GUIDED)[0]
    )


@pytest.mark.parametrize("padding", [1, 0])
def test_a_frame_is_dropped_above_padded_convolutions_alone(padding: int) -> None:
    rng = np.random.default_rng(0)
    conv = tc.Conv2D(rng.standard_normal((3, 2, 3, 3)), padding=padding)
    trace, signal = traced(conv, rng.standard_normal((2, 2, 6, 7)))
    passed = tc.backward(trace, signal, get("rectgrad(frame=True)"))[0]
    if padding:
        signal[:, :, [0, -1], :] = signal[:, :, :, [0, -1]] = 0
    np.testing.assert_array_equal(passed, tc.backward(trace, signal, GRADIENT)[0])


def test_pools_share_out_in_proportion() -> None:
    x = np.abs(np.random.default_rng(0).standard_normal((2, 3, 4, 6)))
    trace, signal = traced(tc.MaxPool2D(2, 2), x)
    passed = tc.backward(trace, signal, get("rectgrad(proportional=True)"))[0]
    windows = x.reshape(2, 3, 2, 2, 3, 2)
    expected = windows / windows.sum(axis=(3, 5), keepdims=True) * signal[:, :, :, None, :, None]
    np.testing.assert_allclose(passed, expected.reshape(x.shape), rtol=1e-9)
