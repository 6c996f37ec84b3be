"""Targets: each makes the seed that its name promises, for each image, or says why it cannot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinycnn as tc
from tinycnn import targets


@pytest.fixture
def trace() -> tc.Trace:
    net = tc.zoo.three_layer_cnn(4, 3, image=(6, 6), classes=5).astype(np.float64)
    return tc.forward(net, 50 * np.random.default_rng(0).standard_normal((3, 3, 6, 6)))


def test_max_logit_is_each_images_own(trace: tc.Trace) -> None:
    seed = targets.max_logit()(trace)
    np.testing.assert_array_equal(seed.argmax(axis=1), trace.output.argmax(axis=1))
    np.testing.assert_array_equal(seed.sum(axis=1), 1)
    assert np.count_nonzero(seed) == 3


def test_logit_k_is_a_one_at_k(trace: tc.Trace) -> None:
    np.testing.assert_array_equal(targets.logit(2)(trace), np.tile([0, 0, 1, 0, 0], (3, 1)))


@pytest.mark.parametrize("k", [-1, 5, 1000])
def test_a_logit_out_of_range_is_refused(trace: tc.Trace, k: int) -> None:
    with pytest.raises(tc.ShapeError, match=f"index {k} .* 5 "):
        targets.logit(k)(trace)


def test_a_random_logit_repeats_with_its_seed_and_varies_without(trace: tc.Trace) -> None:
    np.testing.assert_array_equal(targets.random_logit(1)(trace), targets.random_logit(1)(trace))
    drawn = {tuple(targets.random_logit(seed)(trace).argmax(axis=1)) for seed in range(20)}
    assert len(drawn) > 10


def test_the_cost_is_the_gradient_of_the_authors_formula(trace: tc.Trace) -> None:
    logits = trace.output / 100
    scaled = tc.Trace((tc.Step(None, None, logits, None),))
    seed, step = targets.cost(3)(scaled), 1e-6
    for k in range(5):
        shift = step * (np.arange(5) == k)
        ahead, behind = (tc.ops.squared_cost(logits + sign * shift, np.full(3, 3)) for sign in (1, -1))
        np.testing.assert_allclose(seed[:, k], (ahead - behind) / (2 * step), atol=1e-8)


def test_the_cost_of_a_saturated_net_is_exactly_zero() -> None:
    logits = np.array([[1e6, 0, 0]])
    assert not targets.cost()(tc.Trace((tc.Step(None, None, logits, None),))).any()


def test_a_feature_map_and_a_neuron_cut_the_trace_at_their_layer(trace: tc.Trace) -> None:
    for target, ones in ((targets.feature_map("relu", 2), 36), (targets.neuron("relu", (2, 1, 5)), 1)):
        assert len(target.cut(trace)) == 2
        seed = target(trace)
        assert seed.shape == (3, 4, 6, 6)
        assert seed[:, 2].sum() == seed.sum() == 3 * ones
    assert targets.neuron("relu", (2, 1, 5))(trace)[0, 2, 1, 5] == 1


def test_a_neurons_map_is_the_gradient_of_the_neuron() -> None:
    net = tc.zoo.three_layer_cnn(4, 3, image=(6, 6)).astype(np.float64)
    x = 50 * np.random.default_rng(0).standard_normal((1, 3, 6, 6))
    map = tc.visualize(net, x, ["saliency"], targets.neuron("conv", (1, 2, 3)))["saliency"][0]
    np.testing.assert_allclose(map[:, 1:4, 2:5], net.layers[0].weight[1], rtol=1e-12)
    assert np.count_nonzero(map) == 27


@pytest.mark.parametrize("at", [(4, 0, 0), (0, 6, 0), (0, 0), (-1, 0, 0)])
def test_a_neuron_that_is_not_there_is_refused(trace: tc.Trace, at: tuple) -> None:
    with pytest.raises(tc.ShapeError, match="neuron"):
        targets.neuron("relu", at)(trace)


def test_an_unknown_layer_names_the_nearest(trace: tc.Trace) -> None:
    with pytest.raises(tc.UnknownNameError, match="did you mean relu"):
        targets.feature_map("rleu", 0)(trace)


def test_ones_own_seed_is_checked(trace: tc.Trace) -> None:
    own = np.arange(15.0).reshape(3, 5)
    np.testing.assert_array_equal(targets.array(own)(trace), own)
    with pytest.raises(tc.ShapeError, match="seed of shape"):
        targets.array(own[:, :4])(trace)


@pytest.mark.parametrize("odd", [None, 1.5, True, [1], ("max",), b"max", {"max"}])
def test_what_is_no_target_is_said_to_be_none(odd: object) -> None:
    with pytest.raises(tc.TinycnnError, match=r"^a target is a name, an index, a class or a seed, got "):
        targets.parse(odd)  # type: ignore[arg-type]


NO_INDEX = [2.5, "2", None, True, np.nan, [2], np.float32(2)]


@pytest.mark.parametrize("odd", NO_INDEX, ids=repr)
@pytest.mark.parametrize(
    "make",
    [
        targets.logit,
        targets.probability,
        targets.log_probability,
        lambda k: targets.cost(k) if k is not None else targets.logit(k),
        lambda k: targets.difference(k, 1),
        lambda k: targets.difference(1, k),
        lambda k: targets.total([1, k]),
        lambda k: targets.feature_map("relu", k),
        lambda k: targets.neuron("relu", (k, 0, 0)),
    ],
)
def test_an_index_is_a_whole_number(make: Callable[[Any], targets.Target], odd: Any) -> None:
    """2.5 is not class 2, and True not class 1."""
    with pytest.raises(tc.TinycnnError, match=r"^the index of a \w+ must be a whole number, got "):
        make(odd)


@pytest.mark.parametrize("odd", [1.5, None, True, tc.ReLU()], ids=str)
def test_a_layer_is_a_name_or_a_whole_number(odd: Any) -> None:
    with pytest.raises(
        tc.TinycnnError, match=r"^a layer that is not given by its name must be a whole number"
    ):
        targets.feature_map(odd, 0)


def test_an_index_may_be_a_number_of_numpy(trace: tc.Trace) -> None:
    np.testing.assert_array_equal(targets.logit(np.uint8(2))(trace), targets.logit(2)(trace))  # type: ignore[arg-type]
    np.testing.assert_array_equal(
        targets.feature_map(np.int64(0), np.int8(1))(trace), targets.feature_map(0, 1)(trace)
    )


@pytest.mark.parametrize("k", [-1, 5, 2**70])
def test_a_class_out_of_range_is_refused_by_every_target_of_classes(trace: tc.Trace, k: int) -> None:
    for target in (targets.difference(1, k), targets.total([k]), targets.probability(k), targets.cost(k)):
        with pytest.raises(tc.ShapeError, match=f"index {k} .* 5 "):
            target(trace)


def test_a_sum_adds_what_is_given_and_can_be_asked_again(trace: tc.Trace) -> None:
    target = targets.total(k for k in (1, 3, 3))  # type: ignore[arg-type]
    for _ in range(2):
        np.testing.assert_array_equal(target(trace), np.tile([0, 1, 0, 2, 0], (3, 1)))
    assert target.label == "sum of logits 1, 3, 3"
    with pytest.raises(tc.TinycnnError, match="at least one class"):
        targets.total([])


@pytest.mark.parametrize(
    ("seed", "error", "said"),
    [
        (np.full((3, 5), 1j), tc.ShapeError, "a seed is an array of real numbers, got complex128"),
        (np.full((3, 5), "a"), tc.ShapeError, "a seed is an array of real numbers, got <U1"),
        (np.full((3, 5), np.nan), tc.NonFiniteError, "the seed has 15 NaN or infinite entries as float64"),
        (np.diag([np.inf] * 5)[:3], tc.NonFiniteError, "the seed has [^\n]* as float64"),
    ],
    ids=["complex", "text", "nan", "inf"],
)
def test_a_seed_of_what_are_no_numbers_is_refused(trace: tc.Trace, seed: Any, error: Any, said: str) -> None:
    with pytest.raises(error, match=f"^{said}"):
        targets.array(seed)(trace)


def test_a_seed_beyond_the_outputs_precision_is_refused() -> None:
    single = tc.Trace((tc.Step(None, None, np.zeros((1, 5), np.float32), None),))
    with pytest.raises(tc.NonFiniteError, match="the seed has 5 NaN or infinite entries as float32"):
        targets.array(np.full((1, 5), 1e300))(single)


@pytest.mark.parametrize("odd", [3, "max", None, [3]], ids=str)
def test_targets_around_targets_take_targets(odd: Any) -> None:
    for make in (targets.times_value, lambda one: targets.several([targets.logit(1), one])):
        with pytest.raises(
            tc.TinycnnError, match=r"^expected a Target, such as tinycnn.targets.logit\(3\), got"
        ):
            make(odd)
    with pytest.raises(tc.TinycnnError, match=r"^expected at least one Target"):
        targets.several([])


def test_values_of_several_targets_are_those_of_each_whatever_their_layer_is_called(trace: tc.Trace) -> None:
    one = tc.forward(tc.zoo.three_layer_cnn(4, 3, image=(6, 6)).astype(np.float64), trace.input[:1])
    for layer in ("relu", 1, -3):
        each = [targets.feature_map(layer, k) for k in (2, 0)]
        np.testing.assert_array_equal(
            targets.several(each).values(one), np.concatenate([target.values(one) for target in each])
        )


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("probability()", r"probability\(281\)"),
        ("times-value(1, 2)", r"times-value\(281\)"),
        ("difference(1)", r"difference\(281, 282\)"),
        ("sum()", r"sum\(281, 282\)"),
        ("sum(k=1)", r"sum\(281, 282\)"),
    ],
)
def test_a_target_of_another_number_of_classes_says_how_it_is_written(text: str, form: str) -> None:
    with pytest.raises(tc.TinycnnError, match=rf"^a target is written {form}, got '"):
        targets.parse(text, CLASSES)


def test_brackets_that_are_left_open_are_said_of_no_rule() -> None:
    with pytest.raises(
        tc.TinycnnError, match=r"^options are written name\(option, key=option\), got 'sum\(1'$"
    ):
        targets.parse("sum(1", CLASSES)


def test_several_targets_of_one_image_are_one_batch() -> None:
    net = tc.zoo.three_layer_cnn(4, 3, image=(6, 6))
    x = 50 * np.random.default_rng(0).standard_normal((1, 3, 6, 6)).astype(np.float32)
    together = tc.visualize(net, x, target=targets.several([targets.logit(k) for k in (7, 1)]))
    for index, k in enumerate((7, 1)):
        for rule, map in tc.visualize(net, x, target=k).items():
            np.testing.assert_allclose(together[rule][index], map[0], rtol=1e-4, atol=1e-5)


def test_several_targets_of_several_images_are_refused(trace: tc.Trace) -> None:
    with pytest.raises(tc.ShapeError, match="one image, got 3"):
        targets.several([targets.logit(0), targets.logit(1)])(trace)
    with pytest.raises(tc.ShapeError, match="same layer"):
        targets.several([targets.logit(0), targets.feature_map("relu", 0)])


@pytest.mark.parametrize("name", ["max", "random", "cost", "1"])
def test_an_output_of_images_has_no_logits(name: str) -> None:
    net = tc.Model("conv", (tc.Conv2D(np.ones((4, 3, 3, 3))),), (3, 6, 6))
    trace = tc.forward(net, np.ones((1, 3, 6, 6)))
    with pytest.raises(tc.ShapeError, match=r"logits are an output of 2 axes .* \(1, 4, 4, 4\)"):
        targets.parse(name)(trace)


@pytest.mark.parametrize("label", [-1, 5])
def test_a_label_out_of_range_is_refused(trace: tc.Trace, label: int) -> None:
    with pytest.raises(tc.ShapeError, match=f"index {label} .* 5 "):
        targets.cost(label)(trace)


def test_the_cost_takes_the_likeliest_class_unless_told(trace: tc.Trace) -> None:
    one = trace[-1].output[:1] / 100
    single = tc.Trace((tc.Step(None, None, one, None),))
    np.testing.assert_array_equal(targets.cost()(single), targets.cost(int(one.argmax()))(single))


def test_a_random_logit_is_each_images_own() -> None:
    same = tc.Trace((tc.Step(None, None, np.zeros((200, 10)), None),))
    counts = targets.random_logit(0)(same).sum(axis=0)
    assert counts.min() > 0  # 200 draws of 10: each class is missed with probability 7e-10
    assert counts.sum() == 200


def test_a_seed_takes_the_traces_precision(trace: tc.Trace) -> None:
    assert targets.array(np.ones((3, 5), int))(trace).dtype == np.float64


CLASSES = ("tench, Tinca tinca", "tabby, tabby cat", "lynx")


@pytest.mark.parametrize("text", ["tabby", "Tabby Cat", "tabby, tabby cat", "1", " 1", "tabby ", 1])
def test_a_class_goes_by_any_of_its_names(trace: tc.Trace, text: str | int) -> None:
    np.testing.assert_array_equal(targets.parse(text, CLASSES)(trace), targets.logit(1)(trace))


def test_a_name_that_two_classes_share_is_refused_with_their_indices() -> None:
    with pytest.raises(tc.AmbiguousNameError, match=r"0 \(crane\), 2 \(crane, derrick\)"):
        targets.parse("Crane", ("crane", "lynx", "crane, derrick"))


@pytest.mark.parametrize("text", ["²", "--1", "1.0", "", "tabby,"])
def test_what_is_neither_a_number_nor_a_name_is_an_unknown_target(text: str) -> None:
    with pytest.raises(tc.UnknownNameError, match="unknown target"):
        targets.parse(text, CLASSES)


@pytest.mark.parametrize("text", ["max", "random", "cost"])
def test_the_named_targets_parse(trace: tc.Trace, text: str) -> None:
    assert targets.parse(text)(trace).shape == (3, 5)


def test_an_unknown_class_names_the_nearest() -> None:
    with pytest.raises(tc.UnknownNameError, match="did you mean lynx"):
        targets.parse("lnyx", CLASSES)


def test_a_description_gives_class_and_probability(trace: tc.Trace) -> None:
    words = targets.describe(targets.logit(2), trace, CLASSES)
    assert words.startswith("logit 2: class 2 lynx, probability ")
    assert targets.describe(targets.logit(2), trace, "01234").startswith("logit 2: class 2, probability ")


def probabilities(trace: tc.Trace) -> np.ndarray:
    z = np.exp(trace.output - trace.output.max(axis=1, keepdims=True))
    return z / z.sum(axis=1, keepdims=True)


def moved(trace: tc.Trace, target: targets.Target, step: float = 1e-6) -> np.ndarray:
    """The gradient of a target's value on the logits, by central differences."""
    found = np.zeros_like(trace.output)
    for k in range(trace.output.shape[1]):
        ends = []
        for sign in (1, -1):
            logits = trace.output.copy()
            logits[:, k] += sign * step
            ends.append(target.values(tc.Trace((tc.Step(None, None, logits, None),))))
        found[:, k] = (ends[0] - ends[1]) / (2 * step)
    return found


