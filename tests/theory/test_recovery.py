import math

import numpy as np
import pytest
from simulate import assert_agrees, maps, mean_and_error, measured_rho, same, small_image

from tinycnn.ops.geometry import window
from tinycnn.rules import gate
from tinycnn.theory import sending
from tinycnn.theory.limit import limit_map, mean_scale
from tinycnn.theory.moments import pair_moment
from tinycnn.theory.overlap import overlap
from tinycnn.theory.patches import cut, taps_inside, units, whole
from tinycnn.theory.recovery import (
    expected_cosine,
    filters_for_cosine,
    rho_dense,
    rho_image,
    rho_law,
    rho_patch,
)

X = small_image()
GEOMETRIES = {
    "same": same((6, 5), 3),
    "strided": window((6, 5), (3, 3), stride=2, padding="same"),
    "rectangular": window((6, 5), (3, 2)),
    "circular": window((6, 5), (3, 3), padding=1, circular=True),
}


def _agrees(samples, mean, predicted, relative=0.02):
    found, error = measured_rho(samples, mean)
    assert error < relative * predicted
    assert abs(found - predicted) < 4 * error


@pytest.mark.parametrize("send", [gate.positive, gate.magnitude, gate.constant])
@pytest.mark.parametrize("at", GEOMETRIES.values(), ids=GEOMETRIES)
def test_rho_of_an_image_is_exact(at, send):
    mean = 4 * mean_scale(sending.mean(send)) * limit_map(X, at)
    predicted = rho_image(X, at, 4, sending.eta(send))
    _agrees(maps(X, at, 4, 5000, seed=1, send=send), mean, predicted)


def test_rho_without_shared_filters_is_exact():
    at = GEOMETRIES["same"]
    mean = 4 * mean_scale(sending.mean(gate.positive)) * limit_map(X, at)
    _agrees(maps(X, at, 4, 2000, seed=2, shared=False), mean, rho_image(X, at, 4, shared=False))


@pytest.mark.parametrize("bias", [0.0, 0.8, -0.8])
def test_rho_of_a_fully_connected_net_is_exact(bias):
    at, norm = whole((6, 5)), float(np.linalg.norm(X))
    mean = 8 * mean_scale(sending.mean(gate.positive)) * limit_map(X, at, bias * norm)
    _agrees(maps(X, at, 8, 20_000, seed=3, bias=bias * norm), mean, rho_dense(8, X.size, bias=bias))


def test_one_patch_is_the_fully_connected_net():
    assert rho_image(X, whole((6, 5)), 8) == pytest.approx(rho_patch(8, X.size), rel=1e-12)
    assert rho_dense(8, X.size) == pytest.approx(rho_patch(8, X.size), rel=1e-12)


@pytest.mark.parametrize("at", GEOMETRIES.values(), ids=GEOMETRIES)
def test_overlap_is_the_double_sum_of_its_definition(at):
    u = units(cut(X, at))
    pixels = cut(np.arange(1.0, X.size + 1).reshape(X.shape), at) * taps_inside(at, len(X))
    total = 0.0
    for j, k in np.ndindex(len(u), len(u)):
        if j != k:
            shared = (pixels[j][:, None] == pixels[k][None, :]) & (pixels[j][:, None] > 0)
            total += pair_moment(u[j], u[k])[shared].sum()
    assert overlap(X, at) == pytest.approx(total, rel=1e-9)


def test_a_zero_patch_adds_no_noise():
    x = np.zeros((1, 9, 9))
    x[0, :3, :3] = small_image(1, (1, 3, 3))
    at = same((9, 9), 3)
    mean = 4 * mean_scale(sending.mean(gate.positive)) * limit_map(x, at)
    _agrees(maps(x, at, 4, 5000, seed=4), mean, rho_image(x, at, 4))


def test_nets_of_equally_many_hidden_units_recover_alike():
    x = small_image(5, (3, 32, 32))
    law = rho_law(65536, 3072)  # the border's share of an 8x8 kernel on 32x32 is its 5 %
    nets = [(same((32, 32), 3), 64), (same((32, 32), 8, 4), 1024), (whole((32, 32)), 65536)]
    for at, filters in nets:
        assert filters * math.prod(at.output) == 65536
        assert rho_image(x, at, filters) == pytest.approx(law, rel=0.06)


def test_the_cosine_follows_from_rho():
    at, filters = same((12, 12), 3), 32
    x = small_image(6, (3, 12, 12))
    m = limit_map(x, at)
    samples = maps(x, at, filters, 1000, seed=5)
    cosines = (samples * m).sum(axis=(1, 2, 3)) / np.linalg.norm(samples.reshape(1000, -1), axis=1)
    found, error = mean_and_error(cosines / np.linalg.norm(m))
    assert abs(found - expected_cosine(rho_image(x, at, filters))) < 0.01 + 4 * error


def test_filters_for_a_cosine_reach_it():
    one = rho_patch(1, 27)
    assert expected_cosine(one / filters_for_cosine(0.95, one)) == pytest.approx(0.95)


def test_a_net_of_one_filter_has_the_mean_of_any_other():
    at = GEOMETRIES["same"]
    assert_agrees(maps(X, at, 1, 10_000, seed=6), mean_scale(sending.mean(gate.positive)) * limit_map(X, at))
