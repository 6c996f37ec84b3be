import math

import numpy as np
import pytest
from scipy.stats import kstest
from simulate import assert_agrees, maps, mean_and_error, same, small_image

from tinycnn.ops.geometry import window
from tinycnn.rules import gate
from tinycnn.theory.extremes import expected_maximum, max_logit_cosine, saliency_cosine_sd
from tinycnn.theory.noise import (
    constant_share,
    deconvnet_covariance,
    deconvnet_logit_cosine,
    saliency_covariance,
    stacking_matrix,
)
from tinycnn.theory.normality import conditional_sd, looks_normal, normality_p_value, standardised
from tinycnn.theory.patches import cut, filters_as_rows, paste

X = small_image(shape=(2, 4, 4))
AT = same((4, 4), 3)


def _products(samples):
    flat = samples.reshape(len(samples), -1)
    return flat[:, :, None] * flat[:, None, :]


def test_saliency_is_white():
    samples = maps(X, AT, 2, 20_000, seed=1, send=gate.identity)
    assert_agrees(_products(samples), 2 * np.diag(saliency_covariance(AT, 2).ravel()))


@pytest.mark.parametrize("send", [gate.positive, gate.magnitude, gate.identity])
@pytest.mark.parametrize("at", [AT, window((4, 4), (3, 3), stride=2, padding="same")])
def test_without_a_mask_a_map_is_a_constant_per_channel_and_white_noise(send, at):
    samples = maps(X, at, 2, 20_000, seed=2, mask="off", send=send)
    assert_agrees(_products(samples), 2 * deconvnet_covariance(at, 2, send))


def test_stacking_puts_a_filter_at_every_position():
    w = np.random.default_rng(0).standard_normal(18)
    everywhere = paste(np.tile(w, (16, 1)), AT)
    np.testing.assert_allclose(stacking_matrix(AT, 2) @ w, everywhere.ravel(), rtol=1e-12)


def test_share_of_the_constant_is_the_correlation_at_any_lag():
    at = same((9, 9), 3)
    covariance = deconvnet_covariance(at, 1).reshape(9, 9, 9, 9)
    inner = covariance[4, 4]
    assert constant_share() == pytest.approx(1 / np.pi, rel=1e-9)
    for a, b in ((4, 5), (1, 1), (7, 2)):
        assert inner[a, b] / inner[4, 4] == pytest.approx(1 / np.pi, rel=1e-9)


def test_cosine_of_the_deconvnet_maps_of_two_logits():
    rng = np.random.default_rng(3)
    energy = rng.chisquare(3, 200_000) / 3
    found, error = mean_and_error(energy / (energy + np.pi - 1))
    assert abs(deconvnet_logit_cosine() - found) < 4 * error
    assert deconvnet_logit_cosine(send=gate.identity) == 0


@pytest.mark.parametrize("count", [1, 2, 3, 1000])
def test_expected_maximum_of_independent_normals(count):
    known = {1: 0.0, 2: 1 / math.sqrt(math.pi), 3: 1.5 / math.sqrt(math.pi)}
    draws = np.random.default_rng(4).standard_normal((20_000, count)).max(axis=1)
    found, error = mean_and_error(draws)
    assert abs(expected_maximum(count) - found) < 4 * error
    assert expected_maximum(count) == pytest.approx(known.get(count, expected_maximum(count)), abs=1e-9)


def test_cosine_of_saliency_and_image_for_a_fixed_and_for_the_largest_logit():
    x, at, classes, nets = small_image(7, (3, 12, 12)), same((12, 12), 3), 20, 300
    y, cosines = cut(x, at), []
    for net in range(nets):
        rng = np.random.default_rng([5, net])
        w, v = rng.standard_normal((32, 27)), rng.standard_normal((classes, 144, 32))
        s = np.stack([paste((each * (y @ w.T > 0)) @ w, at) for each in v])
        cosines.append((s * x).sum(axis=(1, 2, 3)) / np.linalg.norm(s.reshape(classes, -1), axis=1))
    cosines = np.array(cosines) / np.linalg.norm(x)
    fixed, largest = cosines[:, 0], cosines.max(axis=1)
    assert abs(fixed.mean()) < 4 * saliency_cosine_sd(x, at) / math.sqrt(nets)
    assert fixed.std() == pytest.approx(saliency_cosine_sd(x, at), rel=4 / math.sqrt(2 * nets))
    found, error = mean_and_error(largest)
    assert abs(found - max_logit_cosine(x, at, classes)) < 4 * error


def _saliency_maps(nets, x, at):
    for net in range(nets):
        rng = np.random.default_rng([6, net])
        weight, v = rng.standard_normal((4, 2, 3, 3)), rng.standard_normal((64 * 64, 4))
        rows = filters_as_rows(weight)
        s = paste((v * (cut(x, at) @ rows.T > 0)) @ rows, at)
        yield s, conditional_sd(x, weight, at)


def test_the_normality_test_is_that_of_kolmogorov_and_smirnov():
    rng = np.random.default_rng(7)
    for count in (5, 40, 121, 400):
        for scale in (1.0, 1.15):
            values = scale * rng.standard_normal(count)
            p = kstest(values, "norm").pvalue
            assert normality_p_value(values) == pytest.approx(p, rel=1e-9)
            assert looks_normal(values, 0.3) == (p > 0.3)


def test_the_honest_normality_test_holds_its_level_and_the_naive_one_does_not():
    x, at, nets = small_image(8, (2, 64, 64)), same((64, 64), 3), 120
    honest, naive = [], []
    for s, sd in _saliency_maps(nets, x, at):
        honest.append(normality_p_value(standardised(s[0], sd[0], 3)))
        naive.append(normality_p_value(((s - s.mean()) / s.std())[0].ravel()))
    assert np.mean(np.array(honest) < 0.05) < 0.05 + 3 * math.sqrt(0.05 * 0.95 / nets)
    assert np.mean(np.array(naive) < 0.05) > 0.3
