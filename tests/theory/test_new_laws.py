"""Formulas of trained, residual, changed and smooth nets: against samples, known limits, planted faults."""

import math
from dataclasses import replace

import numpy as np
import pytest
from faults import FAULTS
from simulate import same, small_image

from tinycnn.layers import Conv2D
from tinycnn.theory.any_head import tangent_bound
from tinycnn.theory.averaged import rho_averaged
from tinycnn.theory.claims import CLAIMS
from tinycnn.theory.depth import rho_deep
from tinycnn.theory.judge import judge
from tinycnn.theory.overlap import overlap
from tinycnn.theory.patches import cut, paste, whole
from tinycnn.theory.perturbed import guided_change, saliency_change, saliency_cosine_deep
from tinycnn.theory.recovery import mean_dense_cosine, rho_image, rho_patch
from tinycnn.theory.residual import rectified_cosine, residual_cosine, sent_to_sum
from tinycnn.theory.single_nets import filter_moments, mean_cosine_of_nets
from tinycnn.theory.smooth import gelu, leaky, mask_mean, mask_moment, rho_smooth, silu, softplus
from tinycnn.theory.trained.random_head import random_head_limit

CATCHES = {
    "head.mean_digits": "a factor of 1.15",
    "head.noise_digits": "heavy tails",
    "head.image_digits": "no mask and no backward ReLU",
    "head.logits_digits": "the gradient for every rule",
    "averaged.mean": "weights too wide",
    "averaged.rho": "a constant signal",
    "averaged.deconvnet": "guided backprop for every rule",
    "averaged.tiles": "a constant signal",
    "any_head.along": "the input leaks through a dense layer",
    "any_head.across": "weights too wide",
    "any_head.bound": "the gradient for every rule",
    "perturbed.saliency_64_20": "guided backprop for every rule",
    "perturbed.guided_64_20": "the gradient for every rule",
    "perturbed.deep_3_20": "guided backprop for every rule",
    "residual.4_100": "no mask and no backward ReLU",
    "residual.rectified_100": "no mask and no backward ReLU",
    "residual.rectified_25": "no mask and no backward ReLU",
    "residual.saliency": "guided backprop for every rule",
    "smooth.leaky": "weights with a mean",
    "smooth.gelu": "weights too wide",
    "smooth.silu_rho": "the gradient for every rule",
    "thousand.energy": "no mask and no backward ReLU",
}
"""A claim, and a fault that turns it."""


@pytest.mark.parametrize("id", CATCHES)
def test_a_planted_fault_turns_the_claim(id):
    assert judge(CLAIMS[id], bench=FAULTS[CATCHES[id]]()).verdict == "fails"


@pytest.mark.parametrize("id", CATCHES)
def test_without_it_the_verdict_is_as_recorded(id):
    finding = judge(CLAIMS[id], seed=1)
    assert finding.as_recorded, finding