@pytest.mark.parametrize(
    "target",
    [
        targets.probability(1),
        targets.log_probability(1),
        targets.difference(1, 4),
        targets.total([0, 2, 3]),
        targets.cost(2),
        targets.logit(3),
    ],
    ids=lambda target: target.label,
)
def test_each_seed_is_the_gradient_of_the_value(trace: tc.Trace, target: targets.Target) -> None:
    seed = target(trace)
    np.testing.assert_allclose(seed, moved(trace, target), atol=1e-6 * max(1, np.abs(seed).max()))


def test_values_are_what_the_labels_say(trace: tc.Trace) -> None:
    p, z = probabilities(trace), trace.output
    np.testing.assert_allclose(targets.probability(1).values(trace), p[:, 1], rtol=1e-9)
    np.testing.assert_allclose(
        targets.log_probability(1).values(trace), np.log(p[:, 1]), rtol=1e-9, atol=1e-12
    )
    np.testing.assert_allclose(targets.difference(1, 4).values(trace), z[:, 1] - z[:, 4], rtol=1e-9)
    np.testing.assert_allclose(targets.total([0, 2]).values(trace), z[:, 0] + z[:, 2], rtol=1e-9)
    np.testing.assert_allclose(targets.max_logit().values(trace), z.max(axis=1), rtol=1e-9)


