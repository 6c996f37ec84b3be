"""Stages of a backward pass, with numbers worked out by hand, and on the digits net."""

import numpy as np
import pytest
from trained_nets import digits, net

import tinycnn as tc
from tinycnn.ops.geometry import window
from tinycnn.pictures.digit_pictures import draw_digit
from tinycnn.theory.bank import bank_limit, second_moment, shifted_limit
from tinycnn.theory.limit import limit_map
from tinycnn.theory.trained.filtered import (
    bank_prediction,
    constant_signal,
    isotropic_prediction,
    shifted_prediction,
)
from tinycnn.theory.trained.moments import (
    correlation,
    effective_rank,
    excess_kurtosis,
    filter_correlation,
    isotropic_rank,
)
from tinycnn.theory.trained.paths import active_share, mask_correlation, open_share
from tinycnn.theory.trained.pictures import brightness_likeness, edge_likeness, magnitude, map_from, shrunk
from tinycnn.theory.trained.stages import stages
from tinycnn.zoo.fold import fold_batch_norm


def of(model, x, target=0, rule=tc.rules.GUIDED):
    trace = tc.forward(model, x)
    return trace, stages(trace, tc.targets.logit(target)(trace), rule)


def three(x, top):
    return of(net([[[[1.0]]], [[[-1.0]]], [[[2.0]]]], size=(1, 2), top=top), np.array([[[x]]]))[1][0]


def test_a_stage_holds_the_signals_before_and_behind_its_activation():
    stage = three([1.0, -3.0], top=[[1, -1, 5, -1, 1, -1], [0] * 6])
    np.testing.assert_array_equal(stage.mask[0, :, 0], [[True, False], [False, True], [True, False]])
    np.testing.assert_array_equal(stage.arriving[0, :, 0], [[1, -1], [5, -1], [1, -1]])
    np.testing.assert_array_equal(stage.gated[0, :, 0], [[1, 0], [0, 0], [1, 0]])
    np.testing.assert_array_equal(stage.leaving[0, 0, 0], [3, 0])


def test_shares_of_open_units_and_of_active_paths_are_counted():
    stage = three([1.0, -3.0], top=[[1, -1, 5, -1, 1, 0], [0] * 6])
    assert open_share(stage) == pytest.approx(3 / 6)
    assert active_share(stage) == pytest.approx(2 / 3)  # of the open units: +1, -1, +1
    mask, positive = [1, 0, 0, 1, 1], [1, 0, 5, 0, 1]  # the unit that nothing reaches is left out
    assert mask_correlation(stage) == pytest.approx(np.corrcoef(mask, positive)[0, 1])


def test_the_recorded_signals_are_those_of_backward():
    model = digits()
    x = model.preprocess(draw_digit(3, np.random.default_rng(0)))
    trace, found = of(model, x, 3)
    signals = tc.backward(trace, tc.targets.logit(3)(trace), tc.rules.GUIDED)
    assert [stage.name for stage in found] == ["conv1_1", "conv1_2", "conv2_1", "conv2_2"]
    for stage in found:
        at = trace.index(stage.name)
        for signal, expected in zip((stage.leaving, stage.gated, stage.arriving), signals[at:], strict=False):
            np.testing.assert_array_equal(signal, expected)


def test_convolutions_in_branches_are_found_and_depthwise_ones_left_out():
    model = tc.zoo.efficientnet_lite0(image=(32, 32), classes=2)
    x = np.random.default_rng(0).standard_normal((1, 3, 32, 32)).astype(np.float32)
    names = [stage.name for stage in of(fold_batch_norm(model), x)[1]]
    assert names[:3] == ["conv_stem", "blocks.1.expand_conv", "blocks.2.expand_conv"]
    assert names[-1] == "conv_head"
    assert len(names) == 17


