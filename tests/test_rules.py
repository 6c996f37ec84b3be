"""Rules: each is its formula, a missing row is an error, and every way to unpool goes where it says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

import tinycnn as tc
from tinycnn.rules import DESALINET, GUIDED, RULES, Gate


def draw(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


FORMULAS = {
    "saliency": lambda z, r: r * (z > 0),
    "deconvnet": lambda z, r: np.maximum(r, 0),
    "guided": lambda z, r: np.maximum(r, 0) * (z > 0),
    "linear": lambda z, r: r,
    "abs": lambda z, r: np.abs(r) * (z > 0),
    "constant": lambda z, r: 1.0 * (z > 0),
    "negative": lambda z, r: np.maximum(-r, 0) * (z > 0),
    "reversed": lambda z, r: np.maximum(r, 0) * (z < 0),
    "deconvnet-abs": lambda z, r: np.abs(r),
    "stein": lambda z, r: np.maximum(r, 0) * np.maximum(z, 0),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_each_arm_is_its_formula_at_a_relu(name: str) -> None:
    z, signal = draw(0, 2, 3, 4, 4), draw(1, 2, 3, 4, 4)
    z[0, 0, 0] = 0
    trace = tc.forward(tc.Model("relu", (tc.ReLU(),), (3, 4, 4)), z)
    np.testing.assert_array_equal(tc.backward(trace, signal, RULES[name])[0], FORMULAS[name](z, signal))


def test_every_arm_is_listed_with_three_ways_to_unpool() -> None:
    assert set(RULES) == {f"{name}{unpool}" for name in FORMULAS for unpool in ("", "+average", "+center")}
    assert all(rule.name == name and rule.source for name, rule in RULES.items())


@pytest.mark.parametrize("name", FORMULAS)
def test_each_arm_at_a_softplus_has_its_sigmoid_for_a_mask(name: str) -> None:
    """A ReLU's mask is its derivative, and so is a softplus's: 1[z > 0] becomes 1 / (1 + exp(-z))."""
    z, signal = draw(0, 2, 3, 4, 4), draw(1, 2, 3, 4, 4)
    trace = tc.forward(tc.Model("softplus", (tc.Softplus(),), (3, 4, 4)), z)
    mask, send = RULES[name][tc.Softplus()].mask, RULES[name][tc.Softplus()].send
    factor = {
        tc.rules.derivative: 1 / (1 + np.exp(-z)),
        tc.rules.reversed_derivative: 1 / (1 + np.exp(z)),
        tc.rules.everywhere: 1,
        tc.rules.activation: np.log1p(np.exp(z)),
    }[mask]
    found = tc.backward(trace, signal, RULES[name])[0]
    np.testing.assert_allclose(found, factor * send(signal), rtol=1e-12)


def test_relu6_masks_on_both_sides() -> None:
    z = np.array([[-1.0, 0, 3, 6, 7]])
    trace = tc.forward(tc.Model("relu6", (tc.ReLU6(),), (5,)), z)
    np.testing.assert_array_equal(tc.backward(trace, np.ones((1, 5)), GUIDED)[0], [[0, 0, 1, 0, 0]])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("saliency", [[0, 0, 0, 0], [0, 1, 0, 2], [0, 0, 0, 0], [0, 0, 0, 0]]),
        ("saliency+center", [[1, 0, 2, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]),
        ("saliency+average", [[0.25, 0.25, 0.5, 0.5], [0.25, 0.25, 0.5, 0.5], [0, 0, 0, 0], [0, 0, 0, 0]]),
    ],
)
def test_three_ways_to_unpool(name: str, expected: list) -> None:
    x = np.arange(16.0).reshape(1, 1, 4, 4)
    trace = tc.forward(tc.Model("pool", (tc.MaxPool2D(2, 2),), (1, 4, 4)), x)
    signal = np.array([[[[1.0, 2], [0, 0]]]])
    np.testing.assert_array_equal(tc.backward(trace, signal, RULES[name])[0][0, 0], expected)


def test_overlapping_windows_that_share_a_maximum_add_up() -> None:
    x = np.zeros((1, 1, 3, 3))
    x[0, 0, 1, 1] = 1
    trace = tc.forward(tc.Model("pool", (tc.MaxPool2D(2, 1),), (1, 3, 3)), x)
    signal = np.array([[[[1.0, 2], [3, 4]]]])
    expected = {
        "saliency": [[0, 0, 0], [0, 10, 0], [0, 0, 0]],
        "saliency+center": [[1, 2, 0], [3, 4, 0], [0, 0, 0]],
        "saliency+average": [[0.25, 0.75, 0.5], [1, 2.5, 1.5], [0.75, 1.75, 1]],
    }
    for name, back in expected.items():
        np.testing.assert_allclose(tc.backward(trace, signal, RULES[name])[0][0, 0], back)


def test_a_centre_that_lies_on_padding_is_lost() -> None:
    trace = tc.forward(
        tc.Model("pool", (tc.MaxPool2D(2, 2, ((1, 0), (1, 0))),), (1, 3, 3)), np.eye(3)[None, None]
    )
    back = tc.backward(trace, np.array([[[[1.0, 2], [3, 4]]]]), RULES["saliency+center"])[0]
    np.testing.assert_array_equal(back[0, 0], [[0, 0, 0], [0, 4, 0], [0, 0, 0]])


@pytest.mark.parametrize(("size", "at"), [(2, 0), (3, 1), (4, 1), (5, 2), (9, 4)])
def test_the_centre_is_entry_ceil_of_half_counted_from_one(size: int, at: int) -> None:
    back = tc.ops.center_unpool2d(np.ones((1, 1, 1, 1)), (size, size), size, size)
    assert np.argwhere(back[0, 0]).tolist() == [[at, at]]


def test_ties_in_a_pool_go_to_the_first() -> None:
    trace = tc.forward(tc.Model("pool", (tc.MaxPool2D(2, 2),), (1, 2, 2)), np.ones((1, 1, 2, 2)))
    back = tc.backward(trace, np.ones((1, 1, 1, 1)), RULES["saliency"])[0]
    np.testing.assert_array_equal(back[0, 0], [[1, 0], [0, 0]])


@pytest.mark.parametrize("code", DESALINET)
def test_desalinets_letters_say_which_gate_is_on(code: str) -> None:
    mask, switch, backward_relu = (letter == "T" for letter in code)
    z = np.array([[[[-2.0, 1], [1, 3]]]])
    trace = tc.forward(tc.Model("net", (tc.ReLU(), tc.MaxPool2D(2, 2)), (1, 2, 2)), z)
    for signal in (1.0, -1.0):
        back = tc.backward(trace, np.full((1, 1, 1, 1), signal), DESALINET[code])[0][0, 0]
        at = (1, 1) if switch else (0, 0)
        expected = np.zeros((2, 2))
        expected[at] = max(signal, 0) if backward_relu else signal
        if mask:
            expected[z[0, 0] <= 0] = 0
        np.testing.assert_array_equal(back, expected)


def test_a_missing_row_is_an_error_that_names_both() -> None:
    class Odd(tc.Layer):
        def forward(self, x: np.ndarray) -> tuple[np.ndarray, None]:
            return x, None

    trace = tc.forward(tc.Model("odd", (Odd(),), (2,)), draw(0, 1, 2))
    with pytest.raises(tc.MissingRowError, match="'guided' has no row for Odd"):
        tc.backward(trace, draw(1, 1, 2), GUIDED)


def test_a_missing_row_inside_a_branch_is_an_error_too() -> None:
    bare = tc.Rule(
        "bare", {kind: row for kind, row in GUIDED.table.items() if kind is not tc.layers.Activation}
    )
    block = tc.Branches(((tc.ReLU(),), ()), tc.Add())
    trace = tc.forward(tc.Model("net", (block,), (2,)), draw(0, 1, 2))
    with pytest.raises(tc.MissingRowError, match="'bare' has no row for ReLU"):
        tc.backward(trace, draw(1, 1, 2), bare)


def test_an_unknown_rule_names_the_nearest() -> None:
    with pytest.raises(tc.UnknownNameError, match="did you mean guided"):
        tc.rules.get("guidd")


def test_replacing_a_row_leaves_the_rule_as_it_was() -> None:
    mine = GUIDED.replace("mine", {tc.ReLU: lambda signal, step: 2 * signal})
    z, signal = draw(0, 1, 3), draw(1, 1, 3)
    trace = tc.forward(tc.Model("relu", (tc.ReLU(),), (3,)), z)
    np.testing.assert_array_equal(tc.backward(trace, signal, mine)[0], 2 * signal)
    np.testing.assert_array_equal(tc.backward(trace, signal, GUIDED)[0], np.maximum(signal, 0) * (z > 0))
    with pytest.raises(TypeError):
        GUIDED.table[tc.ReLU] = None


@dataclass
class Doubled:
    factor: float = 2

    def __call__(self, signal: np.ndarray, step: tc.Step) -> np.ndarray:
        return self.factor * signal


class Elsewhere:
    """A type of layers of another framework."""


@pytest.mark.parametrize(
    "kind",
    [
        Elsewhere,
        "ReLU",
        tc.ReLU(),
        (tc.ReLU, tc.Conv2D),
        tc.Layer,
        tc.layers.Pool2D,
        tc.Branches,
        object,
        None,
    ],
    ids=str,
)
@pytest.mark.parametrize(
    "make", [GUIDED.replace, tc.Rule, lambda name, rows: replace(GUIDED, name=name, first=rows)]
)
def test_a_row_that_no_layer_asks_for_is_refused(make: Callable[..., Any], kind: Any) -> None:
    """It would be as if it were not there, and the map that of the gradient."""
    with pytest.raises(
        tc.TinycnnError, match=r"^rule 'mine': no layer asks for the row of [^\n]*tinycnn.ReLU$"
    ):
        make("mine", {kind: Doubled()})


@pytest.mark.parametrize("row", [None, "guided", GUIDED, 3, Doubled], ids=str)
def test_what_is_no_row_is_refused_where_it_is_given(row: Any) -> None:
    with pytest.raises(
        tc.TinycnnError, match=r"^rule 'mine': the row for ReLU must be a function \(signal, step\)"
    ):
        GUIDED.replace("mine", {tc.ReLU: row})


@pytest.mark.parametrize("rows", [[(tc.ReLU, Doubled())], Doubled(), "mine", None], ids=str)
def test_rows_are_a_mapping(rows: Any) -> None:
    with pytest.raises(tc.TinycnnError, match=r"^rule 'mine': expected rows \{type of layer: row\}, got "):
        GUIDED.replace("mine", rows)


def test_rows_may_be_for_ones_own_layers_and_classes_of_activations() -> None:
    class Bent(tc.layers.Activation):
        pass

    class Odd(tc.Layer):
        def forward(self, x: np.ndarray) -> tuple[np.ndarray, None]:
            return x, None

    rows = dict.fromkeys((Bent, Odd, tc.layers.Activation), Doubled())
    assert GUIDED.replace("mine", rows)[tc.ReLU()] == Doubled()


@pytest.mark.parametrize(
    ("where", "expected"), [("first", [[2, 2]]), ("last", [[2, 2]]), ("table", [[4, 4]])]
)
def test_the_first_activation_is_found_by_its_class_too(where: str, expected: list) -> None:
    """A row for `Activation` is for every activation, wherever in a rule it stands."""
    plain = tc.rules.GRADIENT.replace("mine", {tc.layers.Activation: tc.rules.passing})
    mine = replace(plain, **{where: {**getattr(plain, where), tc.layers.Activation: Doubled()}})
    net = tc.Model("net", (tc.ReLU(), tc.Softplus()), (2,))
    trace = tc.forward(net, np.ones((1, 2)))
    np.testing.assert_array_equal(tc.backward(trace, np.ones((1, 2)), mine)[0], expected)


def test_gates_can_be_read() -> None:
    gate = GUIDED[tc.ReLU()]
    assert isinstance(gate, Gate)
    assert (gate.mask, gate.send) == (tc.rules.derivative, tc.rules.positive)
