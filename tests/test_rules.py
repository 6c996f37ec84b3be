"""Rules: each is its formula, a missing row is an error, and the tape tells who removed what."""

from __future__ import annotations

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
    class Odd(tc.ReLU):
        pass

    trace = tc.forward(tc.Model("odd", (Odd(),), (2,)), draw(0, 1, 2))
    with pytest.raises(tc.MissingRowError, match="'guided' has no row for Odd"):
        tc.backward(trace, draw(1, 1, 2), GUIDED)


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


def test_the_tape_says_what_each_gate_removed() -> None:
    z, signal = np.array([[1.0, 1, -1, -1]]), np.array([[1.0, -2, 3, -4]])
    trace = tc.forward(tc.Model("relu", (tc.ReLU(name="gate"),), (4,)), z)
    (entry,) = tc.tape(trace, signal, GUIDED)
    assert entry.layer == "gate ReLU"
    assert (entry.energy_out, entry.energy_in) == (30, 1)
    assert entry.mask == pytest.approx(25 / 30)
    assert entry.send == pytest.approx(20 / 30)
    assert entry.both == pytest.approx(29 / 30)
    (entry,) = tc.tape(trace, signal, RULES["deconvnet"])
    assert (entry.mask, entry.both) == (0, pytest.approx(20 / 30))


def test_the_tape_reaches_into_branches_and_prints() -> None:
    net = tc.Model("net", (tc.Branches(((tc.ReLU(name="in"),), ()), tc.Add(), name="block"),), (2, 2, 2))
    tape = tc.tape(tc.forward(net, draw(0, 1, 2, 2, 2)), draw(1, 1, 2, 2, 2), GUIDED)
    assert [entry.layer for entry in tape] == ["Add", "in ReLU"]
    assert "in ReLU" in str(tape)


def test_the_tape_counts_the_entries_that_a_pool_leaves_unreached() -> None:
    trace = tc.forward(tc.Model("pool", (tc.MaxPool2D(2, 2),), (1, 4, 4)), draw(0, 1, 1, 4, 4))
    (entry,) = tc.tape(trace, np.ones((1, 1, 2, 2)), GUIDED)
    assert entry.unreached == 0.75


def test_gates_can_be_read() -> None:
    gate = GUIDED[tc.ReLU()]
    assert isinstance(gate, Gate)
    assert (gate.mask, gate.send) == (tc.rules.derivative, tc.rules.positive)
