"""The Gaussian weights of the claims: their law, and that they are independent."""

import numpy as np
import pytest
from scipy.stats import kstest
from simulate import mean_and_error

from tinycnn.theory.gaussian import PAIRS, gaussian

DRAWS = gaussian(np.random.default_rng(0), (2_000_000,)).astype(np.float64)


def _agrees(values, expected):
    found, error = mean_and_error(values)
    assert abs(found - expected) < 4 * error


@pytest.mark.parametrize(("power", "moment"), [(1, 0), (2, 1), (3, 0), (4, 3), (6, 15), (8, 105)])
def test_moments_are_those_of_a_gaussian(power, moment):
    _agrees(DRAWS**power, moment)


def test_the_distribution_is_gaussian():
    assert kstest(DRAWS[:200_000], "norm").pvalue > 0.01


@pytest.mark.parametrize("lag", [1, 2, PAIRS - 1, PAIRS, 2 * PAIRS])
@pytest.mark.parametrize("power", [1, 2])
def test_draws_are_independent_also_the_two_of_a_pair(lag, power):
    centred = DRAWS**power - (power == 2)
    _agrees(centred[:-lag] * centred[lag:], 0)


def test_tails_are_as_heavy_as_they_should_be():
    _agrees(np.abs(DRAWS) > 4, 6.334e-5)
    assert np.abs(DRAWS).max() < 6.8


@pytest.mark.parametrize("shape", [(), (1,), (3, 5), (2, PAIRS), (4, 1, 3, 3)])
def test_any_shape_is_drawn_in_single_precision_from_the_stream(shape):
    first, again, other = (gaussian(np.random.default_rng(seed), shape) for seed in (1, 1, 2))
    assert first.shape == shape
    assert first.dtype == np.float32
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