@pytest.mark.parametrize("geometry", [{"padding": 1}, {"stride": 2}, {"padding": 2, "circular": True}])
def test_predictions_without_sigma_are_the_limits_with_it(geometry):
    rng = np.random.default_rng(1)
    layer = tc.Conv2D(rng.standard_normal((7, 2, 3, 3)) + 0.5, **geometry)
    h = rng.standard_normal((1, 2, 8, 9))
    at = window((8, 9), (3, 3), **geometry)
    expected = bank_limit(h[0], at, second_moment(layer.weight))
    np.testing.assert_allclose(bank_prediction(h, layer)[0], expected, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(isotropic_prediction(h, layer)[0], limit_map(h[0], at), rtol=1e-10, atol=1e-12)
    rows = layer.weight.reshape(7, -1)
    expected = shifted_limit(h[0], at, rows.mean(axis=0), np.cov(rows.T, bias=True))
    np.testing.assert_allclose(shifted_prediction(h, layer)[0], expected, rtol=1e-10, atol=1e-12)


def test_zero_patches_are_predicted_to_send_nothing():
    layer = tc.Conv2D(np.ones((4, 1, 2, 2)))
    for predict in (bank_prediction, isotropic_prediction, shifted_prediction):
        assert not predict(np.zeros((1, 1, 3, 3)), layer).any()


def test_many_gaussian_filters_about_a_mean_send_what_the_shifted_formula_says():
    """The mean over filters is exact as N grows; N = 40000 leaves 1/sqrt(N p) of noise per entry."""
    rng = np.random.default_rng(2)
    n = 40_000
    weight = 0.7 * rng.standard_normal((n, 1, 2, 2)) - 0.3 + 0.4 * rng.standard_normal((n, 1, 1, 1))
    layer = tc.Conv2D(weight, -0.5 + 0.3 * weight[:, 0, 0, 0])
    h = np.abs(rng.standard_normal((1, 1, 4, 4)))
    trace = tc.trace.run([layer, tc.ReLU()], h)
    (stage,) = stages(trace, np.ones_like(trace.output), tc.rules.GUIDED)
    real = constant_signal(stage) / n
    off = np.linalg.norm(shifted_prediction(h, layer) - real) / np.linalg.norm(real)
    assert off < 0.02
    wrong = bank_prediction(h, layer)
    wrong = wrong * (wrong * real).sum() / (wrong**2).sum()
    assert np.linalg.norm(wrong - real) / np.linalg.norm(real) > 10 * off


def test_strength_weighs_patches():
    layer = tc.Conv2D(np.ones((2, 1, 1, 1)))
    h = np.array([[[[1.0, 4.0]]]])
    strength = np.array([[[[3.0, 0.0]]]])
    np.testing.assert_allclose(bank_prediction(h, layer), [[[[1, 1]]]])
    np.testing.assert_allclose(bank_prediction(h, layer, strength), [[[[3, 0]]]])


def test_moments_of_known_filters():
    assert excess_kurtosis(np.array([-1.0, 1.0])) == pytest.approx(-2)
    assert excess_kurtosis(np.random.default_rng(0).standard_normal(400_000)) == pytest.approx(0, abs=0.03)
    assert np.isnan([excess_kurtosis(np.ones(3)), excess_kurtosis(np.ones(0))]).all()
    orthogonal = np.eye(4).reshape(4, 1, 2, 2)
    assert effective_rank(orthogonal) == pytest.approx(4)
    assert filter_correlation(orthogonal) == 0
    assert effective_rank(np.ones((5, 1, 2, 2))) == pytest.approx(1)
    assert filter_correlation(np.ones((5, 1, 2, 2))) == pytest.approx(1)
    assert np.isnan(correlation(np.ones(3), np.arange(3)))


def test_isotropic_filters_have_the_rank_and_the_correlation_that_is_expected():
    """Over 200 banks, so that the standard error is a tenth of a percent."""
    rng = np.random.default_rng(0)
    banks = [rng.standard_normal((32, 3, 3, 3)) for _ in range(200)]
    assert np.mean([effective_rank(bank) for bank in banks]) == pytest.approx(
        isotropic_rank(32, 27), rel=0.01
    )
    assert np.mean([filter_correlation(bank) for bank in banks]) == pytest.approx(27**-0.5, rel=0.01)


def test_a_signal_is_compared_with_the_input_at_its_own_resolution():
    x = np.zeros((1, 1, 8, 8))
    x[..., 4:] = 1
    left, right = np.zeros((2, 1, 2, 4, 4))
    left[..., :2], right[..., 2:] = [[[3]], [[4]]], -1
    assert magnitude(left)[0, 0].tolist() == [5, 5, 0, 0]
    assert brightness_likeness(right, x) > 0.95
    assert brightness_likeness(left, x) < -0.95
    edge = np.zeros((1, 1, 8, 8))
    edge[..., 3:5] = -2
    assert edge_likeness(edge, x) > 0.9
    assert abs(brightness_likeness(edge, x)) < 0.1
    assert shrunk(np.full((6, 6), 2.0), (3, 2)).tolist() == [[2, 2]] * 3


def test_the_map_from_a_stage_sees_nothing_of_what_is_above():
    x = np.array([[[[1.0, -3.0]]]])
    trace, (stage,) = of(net([[[[1.0]]], [[[-1.0]]]], size=(1, 2)), x)
    np.testing.assert_array_equal(map_from(trace, stage, tc.rules.GUIDED), [[[[1, -1]]]])
    assert map_from(trace[2:], stage, tc.rules.GUIDED) is None


def test_edge_detectors_find_the_edge_of_a_step_and_nothing_in_a_flat_image():
    from tinycnn.theory.trained.pictures import detector_likeness, edge_detectors

    x = np.zeros((1, 3, 16, 16))
    flat = edge_detectors(x)
    x[..., 8:] = 5.0
    found = edge_detectors(x)
    assert set(found) == {"sobel", "laplacian", "canny"}
    for name, picture in found.items():
        assert not flat[name].any()
        assert set(np.flatnonzero(picture.max(axis=0))) <= {6, 7, 8, 9}
        assert picture.any()
        assert detector_likeness(picture[None, None], picture) == pytest.approx(1)
