import numpy as np
import pytest
from simulate import assert_agrees, maps, same, small_image

from tinycnn.ops.geometry import window
from tinycnn.rules import gate
from tinycnn.theory import sending
from tinycnn.theory.bank import bank_limit, second_moment, shifted_limit
from tinycnn.theory.limit import gain, limit_map, mean_scale, share
from tinycnn.theory.patches import cut, paste, whole

X = small_image()
WINDOWS = [
    same((6, 5), 3),
    window((6, 5), (3, 2), stride=2),
    window((6, 5), (3, 3), padding=1, circular=True),
]


@pytest.mark.parametrize("at", WINDOWS)
def test_guided_backprop_has_the_limit_map_as_its_mean(at):
    predicted = 3 * mean_scale(1 / np.sqrt(2 * np.pi)) * limit_map(X, at)
    assert_agrees(maps(X, at, 3, 10_000, seed=1), predicted)


@pytest.mark.parametrize("bias", [5.0, -5.0])
def test_a_bias_of_either_sign_shrinks_the_limit_alike(bias):
    at = same((6, 5), 3)
    predicted = 3 * mean_scale(1 / np.sqrt(2 * np.pi)) * limit_map(X, at, bias)
    assert np.abs(limit_map(X, at, bias)).sum() < 0.9 * np.abs(limit_map(X, at)).sum()
    assert_agrees(maps(X, at, 3, 10_000, seed=2, bias=bias), predicted)


@pytest.mark.parametrize("bias", [0.0, 1.5])
def test_the_limit_is_the_image_times_the_gain(bias):
    for at in WINDOWS:
        np.testing.assert_allclose(limit_map(X, at, bias, 0.7), X * gain(X, at, bias, 0.7), rtol=1e-12)


def test_the_limit_has_the_sign_of_the_image_everywhere():
    assert (np.sign(limit_map(X, same((6, 5), 3))) == np.sign(X)).all()


def test_zero_patches_contribute_nothing():
    x = np.zeros((1, 8, 8))
    x[0, :2, :2] = 1.0
    m = limit_map(x, same((8, 8), 3))
    assert np.isfinite(m).all()
    assert m[0, 4:, 4:].tolist() == np.zeros((4, 4)).tolist()


def test_the_fully_connected_limit_is_proportional_to_the_image():
    np.testing.assert_allclose(limit_map(X, whole((6, 5))), X / np.linalg.norm(X), rtol=1e-12)


def test_isotropic_filters_are_the_special_case_of_the_bank():
    at = same((6, 5), 3)
    np.testing.assert_allclose(bank_limit(X, at, np.eye(18)), limit_map(X, at), rtol=1e-10)


def test_the_bank_limit_is_the_mean_over_filters_of_that_covariance():
    at, rng = same((6, 5), 3), np.random.default_rng(3)
    root = rng.standard_normal((18, 18)) / 4
    y, samples = cut(X, at), []
    for _ in range(4000):
        w = root @ rng.standard_normal(18)
        samples.append(paste(np.outer(y @ w > 0, w), at))
    assert_agrees(np.array(samples), bank_limit(X, at, root @ root.T) / np.sqrt(2 * np.pi))


def test_the_second_moment_of_a_bank_is_its_mean_outer_product():
    weight = np.arange(24.0).reshape(3, 2, 2, 2)
    expected = sum(np.outer(w.ravel(), w.ravel()) for w in weight) / 3
    np.testing.assert_allclose(second_moment(weight), expected, rtol=1e-12)


def test_eta_of_the_backward_functions():
    known = {gate.positive: np.pi, gate.negative: np.pi, gate.magnitude: np.pi / 2, gate.constant: 1.0}
    for send, value in known.items():
        assert sending.eta(send) == pytest.approx(value, rel=1e-9)
    assert sending.eta(gate.identity) == np.inf


def test_moments_of_a_backward_function_scale_with_the_signal():
    assert sending.mean(gate.positive, sd=3.0) == pytest.approx(3 / np.sqrt(2 * np.pi), rel=1e-9)
    assert sending.mean_square(gate.positive, sd=3.0) == pytest.approx(4.5, rel=1e-9)


def test_without_a_mean_the_shifted_limit_is_the_banks():
    at, sigma = same((6, 5), 3), np.cov(np.random.default_rng(0).standard_normal((18, 40)))
    expected = bank_limit(X, at, sigma) / np.sqrt(2 * np.pi)
    np.testing.assert_allclose(shifted_limit(X, at, np.zeros(18), sigma), expected, rtol=1e-10)


def test_the_shifted_limit_is_the_mean_over_filters_that_are_not_centred():
    at, rng = same((6, 5), 3), np.random.default_rng(0)
    root, mean = rng.standard_normal((18, 18)) / 4, rng.standard_normal(18)
    y, samples = cut(X, at), []
    for _ in range(4000):
        w = root @ rng.standard_normal(18) + mean
        samples.append(paste(np.outer(y @ w > 0, w), at))
    assert_agrees(np.array(samples), shifted_limit(X, at, mean, root @ root.T))


def test_what_a_picture_does_not_share_is_orthogonal_to_it():
    rng = np.random.default_rng(0)
    s, m = rng.standard_normal((5, 3, 4, 4)), rng.standard_normal((3, 4, 4))
    rest = s - share(s, m)[:, None, None, None] * m
    np.testing.assert_allclose((rest * m).sum(axis=(1, 2, 3)), 0, atol=1e-12)
    assert share(3 * m, m) == pytest.approx(3)
