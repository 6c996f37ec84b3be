"""Claims on the checks of maps and on neighbouring rules: planted faults turn them, limits are known."""

import math

import numpy as np
import pytest
from faults import FAULTS
from scipy.stats import spearmanr

from tinycnn.theory.claims import CLAIMS
from tinycnn.theory.judge import judge
from tinycnn.theory.randomised import louder, redrawn_above, redrawn_output_dense, spearman_normal

CATCHES = {
    "mprt.output_dense": "no mask and no backward ReLU",
    "mprt.output_convolutional": "the gradient for every rule",
    "mprt.all_dense": "weights with a mean",
    "mprt.all_convolutional": "the constant arm for every rule",
    "mprt.saliency_dense": "guided backprop for every rule",
    "mprt.cascade_dense_2": "the constant arm for every rule",
    "mprt.cascade_convolutional_1": "the gradient for every rule",
    "mprt.noise_passes": "guided backprop for every rule",
    "mprt.ranks": "guided backprop for every rule",
    "mprt.loud": "heavy tails",
    "mprt.sum": "no mask and no backward ReLU",
}
"""A claim, and a fault that turns it."""


@pytest.mark.parametrize("id", CATCHES)
def test_a_planted_fault_turns_the_claim(id):
    assert judge(CLAIMS[id], bench=FAULTS[CATCHES[id]]()).verdict == "fails"


def test_the_cascade_has_the_figures_that_were_computed():
    found = [redrawn_above(40, [400] * 3, kept) for kept in (3, 2, 1, 0)]
    assert found == pytest.approx([0.941, 0.920, 0.862, 0.709], abs=1e-3)


def test_one_layer_that_is_kept_is_the_output_drawn_anew():
    """Up to the share of noise that is along the image, which the recursion leaves out."""
    assert redrawn_above(100, [2000], 1) == pytest.approx(redrawn_output_dense(2000, 100), rel=1e-3)


def test_mean_rank_correlation_is_that_of_sampled_pairs():
    rng = np.random.default_rng(0)
    one, two = rng.standard_normal((2, 20_000, 8))
    mixed = 0.6 * one + 0.8 * two
    found = np.array([spearmanr(a, b).statistic for a, b in zip(one[:4000], mixed[:4000], strict=True)])
    assert abs(found.mean() - spearman_normal(0.6, 8)) < 4 * found.std() / len(found) ** 0.5
    assert spearman_normal(0.6, 10**9) == pytest.approx(6 / math.pi * math.asin(0.3))


def test_a_channel_as_loud_as_another_adds_more_half_of_the_time():
    assert louder(1.0) == 0.5
    assert louder(5.0) == pytest.approx(0.8743, abs=1e-4)
