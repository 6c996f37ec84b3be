"""Relevance rules by hand, their identities, and where in a network a row is for."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import tinycnn as tc
from tinycnn.rules import GRADIENT, Relevance, Stack, table
from tinycnn.rules.fold import as_convolution, pairs, scale_and_shift
from tinycnn.rules.lrp import Flat, Plain, quotient

EVERY = (
    "lrp-0",
    "lrp-epsilon(epsilon=0.5)",
    "lrp-gamma",
    "lrp-gamma-plus",
    "lrp-alpha2-beta1",
    "lrp-zplus",
    "lrp-wsquare",
    "lrp-flat",
    "lrp-zbox(low=-4, high=4)",
    "epsilon-plus",
    "epsilon-plus-flat",
    "epsilon-alpha2-beta1",
    "epsilon-alpha2-beta1-flat",
    "epsilon-gamma-box(low=-4, high=4)",
    "excitation",
    "contrastive-excitation",
)


def draw(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def dense(weights: list[float], bias: float, a: list[float], rule: str) -> list[float]:
    """What each input of one unit gets of a relevance of 1."""
    layer = tc.Dense(np.array([weights], float), np.array([bias], float))
    trace = tc.forward(tc.Model("unit", (layer,), (len(a),)), np.array([a], float))
    return tc.backward(trace, np.ones((1, 1)), table(rule))[0][0].tolist()


BY_HAND = {
    "lrp-0": ([2, -1], 1, [3, 2], [6 / 5, -2 / 5]),
    "lrp-epsilon(epsilon=0.5)": ([2, -1], 1, [3, 2], [6 / 5.5, -2 / 5.5]),
    "lrp-gamma(gamma=1)": ([2, -1], 1, [3, 2], [12 / 12, -2 / 12]),
    "lrp-gamma-plus(gamma=1)": ([2, -1], 1, [3, 2], [12 / 12, -2 / 12]),
    "lrp-alpha2-beta1": ([2, -1], 1, [3, 2], [2 * 6 / 7, -1]),
    "lrp-zplus": ([2, -1], 1, [3, 2], [6 / 7, 0]),
    "lrp-wsquare": ([2, -1], 1, [3, 2], [4 / 5, 1 / 5]),
    "lrp-flat": ([2, -1], 1, [3, 2], [1 / 2, 1 / 2]),
    "lrp-zbox(low=-1, high=4)": ([2, -1], 1, [3, 2], [8 / 10, 2 / 10]),
    "excitation": ([2, -1], 1, [3, 2], [1, 0]),
    "contrastive-excitation": ([2, -1], 1, [3, 2], [1, -1]),
}


@pytest.mark.parametrize("rule", BY_HAND)
def test_one_unit_by_hand(rule: str) -> None:
    weights, bias, a, expected = BY_HAND[rule]
    assert dense(weights, bias, a, rule) == pytest.approx(expected)


def test_generalised_gamma_favours_the_sign_of_the_output() -> None:
    """z = -3 by 1 - 4: the weights of what is negative count double, 1 / (1 - 8) and -8 / (1 - 8)."""
    assert dense([1, -2], 0, [1, 2], "lrp-gamma(gamma=1)") == pytest.approx([-1 / 7, 8 / 7])
    assert dense([1, 2], 0, [1, -2], "lrp-gamma(gamma=1)") == pytest.approx([-1 / 7, 8 / 7])


def test_a_sign_of_zero_is_positive_for_epsilon_and_nothing_is_shared_by_zero() -> None:
    assert dense([1, -1], 0, [1, 1], "lrp-epsilon(epsilon=0.5)") == [2, -2]
    assert dense([1, -1], 0, [1, 1], "lrp-0") == [0, 0]
    assert dense([-1, -1], 0, [1, 1], "lrp-zplus") == [0, 0]


def test_a_sum_of_branches_is_shared_by_value() -> None:
    block = tc.Branches(((tc.Dense(np.array([[3.0]])),), ()), tc.Add())
    trace = tc.forward(tc.Model("net", (block,), (1,)), np.array([[2.0]]))
    assert tc.tape(trace, np.ones((1, 1)), table("lrp-0"))[1].arrived == pytest.approx(6 / 8)
    assert tc.backward(trace, np.ones((1, 1)), table("lrp-0"))[0].tolist() == [[1]]


@pytest.fixture(scope="module")
def net() -> tc.Model:
    """A network of every kind of layer, with biases."""
    block = tc.Branches(
        ((tc.Conv2D(draw(5, 4, 4, 3, 3), draw(6, 4), padding=1), tc.ReLU()), (tc.AvgPool2D(3, 1, 1),)),
        tc.Add(),
    )
    norm = tc.BatchNorm2D(draw(2, 4), draw(3, 4), draw(4, 4), np.exp(draw(7, 4)))
    layers = (
        tc.Conv2D(draw(0, 4, 2, 3, 3), draw(1, 4), padding=1, name="first"),
        norm,
        tc.ReLU(),
        block,
        tc.MaxPool2D(2, 2),
        tc.Conv2D(draw(8, 3, 4, 1, 1), draw(9, 3), name="second"),
        tc.ReLU(),
        tc.Flatten(),
        tc.Dense(draw(10, 5, 27), draw(11, 5), name="hidden"),
        tc.ReLU(),
        tc.Dense(draw(12, 3, 5), draw(13, 3), name="logits"),
    )
    return tc.Model("net", layers, (2, 6, 6), tc.preprocess.Preprocess("two", (0.0, 0.0), (64.0, 64.0)))


def test_lrp_0_is_gradient_times_input_biases_or_not(net: tc.Model) -> None:
    maps = tc.visualize(net, draw(20, 3, 2, 6, 6), ["lrp-0", "gradient-x-input"], "max")
    np.testing.assert_allclose(maps["lrp-0"], maps["gradient-x-input"], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("rule", EVERY)
def test_stacked_rules_and_several_seeds_are_as_alone(net: tc.Model, rule: str) -> None:
    trace = tc.forward(net, draw(21, 1, 2, 6, 6))
    seeds = draw(22, 4, 3)
    both = Stack([table(rule), GRADIENT]).maps(trace, seeds)[0]
    for seed, found in zip(seeds, both, strict=True):
        expected = tc.backward(trace, seed[None], table(rule))[0][0]
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9 * np.abs(expected).max())


@pytest.mark.parametrize("rule", EVERY)
def test_a_model_whose_norms_are_folded_has_the_same_map(net: tc.Model, rule: str) -> None:
    x = draw(23, 2, 2, 6, 6)
    maps = [tc.visualize(model, x, rule, 1)[rule] for model in (net, tc.fold_batch_norm(net))]
    np.testing.assert_allclose(maps[0], maps[1], rtol=1e-9, atol=1e-9 * np.abs(maps[1]).max())


def test_a_norm_that_nothing_can_take_in_shares_by_value() -> None:
    norm = tc.BatchNorm2D(draw(0, 2), draw(1, 2), draw(2, 2), np.exp(draw(3, 2)))
    x, seed = draw(4, 1, 2, 3, 3), draw(5, 1, 2, 3, 3)
    trace = tc.forward(tc.Model("norm", (norm,), (2, 3, 3)), x)
    same = tc.forward(tc.Model("conv", (as_convolution(norm),), (2, 3, 3)), x)
    np.testing.assert_allclose(trace.output, same.output, rtol=1e-12)
    scale = norm.weight / np.sqrt(norm.variance + norm.epsilon)
    expected = x * scale[:, None, None] * seed / trace.output
    np.testing.assert_allclose(tc.backward(trace, seed, table("lrp-0"))[0], expected, rtol=1e-9)


SCALES = {
    "channels": tc.Scale(draw(0, 2, 1, 1), draw(1, 2, 1, 1)),
    "entries": tc.Scale(draw(0, 2, 3, 3), draw(1, 2, 3, 3)),
    "one for all": tc.Scale(draw(0, 1, 1, 1), draw(1, 2, 1, 3)),
}


@pytest.mark.parametrize("scale", SCALES.values(), ids=list(SCALES))
@pytest.mark.parametrize("rule", EVERY)
def test_a_scale_shares_by_value_in_every_table(scale: tc.Scale, rule: str) -> None:
    x, seed = draw(4, 1, 2, 3, 3), draw(5, 1, 2, 3, 3)
    trace = tc.forward(tc.Model("scale", (scale,), (2, 3, 3)), x)
    expected = x * scale.weight * seed / (x * scale.weight + scale.bias)
    np.testing.assert_allclose(tc.backward(trace, seed, table(rule))[0], expected, rtol=1e-9)


@pytest.mark.parametrize("scale", SCALES.values(), ids=list(SCALES))
def test_the_ledger_knows_what_the_bias_of_a_scale_took(scale: tc.Scale) -> None:
    x, seed = draw(4, 1, 2, 3, 3), draw(5, 1, 2, 3, 3)
    trace = tc.forward(tc.Model("scale", (scale,), (2, 3, 3)), x)
    (entry,) = tc.tape(trace, seed, table("lrp-0"))
    took = seed * scale.bias / trace.output
    assert (entry.arrived, entry.left) == pytest.approx((seed.sum(), (seed - took).sum()))
    assert (entry.bias, entry.stabiliser) == pytest.approx((took.sum(), 0))
    (entry,) = tc.tape(trace, seed, GRADIENT)
    assert entry.bias == pytest.approx((seed * scale.bias).sum())
    assert entry.arrived == pytest.approx(entry.left + entry.bias)


def test_a_scale_of_channels_is_the_batch_norm_that_nothing_takes_in() -> None:
    norm = tc.BatchNorm2D(draw(0, 2), draw(1, 2), draw(2, 2), np.exp(draw(3, 2)))
    scale = tc.Scale(*(each[:, None, None] for each in scale_and_shift(norm)))
    last = (tc.ReLU(), tc.Flatten(), tc.Dense(draw(6, 3, 18), draw(7, 3)))
    nets = [tc.Model("net", (first, *last), (2, 3, 3)) for first in (norm, scale)]
    for rule in ("lrp-0", "lrp-gamma", "lrp-zplus", "epsilon-plus"):
        maps = [tc.visualize(net, draw(8, 2, 2, 3, 3), rule, 1)[rule] for net in nets]
        np.testing.assert_allclose(maps[1], maps[0], rtol=1e-9)


def test_only_a_pair_that_stands_together_everywhere_is_folded() -> None:
    def norm() -> tc.BatchNorm2D:
        return tc.BatchNorm2D(*np.ones((4, 1)))

    def conv() -> tc.Conv2D:
        return tc.Conv2D(np.ones((1, 1, 1, 1)))

    a, b, shared = conv(), norm(), conv()
    assert pairs((a, b, tc.ReLU())) == {a: b}
    assert pairs((tc.Branches(((a, b), ()), tc.Add()),)) == {a: b}
    assert pairs((a, b, a, b)) == {a: b}
    assert pairs((shared, b, shared)) == {}
    assert pairs((a, b, shared, b)) == {}
    assert pairs((a, tc.ReLU(), b)) == {}
    assert pairs((b, a)) == {}


def test_the_first_layer_is_that_of_the_whole_network_where_a_part_is_sent_through(net: tc.Model) -> None:
    trace = tc.forward(net, draw(24, 1, 2, 6, 6))
    seed = tc.targets.logit(0)(trace) * trace.output
    rule = table("epsilon-plus-flat")
    whole = tc.backward(trace, seed, rule)
    cut = trace.index("second")
    placed = rule.place(net.layers)
    upper = tc.backward(trace[cut:], seed, placed)
    np.testing.assert_array_equal(upper[0], whole[cut])
    np.testing.assert_array_equal(tc.backward(trace[:cut], upper[0], placed)[0], whole[0])
    assert not np.allclose(tc.backward(trace[cut:], seed, rule)[0], whole[cut])


@pytest.mark.parametrize("inside", [False, True])
def test_the_first_linear_layer_is_flat_and_no_other(inside: bool) -> None:
    first, second = tc.Dense(draw(0, 3, 2)), tc.Dense(draw(1, 2, 3))
    below: tuple[tc.Layer, ...] = (tc.Branches(((first,), (tc.Dense(draw(2, 3, 2)),)), tc.Add()),)
    layers = (*(below if inside else (first,)), tc.ReLU(), second)
    rule = table("epsilon-plus-flat").place(layers)
    assert rule[first] == Relevance(Flat())
    assert rule[second] == Relevance(Plain(), 1e-6)


def test_bounds_are_those_of_the_models_preprocessing(net: tc.Model) -> None:
    x = draw(25, 1, 2, 6, 6)
    high = 255 / 64
    given = "epsilon-gamma-box(low=0, high=3.984375)"
    maps = tc.visualize(net, x, ["epsilon-gamma-box", given], 1)
    assert high == 3.984375
    np.testing.assert_array_equal(maps["epsilon-gamma-box"], maps[given])


def test_bounds_that_nobody_gave_are_asked_for(net: tc.Model) -> None:
    trace = tc.forward(net, draw(25, 1, 2, 6, 6))
    with pytest.raises(tc.TinycnnError, match=r"needs bounds of the input: lrp-zbox\(low=-1, high=1\)"):
        tc.backward(trace, tc.targets.logit(0)(trace), table("lrp-zbox"))


@pytest.mark.parametrize(
    "rule", ["lrp-zplus", "excitation", "lrp-wsquare", "lrp-flat", "lrp-zbox(low=-4, high=4)"]
)
def test_shares_of_one_sign_are_never_negative(net: tc.Model, rule: str) -> None:
    found = tc.visualize(
        net, draw(26, 2, 2, 6, 6), table(rule), tc.targets.times_value(tc.targets.logit(1), False)
    )
    assert (found[rule] >= 0).all()


@pytest.mark.parametrize("gamma", [0.0, 1e9])
def test_gamma_goes_from_lrp_0_to_z_plus(gamma: float) -> None:
    layers = (tc.Dense(draw(0, 4, 3)), tc.ReLU(), tc.Dense(draw(1, 2, 4)))
    trace = tc.forward(tc.Model("net", layers, (3,)), np.abs(draw(2, 5, 3)))
    seed = np.maximum(trace.output, 0)
    found = tc.backward(trace, seed, table(f"lrp-gamma(gamma={gamma:.0f})"))[0]
    expected = tc.backward(trace, seed, table("lrp-zplus" if gamma else "lrp-0"))[0]
    np.testing.assert_allclose(found, expected, atol=1e-6 * np.abs(expected).max())


def test_relevance_starts_from_the_value_and_other_rules_do_not_unless_the_target_says_so(
    net: tc.Model,
) -> None:
    x = draw(27, 1, 2, 6, 6)
    value = float(tc.forward(net, x).output[0, 1])
    as_they_are = tc.visualize(net, x, ["lrp-0", "saliency"], 1)
    bare = tc.visualize(net, x, ["lrp-0", "saliency"], tc.targets.times_value(tc.targets.logit(1), False))
    times = tc.visualize(net, x, ["lrp-0", "saliency"], "times-value(1)")
    np.testing.assert_allclose(as_they_are["lrp-0"], value * bare["lrp-0"], rtol=1e-9)
    np.testing.assert_allclose(times["saliency"], value * as_they_are["saliency"], rtol=1e-9)
    np.testing.assert_array_equal(times["lrp-0"], as_they_are["lrp-0"])
    np.testing.assert_array_equal(bare["saliency"], as_they_are["saliency"])


def test_a_seed_of_ones_own_is_taken_as_it_is(net: tc.Model) -> None:
    x, seed = draw(28, 1, 2, 6, 6), draw(29, 1, 3)
    trace = tc.forward(net, x)
    found = tc.visualize(net, x, "epsilon-plus", seed)["epsilon-plus"]
    np.testing.assert_array_equal(found, tc.backward(trace, seed, table("epsilon-plus"))[0])


def test_replacing_a_row_keeps_what_else_a_rule_is() -> None:
    rule = table("epsilon-plus-flat").replace("mine", {tc.Dense: Relevance(Plain())})
    kept = dataclasses.replace(rule, name="", table={}, source="")
    assert (kept.first, kept.folds, kept.times_value) == (rule.first, True, True)
    assert rule.first[tc.Conv2D] == Relevance(Flat())


def test_relevance_is_of_the_networks_precision(net: tc.Model) -> None:
    small, x = net.astype(np.float32), draw(30, 2, 2, 6, 6).astype(np.float32)
    for name, found in tc.visualize(small, x, EVERY, 1).items():
        assert found.dtype == np.float32, name


def test_the_ledger_says_where_relevance_went(net: tc.Model) -> None:
    trace = tc.forward(net, draw(31, 1, 2, 6, 6))
    seed = tc.targets.logit(1)(trace) * trace.output
    rule = table("lrp-epsilon(epsilon=0.5)")
    tape = tc.tape(trace, seed, rule)
    assert tape[0].layer == "logits Dense"
    s = seed / (trace.output + 0.5 * np.sign(trace.output))
    assert tape[0].bias == pytest.approx(float((s * net.layers[-1].bias).sum()))  # type: ignore[attr-defined]
    assert tape[0].stabiliser == pytest.approx(float(np.abs(s).sum() * 0.5 * np.sign(seed.sum())))
    assert max(abs(entry.lost) for entry in tape) < 1e-9 * abs(seed.sum())
    everything = sum(entry.bias + entry.stabiliser for entry in tape)
    assert seed.sum() - everything == pytest.approx(tc.backward(trace, seed, rule)[0].sum())


def test_the_ledger_of_the_gradient_is_the_completeness_of_biases(net: tc.Model) -> None:
    trace = tc.forward(net, draw(32, 1, 2, 6, 6))
    seed = tc.targets.logit(1)(trace)
    tape = tc.tape(trace, seed, GRADIENT)
    value = float((seed * trace.output).sum())
    inner = float((tc.backward(trace, seed, GRADIENT)[0] * trace.input).sum())
    assert tape[0].arrived == pytest.approx(value)
    assert sum(entry.bias for entry in tape) == pytest.approx(value - inner)
    assert "stabiliser" in tape.ledger().splitlines()[0]
    assert len(tape.ledger().splitlines()) == len(tape) + 1


def test_what_alpha_beta_makes_of_a_unit_of_one_sign_has_no_column() -> None:
    trace = tc.forward(tc.Model("unit", (tc.Dense(np.array([[1.0, 2.0]])),), (2,)), np.ones((1, 2)))
    (entry,) = tc.tape(trace, np.ones((1, 1)), table("lrp-alpha2-beta1"))
    assert (entry.arrived, entry.left, entry.bias, entry.lost) == (1, 2, 0, -1)


def test_shares_beyond_the_dtype_are_infinite_and_no_warning(recwarn: pytest.WarningsRecorder) -> None:
    assert np.isinf(quotient(np.float32([1]), np.float32([1e-45])))
    assert not recwarn.list
