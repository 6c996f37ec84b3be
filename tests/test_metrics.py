"""One number for two maps."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import scipy.ndimage
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from tinycnn.errors import ShapeError
from tinycnn.pictures.metrics import (
    centred_cosine,
    cosine,
    high_pass,
    high_pass_cosine,
    l2_distance,
    pearson,
    spearman,
    ssim,
)

RNG = np.random.default_rng(0)
A, B = RNG.standard_normal((2, 3, 9, 8)) + 0.3

METRICS = (cosine, pearson, centred_cosine, spearman, l2_distance, high_pass_cosine, ssim)
metrics = pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.__name__)
cosines = pytest.mark.parametrize("metric", METRICS[:4], ids=lambda metric: metric.__name__)


def test_cosine_is_its_formula():
    assert cosine(A, B) == pytest.approx((A * B).sum() / np.sqrt((A**2).sum() * (B**2).sum()), rel=1e-14)


def test_pearson_is_that_of_scipy():
    assert pearson(A, B) == pytest.approx(scipy.stats.pearsonr(A.ravel(), B.ravel()).statistic, rel=1e-13)


def test_spearman_is_that_of_scipy_with_ties():
    a, b = np.round(A), np.round(B)
    assert spearman(a, b) == pytest.approx(scipy.stats.spearmanr(a.ravel(), b.ravel()).statistic, rel=1e-13)


def test_centred_cosine_removes_the_mean_of_each_channel():
    flat = np.array([5.0, -3, 100])[:, None, None]
    assert centred_cosine(A + flat, B) == pytest.approx(centred_cosine(A, B), rel=1e-12)
    assert cosine(A + flat, B) != pytest.approx(cosine(A, B), abs=0.05)
    assert pearson(A + flat, B) != pytest.approx(pearson(A, B), abs=0.05)


def test_l2_distance_follows_from_the_cosine():
    assert l2_distance(A, B) == pytest.approx(np.sqrt(2 - 2 * cosine(A, B)), rel=1e-13)
    assert l2_distance(A, -A) == pytest.approx(2, rel=1e-15)


def test_l2_distance_keeps_its_digits_near_zero():
    step = np.zeros_like(A)
    step[0, 0, 0] = 1e-12
    orthogonal = step - A * (A * step).sum() / (A * A).sum()
    expected = np.linalg.norm(orthogonal) / np.linalg.norm(A)
    assert l2_distance(A, A + orthogonal) == pytest.approx(
        expected, rel=1e-2, abs=0
    )  # rounding: 1e-16 in 7e-14
    assert np.sqrt(2 - 2 * cosine(A, A + orthogonal)) != pytest.approx(expected, rel=1e-2, abs=0)


def test_high_pass_is_what_a_blur_removes():
    blurred = np.stack([scipy.ndimage.gaussian_filter(channel, 1.0) for channel in A])
    np.testing.assert_allclose(high_pass(A), A - blurred, atol=1e-14)
    assert high_pass_cosine(A, B) == pytest.approx(
        cosine(A, B - [scipy.ndimage.gaussian_filter(c, 1) for c in B])
    )


def test_high_pass_keeps_channels_and_images_apart():
    batch = np.stack([A, B])
    np.testing.assert_array_equal(high_pass(batch)[1, 2], high_pass(B[2]))


def test_ssim_is_one_for_equal_maps_only_and_ignores_a_common_unit():
    assert ssim(A, A) == 1
    assert ssim(A, B) < 0.9
    assert ssim(A * 1e-200, B * 1e-200) == pytest.approx(ssim(A, B), rel=1e-9)
    with pytest.raises(ShapeError, match="7x7"):
        ssim(A[:, :6], B[:, :6])


@cosines
@given(st.floats(-200, 200), st.booleans())
def test_scale_does_not_matter_and_a_sign_flips(metric, exponent, flip):
    factor = 10.0**exponent * (-1 if flip else 1)
    assert metric(A * factor, B) == pytest.approx(np.sign(factor) * metric(A, B), rel=1e-9)


@metrics
def test_a_map_is_most_like_itself(metric):
    best = 0 if metric is l2_distance else 1
    if metric is not high_pass_cosine:
        assert metric(A, A) == pytest.approx(best, abs=1e-15)
    else:
        assert metric(high_pass(A), A) == pytest.approx(best, abs=1e-15)


@metrics
def test_cosines_never_leave_their_range(metric):
    many = RNG.standard_normal((200, 3, 7, 7)).astype(np.float32)
    value = metric(many, many * np.float32(1.7))
    assert (value <= (2 if metric is l2_distance else 1)).all()
    assert (value >= -1).all()


@metrics
def test_a_batch_is_its_maps_one_by_one_against_one_input(metric):
    maps = RNG.standard_normal((2, 4, 3, 9, 8))
    together = metric(maps, A)
    assert together.shape == (2, 4)
    for index in np.ndindex(2, 4):
        assert together[index] == pytest.approx(metric(maps[index], A), rel=1e-12)
    assert metric(maps[:, :0], A).shape == (2, 0)
    assert np.ndim(metric(A, B)) == 0


@metrics
def test_what_is_not_defined_is_nan_without_warning(metric):
    nan, infinite = A.copy(), A.copy()
    nan[0, 0, 0], infinite[0, 0, 0] = np.nan, np.inf
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for bad in (np.zeros_like(A), nan, infinite):
            assert np.isnan(metric(bad, B))
            assert np.isnan(metric(B, bad))
        both = metric(np.stack([A, np.zeros_like(A)]), B)
    assert np.isfinite(both[0])
    assert np.isnan(both[1])


@pytest.mark.parametrize(
    "metric", [pearson, centred_cosine, spearman, ssim], ids=lambda metric: metric.__name__
)
def test_a_constant_map_is_like_nothing(metric):
    assert np.isnan(metric(np.full_like(A, 0.1), B))


def test_a_flat_colour_has_no_detail():
    flat = np.ones_like(A) * np.array([0.1, 0.2, 0.3])[:, None, None]
    assert np.isnan(centred_cosine(flat, B))
    assert np.isnan(high_pass_cosine(B, flat))
    assert (high_pass(flat) == 0).all()


def test_sums_of_float32_run_in_float64():
    a = RNG.standard_normal((3, 224, 224)).astype(np.float32)
    b = RNG.standard_normal((3, 224, 224)).astype(np.float32)
    exact = cosine(a.astype(np.float64), b.astype(np.float64))
    assert cosine(a, b) == exact


@metrics
@pytest.mark.parametrize(
    ("a", "b"),
    [((3, 9, 8), (3, 8, 9)), ((3, 9, 8), (1, 9, 8)), ((9, 8), (9, 8)), ((3, 0, 8), (3, 0, 8))],
)
def test_maps_of_other_shapes_are_refused(metric, a, b):
    with pytest.raises(ShapeError, match="c, h, w"):
        metric(np.ones(a), np.ones(b))
