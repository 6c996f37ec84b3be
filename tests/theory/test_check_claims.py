"""Claims on the checks of maps and on neighbouring rules: planted faults turn them, limits are known."""

import math
from fnmatch import filter as matching

import numpy as np
import pytest
from faults import FAULTS
from scipy.stats import spearmanr

from tinycnn import UnknownNameError
from tinycnn.layers import Add, AvgPool2D, BatchNorm2D, Branches, Conv2D, MaxPool2D, ReLU
from tinycnn.ops.geometry import window
from tinycnn.theory.claims import CLAIMS
from tinycnn.theory.claims.nets import network_input
from tinycnn.theory.claims.vgg import POOLS, hidden, vgg_net
from tinycnn.theory.completeness import CONSTANTS, QUADRATURES, ig_error, ig_law, kept_by_epsilon
from tinycnn.theory.convergence import (
    deconvnet_similarity,
    gradient_similarity,
    guided_similarity,
    passed,
    positive_rate,
    zplus_rate,
)
from tinycnn.theory.depth import constant_share_deep
from tinycnn.theory.gradients import energy_spread, length_ratio
from tinycnn.theory.judge import OWN, judge
from tinycnn.theory.limit import limit_map
from tinycnn.theory.predictions import FORMULAS, predicted, units_and_pools
from tinycnn.theory.randomised import louder, redrawn_above, redrawn_output_dense, spearman_normal
from tinycnn.theory.recovery import rho_patch
from tinycnn.theory.smoothing import (
    lipschitz_bound,
    open_share,
    smooth_cosine,
    smooth_gain,
    smooth_gain_law,
)
from tinycnn.trace import forward, run

CATCHES = {
    "mprt.output_dense": "no mask and no backward ReLU",
    "mprt.output_convolutional": "the gradient for every rule",
    "mprt.all_dense": "weights with a mean",
    "mprt.all_convolutional": "the constant arm for every rule",
    "mprt.saliency_dense": "guided backprop for every rule",
    "mprt.cascade_dense_2": "the constant arm for every rule",
    "mprt.cascade_convolutional_1": "the gradient for every rule",
    "mprt.cascade_vgg_4": "the gradient for every rule",
    "mprt.noise_passes": "guided backprop for every rule",
    "mprt.ranks": "guided backprop for every rule",
    "mprt.loud": "heavy tails",
    "mprt.sum": "no mask and no backward ReLU",
    "complete.ig_midpoint_20": "weights too wide",
    "complete.ig_gauss_legendre_50": "guided backprop for every rule",
    "complete.ig_homogeneous": "the input leaks through a dense layer",
    "complete.lrp_0": "guided backprop for every rule",
    "complete.epsilon": "the input leaks through a dense layer",
    "complete.zplus_conserved": "the opposite sign",
    "complete.zplus_positive": "the opposite sign",
    "complete.contrastive": "the input leaks through a dense layer",
    "complete.alpha_beta_doubles": "the input leaks through a dense layer",
    "complete.deeplift_delta": "the opposite sign",
    "complete.deeplift_gradient": "guided backprop for every rule",
    "complete.deeplift_ig": "guided backprop for every rule",
    "csc.gradient_2": "guided backprop for every rule",
    "csc.gradient_sign": "guided backprop for every rule",
    "csc.deconvnet_2": "guided backprop for every rule",
    "csc.guided_2": "the gradient for every rule",
    "csc.guided_convolutional_3": "the gradient for every rule",
    "csc.deconvnet_convolutional_1": "guided backprop for every rule",
    "csc.guided_vgg_3": "the gradient for every rule",
    "csc.positive": "heavy tails",
    "csc.magnitude": "heavy tails",
    "smoothgrad.closed": "guided backprop for every rule",
    "smoothgrad.fit": "guided backprop for every rule",
    "smoothgrad.infidelity": "guided backprop for every rule",
    "smoothgrad.contrast": "weights too wide",
    "smoothgrad.softplus": "no mask and no backward ReLU",
    "smoothgrad.ball": "the input leaks through a dense layer",
    "smoothgrad.ball_sharp": "guided backprop for every rule",
    "smoothgrad.lipschitz": "no mask and no backward ReLU",
    "gradient.energy": "guided backprop for every rule",
    "gradient.sign_step": "weights with a mean",
    "gradient.memory_2": "guided backprop for every rule",
    "invariance.painted_same": "the input leaks through a dense layer",
    "invariance.painted_guided": "the constant arm for every rule",
    "invariance.painted_difference": "the input leaks through a dense layer",
    "invariance.shift_masks": "the input leaks through a dense layer",
    "invariance.shift_product": "the input leaks through a dense layer",
    "invariance.cam_hires": "the opposite sign",
    "invariance.cam_pooled": "the opposite sign",
    "invariance.cam_gap": "the opposite sign",
    "complete.blind": "guided backprop for every rule",
}
"""A claim, and a fault that turns it."""


