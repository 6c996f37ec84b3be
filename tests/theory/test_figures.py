"""Figures that the mathematics alone predicts for photographs; a centre square, in 0..255, minus the mean."""

from dataclasses import replace

import numpy as np
import pytest
from simulate import same

from tinycnn.image import sample
from tinycnn.image.preprocess import IMAGENET_MEAN, RAW
from tinycnn.ops.geometry import window
from tinycnn.pictures.metrics import centred_cosine, cosine, high_pass_cosine, pearson
from tinycnn.theory.extremes import max_logit_cosine
from tinycnn.theory.limit import limit_map
from tinycnn.theory.pooled import pooled_limits
from tinycnn.theory.recovery import (
    expected_cosine,
    filters_for_cosine,
    rho_dense,
    rho_image,
    rho_patch,
)
from tinycnn.theory.sampled import sampled_limit
from tinycnn.theory.sensitivity import logit_cosine_image

ROUNDING = 0.004
"""The figures were computed with another library's resizing; the third digit depends on it."""


def photograph(name, size, preset=IMAGENET_MEAN):
    return replace(preset.at((size, size)), keep=1.0, filter="bilinear")(sample(name), np.float64)[0]


def likeness(m, x):
    return [float(metric(m, x)) for metric in (cosine, centred_cosine, high_pass_cosine)]


@pytest.mark.parametrize(
    ("name", "size", "kernel", "figures"),
    [
        ("chelsea", 64, 3, [0.942, 0.922, 0.434]),
        ("chelsea", 64, 7, [0.963, 0.949]),
        ("astronaut", 64, 3, [0.959, 0.962]),
        ("coffee", 64, 3, [0.973, 0.965, 0.358]),
        ("chelsea", 224, 3, [0.923, 0.904]),
        ("chelsea", 224, 7, [0.938, 0.922]),
    ],
)
def test_likeness_of_the_limit_and_the_image(name, size, kernel, figures):
    x = photograph(name, size)
    found = likeness(limit_map(x, same((size, size), kernel)), x)[: len(figures)]
    assert found == pytest.approx(figures, abs=ROUNDING)


@pytest.mark.parametrize(("kernel", "figure"), [(3, 0.773), (7, 0.824)])
def test_a_raw_image_is_recovered_by_its_offset_only(kernel, figure):
    x = photograph("chelsea", 224, RAW)
    m = limit_map(x, same((224, 224), kernel))
    assert float(pearson(m, x)) == pytest.approx(figure, abs=ROUNDING)
    assert float(cosine(m, x)) > 0.97


def test_per_channel_mean_removal_lowers_the_cosine():
    x = photograph("chelsea", 224)
    x = x - x.mean(axis=(1, 2), keepdims=True)
    assert likeness(limit_map(x, same((224, 224), 3)), x)[:2] == pytest.approx([0.856, 0.861], abs=0.005)


@pytest.mark.parametrize(
    ("name", "size", "kernel", "filters", "rho"),
    [
        ("chelsea", 32, 7, 16, 1.857),
        ("chelsea", 32, 3, 16, 1.838),
        ("coffee", 32, 3, 64, 0.4533),
        ("chelsea", 64, 3, 256, 0.1146),
        ("chelsea", 64, 3, 1024, 0.02865),
    ],
)
def test_rho_of_photographs(name, size, kernel, filters, rho):
    x = photograph(name, size)
    assert rho_image(x, same((size, size), kernel), filters) == pytest.approx(rho, rel=0.002)


def test_rho_of_the_constant_arm():
    at = same((64, 64), 3)
    assert rho_image(photograph("chelsea", 64), at, 1024, 1.0) == pytest.approx(0.0087, rel=0.005)


@pytest.mark.parametrize(("kernel", "counts"), [(3, (125, 272, 1445)), (7, (127, 275, 1462))])
def test_filters_needed(kernel, counts):
    one = rho_image(photograph("chelsea", 64), same((64, 64), kernel), 1)
    found = [filters_for_cosine(cosine, one) for cosine in (0.9, 0.95, 0.99)]
    assert found == pytest.approx(counts, rel=0.005)


def test_hidden_units_needed_without_local_connections():
    patch = [filters_for_cosine(cosine, rho_patch(1, 27)) for cosine in (0.9, 0.95, 0.99)]
    dense = [filters_for_cosine(cosine, rho_dense(1, 12288)) for cosine in (0.9, 0.95, 0.99)]
    assert [round(count) for count in patch] == [1132, 2457, 13075]
    assert [round(count) for count in dense] == [517022, 1122587, 5973030]


def test_cosine_of_fully_connected_nets():
    found = [expected_cosine(rho_dense(hidden, 12288)) for hidden in (5000, 70_000, 262_144)]
    assert found == pytest.approx([0.1990, 0.6049, 0.8269], abs=5e-5)


def test_sample_complexity_is_of_the_image_not_of_the_patch():
    assert np.pi**2 * 3 / 0.1**2 == pytest.approx(2961, abs=0.5)
    assert rho_patch(1, 27) / 0.1**2 == pytest.approx(26547, abs=1)


def test_cosine_of_the_largest_logits_saliency():
    assert max_logit_cosine(photograph("chelsea", 64), same((64, 64), 3), 1000) == pytest.approx(
        0.0293, abs=3e-4
    )


def test_cosine_of_two_logits():
    x, at = photograph("coffee", 32), same((32, 32), 3)
    found = [logit_cosine_image(x, at, filters) for filters in (64, 1024)]
    assert found == pytest.approx([0.7822, 0.9806], abs=5e-4)


@pytest.mark.parametrize(
    ("name", "guided", "deconvnet"),
    [
        ("chelsea", [0.763, 0.718, 0.736], [0.341, 0.403, 0.733]),
        ("coffee", [0.785, 0.728, 0.631], [0.248, 0.285, 0.632]),
    ],
)
def test_limits_behind_a_pool_of_four(name, guided, deconvnet):
    x, at = photograph(name, 64), same((64, 64), 3)
    found = pooled_limits(x, at, window((64, 64), (2, 2), 2))
    assert likeness(found[0], x) == pytest.approx(guided, abs=0.005)
    assert likeness(found[1], x) == pytest.approx(deconvnet, abs=0.005)


def test_overlapping_windows_weigh_by_the_root_of_their_number_behind_a_relu():
    """Sampled: 512 filters, whose noise takes about 1 % off the cosine."""
    x, at = photograph("chelsea", 64), same((64, 64), 3)
    each = likeness(sampled_limit(x, at, (9, 1), order="pool-relu", batches=8).mean, x)
    root = likeness(sampled_limit(x, at, (9, 1), order="relu-pool", batches=8).mean, x)
    assert each == pytest.approx([0.593, 0.674, 0.833], abs=0.03)
    assert root == pytest.approx([0.684, 0.757, 0.830], abs=0.03)
