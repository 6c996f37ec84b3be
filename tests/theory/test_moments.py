import numpy as np
import pytest
from simulate import assert_agrees

from tinycnn.theory.moments import half_space_mean, pair_moment, pair_moment_of_activations


def _directions(theta, p=4, seed=0):
    basis, _ = np.linalg.qr(np.random.default_rng(seed).standard_normal((p, 2)))
    return basis[:, 0], np.cos(theta) * basis[:, 0] + np.sin(theta) * basis[:, 1]


def _outer(w):
    return w[:, :, None] * w[:, None, :]


@pytest.mark.parametrize("theta", [0.1, 1.0, 2.0, 3.0])
def test_pair_moment_is_the_mean_over_filters_active_on_both(theta):
    u, v = _directions(theta)
    w = np.random.default_rng(1).standard_normal((200_000, 4))
    both = ((w @ u > 0) & (w @ v > 0))[:, None, None]
    assert_agrees(_outer(w) * both, pair_moment(u, v))


@pytest.mark.parametrize("theta", [0.0, 0.1, 1.0, 2.0])
def test_pair_moment_of_activations_is_the_mean_weighted_by_both(theta):
    u, v = _directions(theta)
    w = np.random.default_rng(2).standard_normal((200_000, 4))
    weight = np.maximum(w @ u, 0) * np.maximum(w @ v, 0)
    assert_agrees(_outer(w) * weight[:, None, None], pair_moment_of_activations(u, v))


def test_pair_moment_of_equal_and_of_opposite_patches():
    u, _ = _directions(0.0)
    np.testing.assert_allclose(pair_moment(u, u), np.eye(4) / 2, atol=1e-12)
    np.testing.assert_allclose(pair_moment(u, -u), 0, atol=1e-12)


def test_pair_moment_is_continuous_where_patches_become_equal():
    u, v = _directions(1e-5)
    np.testing.assert_allclose(pair_moment(u, v), pair_moment(u, u), atol=1e-5)


def test_half_space_mean_points_along_the_patch():
    y = np.array([3.0, 4.0, 0.0])
    w = np.random.default_rng(3).standard_normal((200_000, 3))
    assert_agrees(w * (w @ y > 0)[:, None], half_space_mean(y))
    assert half_space_mean(np.zeros(3)).tolist() == [0, 0, 0]