def test_probabilities_times_gradients_of_their_logarithms_sum_to_nothing(trace: tc.Trace) -> None:
    p = probabilities(trace)
    total = sum(p[:, k : k + 1] * targets.log_probability(k)(trace) for k in range(5))
    np.testing.assert_allclose(total, 0, atol=1e-12)


@pytest.mark.parametrize(
    "make", [targets.probability, targets.log_probability, lambda k: targets.difference(0, k)]
)
@pytest.mark.parametrize("k", [-1, 5])
def test_a_class_out_of_range_is_refused_by_all(trace: tc.Trace, make: object, k: int) -> None:
    with pytest.raises(tc.ShapeError, match=f"index {k} asked for"):
        make(k)(trace)  # type: ignore[operator]


def test_times_value_multiplies_the_seed_whatever_the_rule(trace: tc.Trace) -> None:
    plain = targets.logit(1)
    for target, expected in (
        (plain, [plain(trace), plain(trace) * trace.output]),
        (targets.times_value(plain), [plain(trace) * trace.output] * 2),
        (targets.times_value(plain, False), [plain(trace)] * 2),
    ):
        for wanted, found in zip((False, True), expected, strict=True):
            np.testing.assert_array_equal(target.seed(trace, wanted), found)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("probability(1)", "probability of 1"),
        ("log-probability(cat)", "log probability of 1"),
        ("difference(dog, 1)", "logit 0 - logit 1"),
        ("sum(dog, cat, 2)", "sum of logits 0, 1, 2"),
        ("times-value(max)", "max logit"),
        ("times-value(difference(0, 2))", "logit 0 - logit 2"),
    ],
)
def test_targets_of_classes_are_read_by_index_or_name(text: str, label: str) -> None:
    found = targets.parse(text, ("dog", "cat", "cow"))
    assert found.label == label
    assert found.times_value is (True if text.startswith("times") else None)


@pytest.mark.parametrize(
    "text", ["difference(1)", "probability()", "probability(1, 2)", "sum(a=1)", "sum(1", "sum()"]
)
def test_targets_that_cannot_be_read_are_refused_in_one_line(text: str) -> None:
    with pytest.raises(tc.TinycnnError) as caught:
        targets.parse(text, ("dog", "cat"))
    assert "\n" not in str(caught.value)


def test_each_target_by_itself_no_longer_depends_on_the_image(trace: tc.Trace) -> None:
    first = trace.output.argmax(axis=1)
    for i, one in enumerate(targets.max_logit().each(trace)):
        np.testing.assert_array_equal(one(trace).argmax(axis=1), np.full(3, first[i]))
    drawn = targets.random_logit(3)
    for i, one in enumerate(drawn.each(trace)):
        np.testing.assert_array_equal(one(trace)[i], drawn(trace)[i])
    own = np.arange(15.0).reshape(3, 5)
    for i, one in enumerate(targets.array(own).each(trace)):
        np.testing.assert_array_equal(one(trace), np.tile(own[i], (3, 1)))