@pytest.mark.parametrize("id", CATCHES)
def test_a_planted_fault_turns_the_claim(id):
    assert judge(CLAIMS[id], bench=FAULTS[CATCHES[id]]()).verdict == "fails"


def test_the_cascade_has_the_figures_that_were_computed():
    found = [redrawn_above(40, [400] * 3, kept) for kept in (3, 2, 1, 0)]
    assert found == pytest.approx([0.941, 0.920, 0.862, 0.709], abs=1e-3)


def test_one_layer_that_is_kept_is_the_output_drawn_anew():
    """Up to the share of noise that is along the image, which the recursion leaves out."""
    assert redrawn_above(100, [2000], 1) == pytest.approx(redrawn_output_dense(2000, 100), rel=1e-3)


def test_mean_rank_correlation_is_that_of_sampled_pairs():
    rng = np.random.default_rng(0)
    one, two = rng.standard_normal((2, 20_000, 8))
    mixed = 0.6 * one + 0.8 * two
    found = np.array([spearmanr(a, b).statistic for a, b in zip(one[:4000], mixed[:4000], strict=True)])
    assert abs(found.mean() - spearman_normal(0.6, 8)) < 4 * found.std() / len(found) ** 0.5
    assert spearman_normal(0.6, 10**9) == pytest.approx(6 / math.pi * math.asin(0.3))


def test_a_channel_as_loud_as_another_adds_more_half_of_the_time():
    assert louder(1.0) == 0.5
    assert louder(5.0) == pytest.approx(0.8743, abs=1e-4)


@pytest.mark.parametrize("quadrature", QUADRATURES)
def test_integrated_gradients_tend_to_the_law_of_one_over_m(quadrature):
    assert ig_error(quadrature, 400, 7, 3.0) == pytest.approx(ig_law(quadrature, 400, 7, 3.0), rel=4e-3)
    assert ig_law(quadrature, 1, 12) ** 2 == pytest.approx((1 + 2 / math.pi) * CONSTANTS[quadrature])


@pytest.mark.parametrize("quadrature", QUADRATURES)
def test_the_error_of_integrated_gradients_is_that_of_sampled_units(quadrature):
    places, weights = QUADRATURES[quadrature](10)
    z, other = np.random.default_rng(0).standard_normal((2, 40_000))
    along = other + places[:, None] * (z - other)
    miss = (z - other) * (weights @ (along > 0)) - np.maximum(z, 0) + np.maximum(other, 0)
    squares = miss**2
    error = squares.std() / len(squares) ** 0.5
    assert abs(squares.mean() - ig_error(quadrature, 10, 1) ** 2) < 4 * error


def test_a_unit_keeps_all_but_bias_and_epsilon():
    assert kept_by_epsilon(np.array([2.0, -2.0, 0.0]), 0.5) == pytest.approx([0.8, 0.8, 0.0])
    assert kept_by_epsilon(np.array([2.0]), 0.0, bias=0.5) == pytest.approx([0.75])


def test_signals_of_the_gradient_are_those_of_sampled_layers():
    rng, n = np.random.default_rng(0), 64
    squares = []
    for _ in range(400):
        signals = rng.standard_normal((2, n))
        for _ in range(3):
            signals = (signals * (rng.random(n) < 0.5)) @ rng.standard_normal((n, n))
        one, two = signals / np.linalg.norm(signals, axis=1, keepdims=True)
        squares.append((one @ two) ** 2)
    predicted = gradient_similarity(3, n) ** 2 * math.pi / 2
    assert abs(np.mean(squares) - predicted) < 4 * np.std(squares) / 20 + 0.02 * predicted
    assert gradient_similarity(0, n) == pytest.approx(math.sqrt(2 / math.pi / n))
    assert gradient_similarity(5, n, masks=False) < gradient_similarity(5, n)


