"""The numbers by which a trained layer is held against the theory, on layers where each is known."""

from __future__ import annotations

import numpy as np
import pytest

import tinycnn as tc
from tinycnn import targets
from tinycnn.ops.geometry import window
from tinycnn.rules import GUIDED
from tinycnn.theory.bank import bank_limit, second_moment, shifted_limit
from tinycnn.theory.limit import limit_map
from tinycnn.theory.survey import passages, survey
from tinycnn.theory.trained import bank_signal, filters, gaussian_signal, inner, isotropic_signal, open_signal

RNG = np.random.default_rng(0)
CONV = tc.Conv2D(RNG.standard_normal((40, 2, 3, 3)) + 0.3, stride=2, padding=1)
X = RNG.standard_normal((1, 2, 9, 8))
AT = window((9, 8), (3, 3), stride=2, padding=1)


def test_the_layer_itself_computes_the_limit_of_its_bank() -> None:
    limit = bank_limit(X[0], AT, second_moment(CONV.weight))
    np.testing.assert_allclose(bank_signal(CONV, X)[0], np.sqrt(40) * limit, rtol=1e-10, atol=1e-12)


def test_the_layer_itself_computes_the_limit_of_filters_that_are_not_centred() -> None:
    rows = CONV.weight.reshape(40, -1)
    limit = shifted_limit(X[0], AT, rows.mean(axis=0), np.cov(rows.T, bias=True))
    found = gaussian_signal(CONV, X, CONV.forward(X)[0])
    np.testing.assert_allclose(found[0], 40 * limit, rtol=1e-9, atol=1e-10)


def test_without_a_mean_the_shifted_limit_is_the_banks() -> None:
    sigma = second_moment(CONV.weight)
    expected = bank_limit(X[0], AT, sigma) / np.sqrt(2 * np.pi)
    np.testing.assert_allclose(shifted_limit(X[0], AT, np.zeros(18), sigma), expected, rtol=1e-10, atol=1e-12)


def test_isotropic_filters_recover_the_limit_map() -> None:
    np.testing.assert_allclose(isotropic_signal(CONV, X)[0], limit_map(X[0], AT), rtol=1e-10, atol=1e-12)


def test_many_gaussian_filters_and_biases_send_what_is_predicted() -> None:
    mean = np.linspace(-1, 1, 18).reshape(2, 3, 3)
    conv = tc.Conv2D(
        RNG.standard_normal((20_000, 2, 3, 3)) + mean, RNG.standard_normal(20_000) - 1, padding=1
    )
    z = conv.forward(X)[0]
    sent, predicted = open_signal(conv, X, z > 0), gaussian_signal(conv, X, z)
    assert np.linalg.norm(sent - predicted) < 0.02 * np.linalg.norm(sent)  # 1 / sqrt(20,000) a position


def test_random_filters_are_what_the_theory_assumes() -> None:
    found = filters(RNG.standard_normal((400, 30, 3, 3)))
    np.testing.assert_allclose(found, (0, 1, 1), atol=0.03)


def test_filters_that_are_all_alike_have_one_direction() -> None:
    one = RNG.standard_normal((1, 2, 3, 3))
    found = filters(np.concatenate([one, 2 * one, 3 * one]))
    assert found.isotropy == pytest.approx(1 / (3 * 18 / 21))
    assert found.overlap == pytest.approx(np.sqrt(18))
    assert filters(np.sign(RNG.standard_normal((50, 2, 3, 3)))).kurtosis < -1.5


def _net(bias: float) -> tc.Model:
    rng = np.random.default_rng(1)
    arrays = [(rng.standard_normal(shape) / 3) for shape in ((8, 1, 3, 3), (8, 8, 3, 3), (5, 200))]
    shift = np.full(8, bias)
    first, second = tc.Conv2D(arrays[0], shift, name="a"), tc.Conv2D(arrays[1], shift, padding=1, name="b")
    norm = tc.BatchNorm2D(np.linspace(-1, 1, 8), shift, shift, np.ones(8))
    body = (second, norm, tc.ReLU())
    layers = (first, tc.ReLU(), tc.Branches((body, ()), tc.Add()), tc.Flatten(), tc.Dense(arrays[2]))
    return tc.Model("net", layers, (1, 7, 7))


def test_a_walk_sees_the_signals_of_the_backward_pass_inside_branches_too() -> None:
    model, x = _net(0.1), np.random.default_rng(0).standard_normal((1, 1, 7, 7))
    trace = tc.forward(model, x)
    seed = targets.logit(2)(trace)
    found = passages(trace, seed, GUIDED)
    assert [type(passage.step.layer).__name__ for passage in found[:4]] == [
        "Conv2D",
        "ReLU",
        "Conv2D",
        "BatchNorm2D",
    ]
    np.testing.assert_array_equal(found[0].below, tc.backward(trace, seed, GUIDED)[0])


@pytest.mark.parametrize("bias", [0.0, 0.3, -0.3])
def test_a_map_of_guided_backprop_points_along_the_image_unless_biases_turn_it(bias: float) -> None:
    x = np.random.default_rng(0).standard_normal((1, 1, 7, 7))
    stops = list(survey(_net(bias), x, targets.logit(2)))
    assert [stop.layer for stop in stops] == ["a", "b"]
    for stop in stops:
        assert stop.whole == pytest.approx(stop.units + stop.shift)
        assert stop.units > 0
    assert (stops[0].shift == 0) == (bias == 0)


def test_under_the_gradient_the_units_part_may_be_negative() -> None:
    signal = np.array([[[[-1.0]]]])
    conv = tc.Conv2D(np.ones((1, 1, 1, 1)), np.array([0.5]))
    y = np.array([[[[2.0]]]])
    parts = inner(signal, y, signal, conv.forward(y)[0], conv.bias)
    assert parts == (-2.0, -2.5, 0.5)


def test_the_digits_net_by_hand() -> None:
    model = tc.zoo.build("digits", "digits")
    x = np.random.default_rng(0).uniform(0, 1, (1, *model.input_shape)).astype(np.float32)
    first = next(survey(model, x, targets.max_logit()))
    z = tc.forward(model, x)[0].output
    assert first.open == pytest.approx((z > 0).mean())
    assert 0.9 < first.gaussian <= 1
