import dataclasses

import numpy as np
import pytest
from scipy.stats import multivariate_normal
from simulate import assert_agrees, same, small_image

from tinycnn import ShapeError, ops
from tinycnn.ops.geometry import window
from tinycnn.pictures.metrics import cosine
from tinycnn.theory.cones import cone_means
from tinycnn.theory.orthant import orthant
from tinycnn.theory.patches import cut, paste
from tinycnn.theory.pooled import pooled_limits
from tinycnn.theory.sampled import sampled_limit


def _winners(y, nets=200_000, seed=0):
    """w where each patch wins, ties to the first."""
    w = np.random.default_rng(seed).standard_normal((nets, y.shape[1]))
    return w[:, None, :] * np.eye(len(y))[(w @ y.T).argmax(axis=1)][..., None]


@pytest.mark.parametrize("n", [2, 3, 4, 5, 6])
def test_cone_means_are_the_mean_filters_of_the_winners(n):
    y = np.random.default_rng(n).standard_normal((n, 6)) + 0.5
    y[0] = 0
    assert_agrees(_winners(y), cone_means(y))


TIES = {
    "two equal": [[0, 0, 0], [1, 2, 0], [1, 2, 0], [0, 1, 1], [2, 0, 1]],
    "one is zero": [[0, 0, 0], [0, 0, 0], [1, 2, 0], [0, 1, 1], [2, 0, 1]],
    "three on a line": [[0, 0, 0], [1, 2, 0], [2, 4, 0], [3, 6, 0], [0, 1, 1]],
    "opposite": [[0, 0, 0], [1, 2, 0], [-1, -2, 0], [0, 1, 1], [2, 0, 1]],
    "all equal": [[1, 2, 0]] * 5,
    "all zero": [[0, 0, 0]] * 5,
}


@pytest.mark.parametrize("y", TIES.values(), ids=TIES)
def test_cone_means_resolve_degenerate_windows_like_the_pool(y):
    y = np.array(y, float)
    assert_agrees(_winners(y, 100_000), cone_means(y))


def test_two_patches_split_along_their_difference():
    y = np.array([[1.0, 2.0], [3.0, 1.0]])
    direction = (y[0] - y[1]) / np.linalg.norm(y[0] - y[1]) / np.sqrt(2 * np.pi)
    np.testing.assert_allclose(cone_means(y), [direction, -direction], rtol=1e-12)


def test_cone_means_sum_to_zero():
    y = np.random.default_rng(9).standard_normal((6, 4, 3))
    np.testing.assert_allclose(cone_means(y).sum(axis=1), 0, atol=1e-12)


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_orthant_probabilities(n):
    root = np.random.default_rng(n).standard_normal((n, n + 1))
    covariance = root @ root.T
    scale = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(scale, scale)
    law = multivariate_normal(np.zeros(n), correlation)
    positive = (law.rvs(400_000, random_state=np.random.default_rng(1)).reshape(-1, n) > 0).all(axis=1)
    assert orthant(correlation) == pytest.approx(positive.mean(), abs=4 * positive.std() / np.sqrt(4e5))


def _one_filter_maps(x, at, pool, nets, mask):
    """Maps of one filter each whose signals are all 1, by the definitions of the operations."""
    found = []
    for net in range(nets):
        w = np.random.default_rng([2, net]).standard_normal((1, x.shape[0], 3, 3))
        z = ops.conv2d(x[None], w, None, 1, at.edges)
        top, switches = ops.max_pool2d(ops.relu(z), 2, 2)
        counts = ops.max_pool2d_vjp(np.ones_like(top), switches, at.output)
        found.append(paste((counts * (z > 0) if mask else counts).reshape(-1, 1) * w.reshape(1, -1), at))
    return np.array(found)


@pytest.mark.parametrize("mask", [True, False])
def test_pooled_limits_are_the_means_over_filters(mask):
    x, at, pool = small_image(3, (2, 6, 8)), same((6, 8), 3), window((6, 8), (2, 2), 2)
    guided, deconvnet = pooled_limits(x, at, pool)
    assert_agrees(_one_filter_maps(x, at, pool, 2000, mask), guided if mask else deconvnet)


def test_a_pool_of_one_pixel_changes_nothing():
    x, at = small_image(4, (2, 5, 5)), same((5, 5), 3)
    guided, deconvnet = pooled_limits(x, at, window((5, 5), (1, 1), 1))
    y = cut(x, at)
    limit = paste(y / np.linalg.norm(y, axis=1, keepdims=True), at) / np.sqrt(2 * np.pi)
    np.testing.assert_allclose(guided, limit, rtol=1e-12)
    np.testing.assert_allclose(deconvnet, 0, atol=1e-12)


def test_overlapping_pools_have_no_closed_form():
    with pytest.raises(ShapeError, match="sample"):
        pooled_limits(small_image(), same((6, 5), 3), window((6, 5), (2, 2), 1))


@pytest.mark.parametrize("mask", [True, False])
def test_the_sampled_limit_is_the_closed_form_where_there_is_one(mask):
    x, at = small_image(5, (2, 8, 8)), same((8, 8), 3)
    exact = pooled_limits(x, at, window((8, 8), (2, 2), 2))[0 if mask else 1]
    sampled = sampled_limit(x, at, (2, 2), mask)
    assert cosine(sampled.mean, exact) > 0.99
    rho = np.sum((sampled.mean - exact) ** 2) / np.sum(exact**2)
    assert rho < 3 * sampled.rho(sampled.filters, eta=1.0)


def _engine_maps(x, at, pool, nets, filters, order):
    found = []
    for net in range(nets):
        rng = np.random.default_rng([7, net])
        w = rng.standard_normal((filters, x.shape[0], 3, 3))
        z = ops.conv2d(x[None], w, None, 1, at.edges)
        top, switches = ops.max_pool2d(ops.relu(z) if order == "relu-pool" else z, *pool, padding="same")
        v = rng.standard_normal(top.shape)
        if order == "pool-relu":
            v = np.maximum(v, 0)
        signal = np.maximum(ops.max_pool2d_vjp(v, switches, at.output), 0) * (z > 0)
        found.append(ops.conv2d_vjp_input(signal, w, at.image, 1, at.edges)[0])
    return np.array(found)


@pytest.mark.parametrize("order", ["relu-pool", "pool-relu"])
def test_the_sampled_limit_of_overlapping_windows_and_its_rho(order):
    x, at, filters = small_image(6, (2, 8, 8)), same((8, 8), 3), 4
    limit = sampled_limit(x, at, (3, 1), order=order, batches=400)
    samples = _engine_maps(x, at, (3, 1), 1500, filters, order)
    mean = filters * limit.mean / np.sqrt(2 * np.pi)
    ratio = np.square(samples - mean).sum(axis=(1, 2, 3)) / np.square(mean).sum()
    error = ratio.std() / np.sqrt(len(ratio))
    assert abs(ratio.mean() - limit.rho(filters)) < 4 * error + 0.01 * limit.rho(filters)
    assert cosine(samples.mean(axis=0), mean) > 0.995
    other = dataclasses.replace(limit, mean=sampled_limit(x, at, (3, 1), order=order, seed=1).mean)
    assert cosine(other.mean, limit.mean) > 0.995