def _maps(x, at, filters, nets, pool=None, seed=0):
    """Guided backprop of random nets from its definition; with a pool, its windows share their signal."""
    y, found = cut(x, at), []
    rows, columns = np.indices(at.output)
    window = (rows // (pool or 1) * at.output[1] + columns // (pool or 1)).ravel()
    for net in range(nets):
        rng = np.random.default_rng([seed, net])
        w, v = rng.standard_normal((filters, y.shape[1])), rng.standard_normal((filters, len(y)))
        signal = np.maximum(v[:, window], 0) * (w @ y.T > 0)
        found.append(paste(signal.T @ w, at))
    return np.array(found)


def test_rho_behind_an_average_pool_is_that_of_sampled_nets():
    x, at, filters = small_image(3, (2, 6, 6)), same((6, 6), 3), 6
    maps = _maps(x, at, filters, 6000, pool=2)
    mean = filters / (2 * math.pi) * paste(cut(x, at) / np.linalg.norm(cut(x, at), axis=1, keepdims=True), at)
    ratio = np.square(maps - mean).sum(axis=(1, 2, 3)) / np.square(mean).sum()
    assert abs(ratio.mean() - rho_averaged(x, at, 2, filters)) < 4 * ratio.std() / len(ratio) ** 0.5


def test_an_average_pool_of_one_is_none():
    x, at = small_image(1), same((6, 5), 3)
    assert rho_averaged(x, at, 1, 8) == pytest.approx(rho_image(x, at, 8), rel=1e-12)
    assert overlap(x, at, pool=100) == pytest.approx(overlap(x, at), rel=1e-12)
    assert overlap(x, at, other=x) == pytest.approx(overlap(x, at), rel=1e-12)


def test_the_same_image_changes_nothing_and_its_negative_all():
    x, at = small_image(2, (2, 6, 6)), same((6, 6), 3)
    assert saliency_change(x, x, at) == pytest.approx(0, abs=1e-9)
    assert guided_change(x, x, at, 8) == pytest.approx(0, abs=1e-9)
    assert saliency_change(x, -x, at) == pytest.approx(2)


def test_a_small_change_moves_guided_backprop_by_a_known_share():
    """To first order the squared distances are as rho is to 1 + rho."""
    x, at = small_image(5, (3, 12, 12)), same((12, 12), 3)
    other = x + 1e-3 * np.random.default_rng(0).standard_normal(x.shape)
    for filters in (16, 64):
        rho = rho_image(x, at, filters)
        share = guided_change(x, other, at, filters) / saliency_change(x, other, at)
        assert share == pytest.approx(rho / (1 + rho), rel=0.05)


def test_saliency_of_one_image_is_one_and_decays_with_depth():
    assert saliency_cosine_deep(0.0, 5) == pytest.approx(1)
    assert saliency_cosine_deep(0.2, 1) == pytest.approx(1 - 0.2 / math.pi)
    cosines = [saliency_cosine_deep(0.2, depth) for depth in range(1, 6)]
    assert cosines == sorted(cosines, reverse=True)


def test_a_block_without_strength_shows_nothing_and_one_block_as_much_as_a_layer():
    assert residual_cosine(512, 1024, 4, 1e-9) == pytest.approx(0, abs=1e-8)
    layer = (1 + rho_deep(512, [1024])) ** -0.5
    strong = residual_cosine(512, 1024, 1, 1e6)
    assert strong == pytest.approx(layer, rel=1e-6)


FIGURES = {
    (1, 1.0): 0.252,
    (2, 1.0): 0.426,
    (4, 1.0): 0.579,
    (8, 1.0): 0.621,
    (4, 0.5): 0.482,
    (8, 0.5): 0.657,
    (16, 0.25): 0.732,
}


@pytest.mark.parametrize(("case", "figure"), FIGURES.items())
def test_residual_nets_recover_as_much_as_was_computed(case, figure):
    assert residual_cosine(512, 1024, *case) == pytest.approx(figure, abs=6e-4)


def _relu(z):
    return 1.0 if z > 0 else 0.0


def test_a_relu_is_the_leaky_one_of_slope_0():
    y = np.array([3.0, 4.0])
    assert mask_mean(_relu, y, 0.5) == pytest.approx(0.5 / math.sqrt(2 * math.pi) * y / 5)
    assert rho_smooth(_relu, y, 0.5, 16) == pytest.approx(rho_patch(16, 2), rel=1e-9)
    assert rho_smooth(leaky(0.0), y, 0.5, 16) == pytest.approx(rho_patch(16, 2), rel=1e-9)


@pytest.mark.parametrize("scale", [0.3, 2.0])
def test_moments_of_smooth_masks_in_closed_form(scale):
    s = scale
    closed = s * (2 + s * s) / (math.sqrt(2 * math.pi) * (1 + s * s) ** 1.5)
    assert mask_moment(gelu, s, (1, 1)) == pytest.approx(closed, rel=1e-9)
    assert mask_moment(leaky(0.2), s, (1, 1)) == pytest.approx(0.8 / math.sqrt(2 * math.pi), rel=1e-9)
    assert mask_moment(leaky(0.2), s, (2, 0)) == pytest.approx((1 + 0.2**2) / 2, rel=1e-9)
    assert mask_moment(softplus, s, (1, 0)) == pytest.approx(0.5, rel=1e-9)
    assert mask_moment(silu, s, (1, 0)) == pytest.approx(0.5, rel=1e-9)


def test_the_bound_has_the_published_order_and_its_constant():
    many = 10**12
    assert tangent_bound(many, 27, 0.1) * many == pytest.approx(math.pi**2 * 27, rel=2)
    ratio = tangent_bound(many, 10**6, 0.1) * many / (math.pi**2 * 10**6)
    assert ratio == pytest.approx(1, rel=0.01)
    assert tangent_bound(20_000, 27, 0.1) == pytest.approx(0.0306, abs=1e-4)
    assert tangent_bound(50, 27, 0.1) == math.inf


def test_mean_cosine_of_one_patch_to_second_order():
    assert mean_dense_cosine(1132, 27) == pytest.approx(0.90304, abs=1e-5)


def test_the_limit_under_a_random_head_is_the_mean_over_heads():
    rng = np.random.default_rng(3)
    x, weight = rng.standard_normal((2, 7, 6)), rng.standard_normal((4, 2, 3, 3))
    layer = Conv2D(weight.astype(np.float32), rng.standard_normal(4).astype(np.float32), padding=1)
    limit, at = random_head_limit(x, layer, most=3.0), layer.window((7, 6))
    rows = layer.weight.reshape(4, -1).astype(np.float64)
    z = cut(x, at) @ rows.T + layer.bias
    mask = (z > 0) & (z < 3)
    maps = np.array(
        [paste((np.maximum(rng.standard_normal(z.shape), 0) * mask) @ rows, at) for _ in range(3000)]
    )
    mean = limit.mean / math.sqrt(2 * math.pi)
    ratio = np.square(maps - mean).sum(axis=(1, 2, 3)) / np.square(mean).sum()
    assert abs(ratio.mean() - limit.rho) < 4 * ratio.std() / len(ratio) ** 0.5


def test_a_setting_of_two_images_says_by_how_much_they_differ():
    setting = CLAIMS["perturbed.guided_64_20"].quick
    assert str(setting).endswith("; changed by 0.2")
    assert "4 residual blocks of 384 units and strength 1" in str(CLAIMS["residual.4_100"].quick)
    assert str(replace(CLAIMS["smooth.gelu"].quick, nets=2)).endswith("; gelu")


def test_moments_of_one_filter_on_one_patch_are_the_known_ones():
    x = small_image(shape=(3, 4, 4))
    at = whole((4, 4))
    found = [filter_moments(x, at, batches=8, seed=seed) for seed in range(6)]
    known = {"along": math.pi**2 - 1, "both": 7.0, "across": 11 + 12 * 2 / 47, "crossed": 1 / 47}
    for name, value in known.items():
        values = np.array([getattr(each, name) for each in found])
        assert abs(values.mean() - value) < 5 * values.std(ddof=1) / math.sqrt(6), name


def test_the_mean_cosine_of_nets_is_that_of_dense_ones_on_one_patch():
    x, at = small_image(shape=(3, 4, 4)), whole((4, 4))
    for units in (500, 2000):
        found = mean_cosine_of_nets(x, at, units, filter_moments(x, at))
        assert found == pytest.approx(mean_dense_cosine(units, x.size), abs=0.3 / units)


def test_what_a_rectified_sum_sends_back_is_what_sampled_entries_send():
    rng = np.random.default_rng(3)
    x, strength, nets = small_image(), 0.7, 20_000
    added = strength * np.linalg.norm(x) / math.sqrt(x.size) * rng.standard_normal((nets, *x.shape))
    s = np.maximum(rng.standard_normal(added.shape), 0) * (x + added > 0)
    sent, axes = sent_to_sum(x, strength), (1, 2, 3)
    length = strength * np.linalg.norm(x)
    for known, values in (
        (sent.along, np.sum(s * x, axis=axes) / np.linalg.norm(x)),
        (sent.branch, np.sum(s * added, axis=axes) / length),
        (sent.square, np.sum(s**2, axis=axes)),
    ):
        assert abs(values.mean() - known) < 4 * values.std(ddof=1) / math.sqrt(nets)


def test_a_weak_block_behind_a_rectified_sum_shows_where_the_image_is_positive():
    x = small_image()
    mask = (x > 0).astype(float)
    expected = np.sum(mask * x) / np.linalg.norm(x) / np.linalg.norm(mask) / math.sqrt(math.pi)
    assert rectified_cosine(x, 4 * x.size, 1e-6) == pytest.approx(expected, rel=1e-4)