def test_without_pools_signals_of_deconvnet_follow_the_arc_cosine_map():
    found = [deconvnet_similarity(12, [64] * 4, below) for below in range(1, 5)]
    assert found == pytest.approx([constant_share_deep(below) for below in range(1, 5)], rel=1e-6)


@pytest.mark.parametrize("pooled", [False, True])
def test_what_deconvnet_passes_is_that_of_sampled_units(pooled):
    rng, r, correlation = np.random.default_rng(0), 0.5, 0.3
    z, both, one, two = rng.standard_normal((4, 400_000, 4))
    h = np.maximum(z, 0)
    wins = np.eye(4)[h.argmax(axis=1)] if pooled else np.ones_like(h)
    first, second = (
        np.maximum(r * h + correlation**0.5 * both + (1 - correlation) ** 0.5 * own, 0) * wins
        for own in (one, two)
    )
    for found, sample in zip(
        passed(r, correlation, pooled), (z * first, first**2, first * second), strict=True
    ):
        each = sample.mean(axis=1)
        assert abs(found - each.mean()) < 4 * each.std() / len(each) ** 0.5


def test_guided_signals_are_more_alike_the_further_down_and_than_those_of_deconvnet():
    found = [guided_similarity([64] * 6, below) for below in range(1, 6)]
    assert found == sorted(found)
    assert found[0] > 1 / math.pi


def test_rates_are_the_variance_over_the_squared_mean_per_unit():
    w = np.random.default_rng(0).standard_normal(1_000_000)
    for change, magnitude in ((lambda w: np.maximum(w, 0), False), (np.abs, True)):
        entries = change(w)
        assert positive_rate(10, magnitude) == pytest.approx(
            entries.var() / entries.mean() ** 2 / 10, rel=1e-2
        )
    assert zplus_rate(10) == pytest.approx(math.pi * positive_rate(10))


def test_a_mask_under_noise_is_as_often_open_as_in_samples():
    rng = np.random.default_rng(0)
    x, weight, bias = rng.standard_normal(5), rng.standard_normal((3, 5)), np.array([0.0, 1.0, -1.0])
    noisy = (x + 0.7 * rng.standard_normal((40_000, 5))) @ weight.T + bias > 0
    assert open_share(weight @ x + bias, weight, 0.7) == pytest.approx(noisy.mean(axis=0), abs=0.01)


@pytest.mark.parametrize("sigma", [0.2, 1.0])
def test_the_gain_of_a_smoothed_filter_is_that_of_samples_and_of_the_law(sigma):
    w = np.random.default_rng(0).standard_normal((100_000, 27))
    sampled = (w[:, 0] * open_share(2.0 * w[:, 0], w, sigma)).mean()
    assert smooth_gain(2.0, 27, sigma) == pytest.approx(sampled, abs=0.01)
    assert smooth_gain_law(2.0, 27, sigma) == pytest.approx(smooth_gain(2.0, 27, sigma), rel=0.025)
    assert smooth_gain_law(2.0, 10_000, sigma) == pytest.approx(smooth_gain(2.0, 10_000, sigma), rel=1e-3)


def test_without_noise_the_gain_is_that_of_a_half_space():
    assert smooth_gain(2.0, 27, 1e-6) == pytest.approx(1 / math.sqrt(2 * math.pi), rel=1e-4)


def test_without_noise_the_cosine_of_a_smoothed_map_is_that_of_its_limit_and_rho():
    x, at = np.random.default_rng(0).standard_normal((3, 6, 9)) + 1, window((6, 9), (3, 3), 3)
    limit = limit_map(x, at)
    expected = np.sum(x * limit) / np.linalg.norm(x) / np.linalg.norm(limit) / (1 + rho_patch(50, 27)) ** 0.5
    for samples in (1, 7, math.inf):
        assert smooth_cosine(x, at, 50, 1e-3, samples) == pytest.approx(expected, rel=1e-3)


def test_with_much_noise_the_mean_of_smoothed_maps_is_the_image():
    x, at = np.random.default_rng(0).standard_normal((3, 6, 9)), window((6, 9), (3, 3), 3)
    x[:, :3] *= 20
    some, much = (smooth_cosine(x, at, math.inf, sigma, math.inf) for sigma in (1.0, 100.0))
    assert some < 0.9
    assert much == pytest.approx(1, abs=1e-2)
    assert smooth_cosine(x, at, 50, 100.0, math.inf) < 0.2


