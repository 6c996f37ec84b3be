import math
from itertools import pairwise

import numpy as np
import pytest
from simulate import mean_and_error, same, small_image

from tinycnn.theory.depth import (
    active_fraction,
    arc_cosine,
    constant_share_deep,
    kept_energy,
    kept_signal,
    logit_correlations,
    next_ratio,
    ratios,
    rho_deep,
)
from tinycnn.theory.recovery import expected_cosine
from tinycnn.theory.sensitivity import distance, logit_cosine, logit_cosine_deep, logit_cosine_image

DRAWS = np.random.default_rng(0).standard_normal((3, 1_000_000))


def _close(values, predicted):
    found, error = mean_and_error(values)
    assert abs(found - predicted) < 4 * error


@pytest.mark.parametrize("r", [0.0, 0.45, 1.3])
def test_moments_of_a_gated_signal(r):
    z, g, _ = DRAWS
    kept = np.maximum(r * z + g, 0) * (z > 0)
    _close(kept**2, kept_energy(r))
    _close(z * kept, kept_signal(r))
    _close((r * z + g > 0)[z > 0], active_fraction(r))


@pytest.mark.parametrize("q", [-0.5, 0.0, 0.3, 0.9])
def test_arc_cosine_is_the_correlation_of_relus(q):
    a, b, _ = DRAWS
    b = q * a + math.sqrt(1 - q * q) * b
    _close(2 * np.maximum(a, 0) * np.maximum(b, 0), arc_cosine(q))


def test_correlation_of_two_logits_below_a_layer():
    z, g, e = DRAWS
    r, q = ratios([1, 1])[0], logit_correlations([1, 1])[1]
    other = q * g + math.sqrt(1 - q * q) * e
    product = np.maximum(r * z + g, 0) * np.maximum(r * z + other, 0) * (z > 0)
    _close(product / kept_energy(r), logit_correlations([1, 1])[0])


def test_one_layer_is_the_three_layer_net():
    assert ratios([5]) == [0.0]
    assert rho_deep(3, [64]) == pytest.approx(math.pi**2 * 3 / 64)
    assert logit_correlations([5])[0] == pytest.approx(1 / math.pi, rel=1e-6)
    assert constant_share_deep(1) == pytest.approx(1 / math.pi)


def test_the_recursion_reaches_its_fixed_point():
    r = ratios([1] * 40)[0]
    assert next_ratio(r) == pytest.approx(r, rel=1e-9)
    assert active_fraction(r) == pytest.approx(0.5 + math.atan(r) / math.pi)


def test_depth_improves_recovery():
    rho = [rho_deep(3, [64] * depth) for depth in range(1, 9)]
    assert rho == sorted(rho, reverse=True)


def _dense_net_maps(x, width, depth, logits, rng):
    """Guided backprop of several logits through a fully connected He net, from its definition."""
    sizes = [x.size] + [width] * depth
    weights = [rng.standard_normal((b, a)) * math.sqrt(2 / a) for a, b in pairwise(sizes)]
    masks, a = [], x
    for w in weights:
        masks.append(w @ a > 0)
        a = np.maximum(w @ a, 0)
    signal = rng.standard_normal((logits, width))
    for w, mask in zip(weights[::-1], masks[::-1], strict=True):
        signal = (np.maximum(signal, 0) * mask) @ w
    return signal


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_a_deep_dense_net_recovers_as_the_recursion_says(depth):
    """Mean field: exact for wide nets; at 400 units the measured bias is within 2 %."""
    x, width, cosines, between = np.random.default_rng(1).standard_normal(100), 400, [], []
    for net in range(120):
        a, b = _dense_net_maps(x, width, depth, 2, np.random.default_rng([2, net]))
        cosines.append(a @ x / np.linalg.norm(a) / np.linalg.norm(x))
        between.append(a @ b / np.linalg.norm(a) / np.linalg.norm(b))
    for found, predicted in (
        (cosines, expected_cosine(rho_deep(100, [width] * depth))),
        (between, logit_cosine_deep(100, [width] * depth)),
    ):
        mean, error = mean_and_error(np.array(found))
        assert abs(mean - predicted) < 0.02 * predicted + 4 * error


def test_distance_of_two_logits_shrinks_with_the_root_of_the_filters():
    constant = math.sqrt(2 * math.pi**2 * 3 * (1 - 1 / math.pi))
    assert distance(logit_cosine(math.pi**2 * 3 / 1e6)) == pytest.approx(constant / 1e3, rel=1e-4)
    assert constant == pytest.approx(6.35, abs=0.005)


def test_logit_cosine_of_an_image_tends_to_the_plain_formula():
    x, at = small_image(0, (3, 16, 16)), same((16, 16), 3)
    assert logit_cosine_image(x, at, 100_000) == pytest.approx(1, abs=1e-3)
    assert logit_cosine_image(x, at, 64) == pytest.approx(logit_cosine(rho_deep(3, [64])), rel=0.02)
