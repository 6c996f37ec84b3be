"""One number for two maps."""

from __future__ import annotations

import warnings
from fractions import Fraction

import numpy as np
import pytest
import scipy.ndimage
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from skimage.metrics import structural_similarity

from tinycnn.errors import ShapeError
from tinycnn.pictures.metrics import (
    centred_cosine,
    cosine,
    high_pass,
    high_pass_cosine,
    l2_distance,
    pearson,
    signed_text,
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


def test_ssim_is_that_of_scikit_image():
    for a, b in ((A, B), (A, A + 0.1 * B), (RNG.random((2, 1, 40, 31)))):
        span = max(a.max(), b.max()) - min(a.min(), b.min())
        expected = structural_similarity(a / span, b / span, data_range=1.0, channel_axis=0)
        assert ssim(a, b) == pytest.approx(expected, rel=1e-12)


def exact_ssim(a, b):
    """The formula of Wang et al. in fractions."""
    span = int(max(a.max(), b.max()) - min(a.min(), b.min()))
    c1, c2 = (Fraction(k, 100) ** 2 * span**2 for k in (1, 3))
    values = []
    for c, i, j in np.ndindex(a.shape[0], a.shape[1] - 6, a.shape[2] - 6):
        x, y = ([Fraction(int(v)) for v in each[c, i : i + 7, j : j + 7].flat] for each in (a, b))
        mean_x, mean_y = sum(x) / 49, sum(y) / 49
        var_x, var_y = (sum((v - m) ** 2 for v in each) / 48 for each, m in ((x, mean_x), (y, mean_y)))
        covariance = sum((v - mean_x) * (w - mean_y) for v, w in zip(x, y, strict=True)) / 48
        luminance = (2 * mean_x * mean_y + c1) / (mean_x**2 + mean_y**2 + c1)
        values.append(luminance * (2 * covariance + c2) / (var_x + var_y + c2))
    return float(sum(values) / len(values))


@pytest.mark.parametrize("offset", [0, 10**4, -(10**8), 10**8, 10**12])
def test_ssim_is_exact_whatever_offset_the_maps_share(offset):
    a, b = RNG.integers(0, 256, (2, 2, 9, 8)) + offset
    assert ssim(a, b) == pytest.approx(exact_ssim(a, b), rel=1e-10)
    assert ssim(a, a) == 1


@given(st.floats(-300, 290), st.floats(0, 16), st.integers(0, 99))
def test_ssim_is_at_most_one_at_any_scale_and_offset(scale, offset, seed):
    a, b = np.random.default_rng(seed).standard_normal((2, 1, 8, 8))
    unit = 10.0**scale
    value = ssim(unit * (a + 10**offset), unit * (b + 10**offset))
    assert np.isnan(value) or -1 <= value <= 1


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
        widest = np.copysign(1.7e308, A)
        assert not metric(widest, B) > 2
        assert metric in (cosine, spearman, l2_distance) or np.isnan(metric(widest, widest))
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


def test_a_correlation_that_is_not_defined_is_said_to_be_so():
    assert [signed_text(value) for value in (0.254, -1, np.float64("nan"))] == ["+0.25", "-1.00", "undefined"]
