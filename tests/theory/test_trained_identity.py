"""The identity of guided backprop, and completeness of the gradient: exact, with biases and without."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from trained_nets import digits, net

import tinycnn as tc
from tinycnn.pictures.digit_pictures import draw_digit
from tinycnn.theory.trained.identity import completeness_gap, products
from tinycnn.theory.trained.stages import stages


def first_products(model, x, rule=tc.rules.GUIDED):
    trace = tc.forward(model, x)
    seed = np.eye(trace.output.shape[1], dtype=x.dtype)
    return products(stages(trace, seed, rule)[0])


@given(st.integers(0, 10**6))
def test_without_biases_no_map_of_any_net_has_a_negative_product_with_the_image(seed):
    rng = np.random.default_rng(seed)
    model = net(rng.standard_normal((5, 1, 2, 2)), size=(4, 4), top=rng.standard_normal((3, 45)))
    for found in first_products(model, rng.standard_normal((1, 1, 4, 4))):
        assert found.product >= -1e-12
        assert found.biases == 0


@given(st.integers(0, 10**6))
def test_biases_of_at_most_zero_keep_it_so(seed):
    rng = np.random.default_rng(seed)
    bias = -np.abs(rng.standard_normal(5))
    model = net(rng.standard_normal((5, 1, 2, 2)), bias, size=(4, 4), top=rng.standard_normal((3, 45)))
    for found in first_products(model, rng.standard_normal((1, 1, 4, 4))):
        assert np.isnan(found.product) or found.product >= -1e-12


def test_a_positive_bias_turns_the_product():
    """One filter of weight 1 with bias 5: it is open on x = -2, and sends 1 back."""
    (found, _) = first_products(net([[[[1.0]]]], [5.0], size=(1, 1)), np.full((1, 1, 1, 1), -2.0))
    assert (found.product, found.open, found.biases) == (-1.0, 1.5, 2.5)


@pytest.mark.parametrize("rule", ["guided", "saliency", "deconvnet"])
def test_the_two_sides_agree_for_every_rule_at_every_layer(rule):
    model = digits()
    trace = tc.forward(model, model.preprocess(draw_digit(5, np.random.default_rng(1))))
    for stage in stages(trace, np.eye(10, dtype=np.float32), tc.rules.RULES[rule]):
        for found in products(stage):
            assert found.product == pytest.approx(found.open - found.biases, abs=1e-5)


def test_the_gradient_is_complete_and_guided_backprop_is_not():
    model = digits()
    trace = tc.forward(model, model.preprocess(draw_digit(5, np.random.default_rng(1))))
    seed = np.eye(10, dtype=np.float32)
    assert np.abs(completeness_gap(trace, seed, tc.rules.GRADIENT)).max() < 1e-5
    assert np.abs(completeness_gap(trace, seed, tc.rules.GUIDED)).min() > 0.1
