"""`visualize` returns what `backward` returns, under the rules' names, and refuses what `forward` refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinycnn as tc
from tinycnn import targets
from tinycnn.rules import GUIDED, RULES, Answer, Method
from tinycnn.rules.averages import smoothgrad

NETS = {
    "cnn": tc.zoo.three_layer_cnn(16, 3, image=(12, 12)),
    "pooled cnn": tc.zoo.three_layer_cnn(8, 5, pool=(3, 1), image=(12, 12)),
    "fcn": tc.zoo.three_layer_fcn(30, image=(12, 12)),
    "deep cnn": tc.zoo.deep_cnn((16, 16, 32), pools=(1, 3), image=(12, 12)),
}


@pytest.fixture
def x() -> np.ndarray:
    return NETS["cnn"].preprocess(tc.image.default())


@pytest.fixture
def deep() -> tc.Model:
    """Its trunk may be run in one pass: 3x3 convolutions, and pools of 2x2."""
    return NETS["deep cnn"]


@pytest.mark.parametrize("target", ["max", "random", "cost", 3])
@pytest.mark.parametrize("name", NETS)
def test_the_maps_are_what_backward_leaves_at_the_input(name: str, target: Any, x: np.ndarray) -> None:
    net = NETS[name]
    trace = tc.forward(net, x)
    seed = targets.parse(target)(trace)
    for rule, found in tc.visualize(net, x, list(RULES), target).items():
        expected = tc.backward(trace, seed, RULES[rule])[0]
        assert (found.shape, found.dtype) == (x.shape, np.float32)
        # float32: each path sums in its own order; 1e-5 of the largest entry is some 80 roundings
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5 * np.abs(expected).max(), err_msg=rule)


def test_three_rules_unless_told_otherwise(deep: tc.Model, x: np.ndarray) -> None:
    assert list(tc.visualize(deep, x)) == ["saliency", "deconvnet", "guided"]


def test_rules_go_by_name_or_as_tables(deep: tc.Model, x: np.ndarray) -> None:
    mine = GUIDED.replace("mine", {tc.ReLU: GUIDED.table[tc.ReLU]})
    maps = tc.visualize(deep, x, ["guided", mine])
    assert list(maps) == ["guided", "mine"]
    np.testing.assert_array_equal(maps["mine"], maps["guided"])


def test_several_images_are_as_one_by_one(deep: tc.Model, x: np.ndarray) -> None:
    both = np.concatenate([x, x[:, :, ::-1]])
    together = tc.visualize(deep, both)
    for index in range(2):
        for rule, alone in tc.visualize(deep, both[index : index + 1]).items():
            scale = np.abs(alone).max()
            np.testing.assert_allclose(together[rule][index], alone[0], rtol=0, atol=1e-5 * scale)


def test_an_empty_batch_and_no_rules_give_nothing(deep: tc.Model, x: np.ndarray) -> None:
    assert {rule: map.shape for rule, map in tc.visualize(deep, x[:0]).items()} == dict.fromkeys(
        ("saliency", "deconvnet", "guided"), (0, 3, 12, 12)
    )
    assert tc.visualize(deep, x, []) == {}


def test_the_input_is_not_written_to(deep: tc.Model, x: np.ndarray) -> None:
    before = x.copy()
    tc.visualize(deep, x, list(RULES))
    np.testing.assert_array_equal(x, before)
    assert x.flags.writeable


@pytest.mark.parametrize(
    "spoil",
    [
        lambda x: x[0],
        lambda x: x[:, :2],
        lambda x: np.concatenate([x, x], axis=3),
        lambda x: x.astype(np.float64),
        lambda x: x.astype(int),
        lambda x: x * np.float32(np.inf),
    ],
    ids=["three axes", "channels", "size", "float64", "integers", "infinite"],
)
def test_what_forward_refuses_is_refused_in_the_same_words(deep: tc.Model, x: np.ndarray, spoil: Any) -> None:
    with np.errstate(invalid="ignore"):
        bad = spoil(x)
    with pytest.raises(tc.TinycnnError) as expected:
        tc.forward(deep, bad)
    with pytest.raises(type(expected.value)) as found:
        tc.visualize(deep, bad)
    assert str(found.value) == str(expected.value)


def test_an_overflow_after_the_trunk_is_counted_from_the_first_layer(deep: tc.Model, x: np.ndarray) -> None:
    shape = deep.layers[-1].weight.shape
    huge = deep.with_weights({"logits.weight": np.full(shape, 3e38)}, "huge")
    with pytest.raises(tc.NonFiniteError, match=r"layer 9 logits \(Dense\)"):
        tc.visualize(huge, x)


def test_unknown_names_give_the_nearest(deep: tc.Model, x: np.ndarray) -> None:
    with pytest.raises(tc.UnknownNameError, match="did you mean guided"):
        tc.visualize(deep, x, ["guded"])
    with pytest.raises(tc.UnknownNameError, match="did you mean random"):
        tc.visualize(deep, x, target="randon")


def test_a_rule_without_a_row_is_refused(deep: tc.Model, x: np.ndarray) -> None:
    bare = tc.Rule(
        "bare", {kind: row for kind, row in GUIDED.table.items() if kind is not tc.layers.Activation}
    )
    with pytest.raises(tc.MissingRowError, match="'bare' has no row for ReLU"):
        tc.visualize(deep, x, [bare])


def doubled(signal: np.ndarray, step: tc.Step) -> np.ndarray:
    return 2 * signal


@pytest.mark.parametrize(
    "pair",
    [
        ("guided", GUIDED.replace("guided", {tc.ReLU: doubled})),
        (GUIDED.replace("mine", {}), GUIDED.replace("mine", {tc.ReLU: doubled})),
        tuple(smoothgrad(sigma=sigma, n=2) for sigma in (0.1, 5)),
        ("ig(steps=2)", Method("ig(steps=2)", lambda question: Answer(question.x))),
    ],
)
def test_two_rules_of_one_name_are_refused(deep: tc.Model, x: np.ndarray, pair: Any) -> None:
    """Maps go by name: one of the two would be lost."""
    with pytest.raises(tc.TinycnnError, match=r"^two rules are called '[^\n]* rename one with"):
        tc.visualize(deep, x, pair)


def test_the_same_rule_twice_is_one_map(deep: tc.Model, x: np.ndarray) -> None:
    twice = ["guided", GUIDED, " guided", "smoothgrad(n=2)", "smoothgrad(n=2)"]
    assert list(tc.visualize(deep, x, twice)) == ["guided", "smoothgrad(n=2)"]


@pytest.mark.parametrize("odd", [doubled, [doubled], None, 3, [["guided"]], [tc.Rule], b"guided"], ids=str)
def test_what_is_no_rule_is_said_to_be_none(deep: tc.Model, x: np.ndarray, odd: Any) -> None:
    with pytest.raises(tc.TinycnnError, match=r"^expected a Rule or a Method, got [^\n]*GRADIENT.replace"):
        tc.visualize(deep, x, odd)


@pytest.mark.parametrize(
    "odd", [None, "vgg16", NETS["cnn"].layers, object()], ids=lambda odd: type(odd).__name__
)
def test_what_is_no_model_is_said_to_be_none(x: np.ndarray, odd: Any) -> None:
    for ask in (tc.visualize, tc.predict):
        with pytest.raises(tc.TinycnnError, match=r"^expected a tinycnn.Model, got [^\n]*tinycnn.from_torch"):
            ask(odd, x)


def test_a_method_that_returns_no_answer_is_named(deep: tc.Model, x: np.ndarray) -> None:
    mine = Method("mine", lambda question: question.map(GUIDED))  # type: ignore[arg-type, return-value]
    with pytest.raises(tc.TinycnnError, match=r"^method 'mine' returns array[^\n]* expected an Answer"):
        tc.visualize(deep, x, mine)


def test_a_map_that_overflows_on_the_fast_path_names_the_row(deep: tc.Model, x: np.ndarray) -> None:
    arrays = {
        f"{layer.name}.{key}": array * np.float32(1e12)
        for layer in deep.layers
        for key, array in layer.parameters()
    }
    loud = deep.with_weights(arrays, "too large to be sent back through")
    assert np.isfinite(tc.predict(loud, x * np.float32(1e-30))).all()
    with pytest.raises(
        tc.NonFiniteError, match=r"rule 'saliency': its row for conv1 .* makes a NaN or an inf"
    ):
        tc.visualize(loud, x * np.float32(1e-30), "saliency")


def test_a_method_whose_map_has_a_nan_is_named(deep: tc.Model, x: np.ndarray) -> None:
    dark = Method("dark", lambda question: Answer(np.full(x.shape, np.nan, np.float32)))
    with pytest.raises(tc.NonFiniteError, match="method 'dark': its map has NaN"):
        tc.visualize(deep, x, dark)
