"""The tape: its numbers are those of a hand computation, at every layer, inside branches too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinycnn as tc
from tinycnn.rules import GRADIENT, GUIDED, RULES, get


def draw(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def energy(signal: np.ndarray) -> float:
    return float((signal**2).sum())


Z, SIGNAL = np.array([[1.0, 1, -1, -1]]), np.array([[1.0, -2, 3, -4]])


@pytest.mark.parametrize(
    ("rule", "mask", "send", "both"),
    [
        ("saliency", 25 / 30, 0, 25 / 30),
        ("deconvnet", 0, 20 / 30, 20 / 30),
        ("guided", 25 / 30, 20 / 30, 29 / 30),
        ("linear", 0, 0, 0),
        ("abs", 25 / 30, 0, 25 / 30),
        ("negative", 25 / 30, 10 / 30, 26 / 30),
        ("reversed", 5 / 30, 20 / 30, 21 / 30),
    ],
)
def test_the_tape_says_what_each_gate_removed(rule: str, mask: float, send: float, both: float) -> None:
    trace = tc.forward(tc.Model("relu", (tc.ReLU(name="gate"),), (4,)), Z)
    (entry,) = tc.tape(trace, SIGNAL, RULES[rule])
    assert entry.layer == "gate ReLU"
    assert entry.energy_out == 30
    assert entry.energy_in == pytest.approx(30 * (1 - both))
    assert (entry.mask, entry.send, entry.both) == pytest.approx((mask, send, both))


def test_the_tape_runs_from_the_seed_down_and_each_energy_is_the_next_one() -> None:
    net = tc.zoo.three_layer_cnn(4, 3, pool=(2, 2), image=(6, 6)).astype(np.float64)
    trace = tc.forward(net, 50 * draw(0, 1, 3, 6, 6))
    seed = tc.targets.max_logit()(trace)
    tape = tc.tape(trace, seed, GUIDED)
    names = ["logits Dense", "flatten Flatten", "pool MaxPool2D", "relu ReLU", "conv Conv2D"]
    assert [entry.layer for entry in tape] == names
    signals = tc.backward(trace, seed, GUIDED)[::-1]
    assert [entry.energy_out for entry in tape] == pytest.approx([energy(s) for s in signals[:-1]])
    assert [entry.energy_in for entry in tape] == pytest.approx([energy(s) for s in signals[1:]])
    assert [entry.mask is None for entry in tape] == [True, True, True, False, True]


def test_the_tape_counts_the_entries_that_a_pool_leaves_unreached() -> None:
    trace = tc.forward(tc.Model("pool", (tc.MaxPool2D(2, 2),), (1, 4, 4)), draw(0, 1, 1, 4, 4))
    ones = np.ones((1, 1, 2, 2))
    assert tc.tape(trace, ones, GUIDED)[0].unreached == 0.75
    assert tc.tape(trace, ones, RULES["guided+center"])[0].unreached == 0.75
    assert tc.tape(trace, ones, RULES["guided+average"])[0].unreached == 0


def test_the_tape_reaches_into_branches() -> None:
    z, signal = draw(0, 1, 2, 2, 2), draw(1, 1, 2, 2, 2)
    net = tc.Model("net", (tc.Branches(((tc.ReLU(name="in"),), ()), tc.Add(), name="block"),), (2, 2, 2))
    merge, inner = tc.tape(tc.forward(net, z), signal, GUIDED)
    assert (merge.layer, inner.layer) == ("Add", "in ReLU")
    assert merge.energy_in == pytest.approx(2 * energy(signal))
    assert inner.energy_in == pytest.approx(energy(np.maximum(signal, 0) * (z > 0)))


def test_the_tape_weighs_all_parts_of_a_signal_that_is_split_unevenly() -> None:
    wide = tc.Conv2D(draw(0, 3, 2, 1, 1))
    net = tc.Model("net", (tc.Branches(((wide,), ()), tc.Concatenate()),), (2, 2, 2))
    signal = draw(2, 1, 5, 2, 2)
    merge, inner = tc.tape(tc.forward(net, draw(1, 1, 2, 2, 2)), signal, GRADIENT)
    assert (merge.layer, inner.layer) == ("Concatenate", "Conv2D")
    assert merge.energy_in == pytest.approx(energy(signal))
    assert inner.energy_out == pytest.approx(energy(signal[:, :3]))


def test_a_signal_of_nothing_has_no_fractions() -> None:
    trace = tc.forward(tc.Model("relu", (tc.ReLU(),), (4,)), Z)
    (entry,) = tc.tape(trace, np.zeros((1, 4)), GUIDED)
    assert (entry.energy_out, entry.energy_in, entry.mask, entry.both) == (0, 0, None, None)


def test_the_tape_of_several_seeds_sums_over_them() -> None:
    trace = tc.forward(tc.Model("relu", (tc.ReLU(),), (4,)), Z)
    (entry,) = tc.tape(trace, np.concatenate([SIGNAL, -SIGNAL]), GUIDED)
    assert (entry.energy_out, entry.energy_in) == (60, 1 + 4)


def test_recording_changes_nothing() -> None:
    net = tc.zoo.three_layer_cnn(4, 3, image=(6, 6)).astype(np.float64)
    trace = tc.forward(net, 50 * draw(0, 1, 3, 6, 6))
    seed = tc.targets.logit(1)(trace)
    for rule in RULES.values():
        arrived = tc.backward(trace, seed, rule)[0]
        assert tc.tape(trace, seed, rule)[-1].energy_in == pytest.approx(energy(arrived), rel=1e-12)


def test_a_tape_prints_one_line_per_layer() -> None:
    trace = tc.forward(tc.Model("relu", (tc.ReLU(name="gate"),), (4,)), Z)
    head, line = str(tc.tape(trace, SIGNAL, GUIDED)).splitlines()
    assert head.split() == ["layer", "energy", "mask", "backward", "both", "unreached"]
    assert line.split() == ["gate", "ReLU", "1", "83.3", "%", "66.7", "%", "96.7", "%"]


def test_a_rule_of_ones_own_without_gates_is_only_weighed() -> None:
    half = GRADIENT.replace("half", {tc.ReLU: lambda signal, step: signal / 2})
    trace = tc.forward(tc.Model("relu", (tc.ReLU(),), (4,)), Z)
    (entry,) = tc.tape(trace, SIGNAL, half)
    assert (entry.energy_out, entry.energy_in, entry.mask) == (30, 7.5, None)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (lambda signal, step: signal[:, 1:], r"returns float64 \(1, 3\), expected float64 \(1, 4\)"),
        (lambda signal, step: signal.astype(object), r"returns object \(1, 4\), expected float64 \(1, 4\)"),
        (lambda signal, step: None, r"returns a NoneType, expected float64 \(1, 4\)"),
        (lambda signal, step: np.negative(signal, out=signal), "writes to its arguments"),
    ],
)
def test_a_row_that_misfits_is_refused_by_its_rules_name(row: Callable[..., Any], said: str) -> None:
    trace = tc.forward(tc.Model("relu", (tc.ReLU(name="gate"),), (4,)), Z)
    with pytest.raises(tc.TinycnnError, match=rf"^rule 'mine': its row for gate \(ReLU\) {said}"):
        tc.tape(trace, SIGNAL, GRADIENT.replace("mine", {tc.ReLU: row}))


@pytest.mark.parametrize("odd", ["guided", get("smoothgrad"), energy, None], ids=str)
def test_a_tape_is_of_a_rule(odd: Any) -> None:
    trace = tc.forward(tc.Model("relu", (tc.ReLU(),), (4,)), Z)
    with pytest.raises(tc.TinycnnError, match=r"^a tape is of a Rule, got [^\n]*tinycnn.rules.table"):
        tc.tape(trace, SIGNAL, odd)
