"""Rates: lines on logarithmic axes, and comparisons that know their error."""

import numpy as np
import pytest

from tinycnn.experiments import rates
from tinycnn.experiments.experiment import above, larger, said
from tinycnn.image import default


def test_a_power_law_is_found_exactly_whatever_the_errors():
    x = np.array([1.0, 2.0, 8.0, 32.0])
    found = rates.rate(x, 3 * x**-1.5, np.array([0.1, 0.5, 0.01, 0.02]))
    assert (found.slope, found.constant) == pytest.approx((-1.5, 3.0))


def test_the_error_of_a_slope_is_how_much_slopes_scatter():
    rng = np.random.default_rng(0)
    x = np.array([4.0, 16.0, 64.0, 256.0])
    error = 0.03 / x
    found = [rates.rate(x, 1 / x + error * rng.standard_normal(4), error) for _ in range(400)]
    slopes = np.array([each.slope for each in found])
    scatter = slopes.std(ddof=1)  # known to 1 / sqrt(800)
    assert np.mean([each.slope_error for each in found]) == pytest.approx(scatter, rel=4 / np.sqrt(800))
    assert abs(slopes.mean() + 1) < 4 * scatter / np.sqrt(400)


def test_the_noise_of_one_patch_grows_with_its_size():
    swept = rates.measure(rates.SWEEPS["patch"], default(), range(40))
    measured, predicted = rates.rates(swept)
    assert predicted.slope == pytest.approx(1, abs=0.01)
    assert abs(measured.slope - predicted.slope) < 4 * measured.slope_error
    assert np.all(np.abs(swept.measured - swept.predicted) < 5 * swept.error)


def test_a_difference_within_its_error_is_no_difference():
    few, many = np.array([0.44, 0.46, 0.48]), np.array([0.40, 0.47, 0.49])
    assert not above(few, many)
    assert not above(many, few)
    assert above(few, many - 0.3)
    assert said(few) == "0.460 ± 0.012"
    assert larger((1.0, 0.1), (0.5, 0.1))
    assert not larger((1.0, 0.2), (0.5, 0.1))