def test_maps_of_smoothgrad_are_never_further_apart_than_twice_the_slope():
    assert lipschitz_bound(1e9, 1.0, 3.0) == pytest.approx(6.0)
    assert lipschitz_bound(1e-6, 1.0) == pytest.approx(math.sqrt(2 / math.pi) * 1e-6)


def test_the_spread_of_a_gradients_energy_is_that_of_sampled_layers_and_tends_to_an_exponential():
    rng, n, depth = np.random.default_rng(0), 16, 2
    squares = []
    for _ in range(6000):
        signal = rng.standard_normal((1, n))
        for _ in range(depth):
            signal = (signal * (rng.random(n) < 0.5)) @ rng.standard_normal((n, n)) / math.sqrt(n / 2)
        squares.append(float((signal**2).sum()) / n)
    ratio = np.square(squares) / np.mean(squares) ** 2
    assert abs(ratio.mean() - energy_spread(n, depth)) < 4 * ratio.std() / len(ratio) ** 0.5
    assert energy_spread(50, 6) == pytest.approx(1.842, abs=2e-3)
    assert energy_spread(10**6, 1000) == pytest.approx(math.exp(5e-3), rel=1e-5)


def test_the_sum_of_sizes_over_the_length_of_a_normal_map():
    s = np.random.default_rng(0).standard_normal((20_000, 6))
    ratio = np.abs(s).sum(axis=1) / np.linalg.norm(s, axis=1)
    assert abs(ratio.mean() - length_ratio(6)) < 4 * ratio.std() / len(ratio) ** 0.5
    assert length_ratio(10**6) == pytest.approx(math.sqrt(2e6 / math.pi), rel=1e-6)


@pytest.mark.parametrize("name", FORMULAS)
def test_a_prediction_has_a_number_per_layer_and_a_claim_that_verifies_it(name):
    found = predicted(*name.split(), 48, [64] * 3)
    assert len(found) == (4 if name.startswith("mprt") else 3)
    assert all(0 <= each.value <= 1 and matching(CLAIMS, each.claim) for each in found)


def test_predictions_are_those_of_the_claims():
    claim = CLAIMS["mprt.cascade_dense_1"]
    assert predicted("mprt", "guided", 27, [384] * 3)[2].value == claim.predict(claim.quick)
    claim = CLAIMS["csc.guided_2"]
    assert predicted("csc", "guided", 192, [192] * 5)[1].value == claim.predict(claim.quick)


def test_through_pools_they_are_too_once_a_net_has_been_read():
    claim = CLAIMS["mprt.cascade_vgg_4"]
    net = vgg_net(OWN, claim.quick, 0)
    units, pools = units_and_pools(forward(net, network_input(claim.quick)))
    assert (units[:-1], tuple(pools)) == (hidden(claim.quick), POOLS)
    found = predicted("mprt", "guided", math.prod(net.input_shape), units[:-1], pools)
    assert found[2].value == claim.predict(claim.quick)
    without = predicted("mprt", "guided", math.prod(net.input_shape), units[:-1])
    assert found[-1].value < without[-1].value


@pytest.mark.parametrize(
    "layer",
    [MaxPool2D(3, 2), AvgPool2D(2, 2), BatchNorm2D(*np.ones((4, 2))), Branches(((ReLU(),), ()), Add())],
    ids=repr,
)
def test_nets_that_the_recursion_does_not_lead_through_are_told(layer):
    conv = Conv2D(np.ones((2, 1, 3, 3)))
    assert units_and_pools(run([conv, ReLU(), MaxPool2D(2, 2)], np.ones((1, 1, 8, 8)))) == ([72], [1])
    assert units_and_pools(run([conv, ReLU(), layer], np.ones((1, 1, 8, 8)))) is None
    assert units_and_pools(run([MaxPool2D(2, 2), conv], np.ones((1, 1, 8, 8)))) is None


def test_what_nothing_is_predicted_of_is_refused():
    with pytest.raises(UnknownNameError, match="mprt guided"):
        predicted("mprt", "guide", 48, [64])
