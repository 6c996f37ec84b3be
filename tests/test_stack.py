"""A stack of rules gives each rule's map, whether there are many rules or one, in branches too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinycnn as tc
from tinycnn.rules import GUIDED, RULES, Stack


def draw(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


@pytest.fixture
def net() -> tc.Model:
    conv = tc.Conv2D(draw(0, 3, 2, 3, 3), draw(1, 3), padding=1)
    block = tc.Branches(((conv, tc.ReLU()), (tc.MaxPool2D(3, 1, 1),)), tc.Concatenate())
    dense = tc.Dense(draw(2, 4, 5 * 4 * 4))
    return tc.Model("net", (block, tc.Softplus(), tc.Flatten(), dense), (2, 4, 4))


@pytest.mark.parametrize("names", [["guided"], ["saliency", "saliency"], list(RULES)], ids=len)
@pytest.mark.parametrize(("images", "seeds"), [(1, 1), (1, 3), (2, 2)])
def test_each_rule_of_a_stack_has_the_map_it_has_alone(
    net: tc.Model, names: list[str], images: int, seeds: int
) -> None:
    trace, seed = tc.forward(net, draw(3, images, 2, 4, 4)), draw(4, seeds, 4)
    maps = Stack([RULES[name] for name in names]).maps(trace, seed)
    assert maps.shape == (len(names), seeds, 2, 4, 4)
    for name, found in zip(names, maps, strict=True):
        expected = tc.backward(trace, seed, RULES[name])[0]
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12, err_msg=name)


def test_rules_that_pass_a_merge_each_in_their_own_way_are_stacked(net: tc.Model) -> None:
    def halves(signal: np.ndarray, step: object) -> tuple[np.ndarray, ...]:
        return tuple(part / 2 for part in GUIDED[step.layer](signal, step))  # type: ignore[attr-defined]

    rules = [GUIDED, GUIDED.replace("halves", {tc.Concatenate: halves})]
    trace, seed = tc.forward(net, draw(3, 1, 2, 4, 4)), draw(4, 1, 4)
    whole, half = Stack(rules).maps(trace, seed)
    np.testing.assert_allclose(whole, tc.backward(trace, seed, GUIDED)[0], rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(half, whole / 2, rtol=1e-12, atol=1e-12)


def test_a_stack_writes_neither_to_the_seed_nor_to_the_trace(net: tc.Model) -> None:
    trace, seed = tc.forward(net, draw(3, 1, 2, 4, 4)), draw(4, 1, 4)
    kept = seed.copy()
    Stack([GUIDED, RULES["negative"]]).maps(trace, seed)
    np.testing.assert_array_equal(seed, kept)


def test_a_seed_that_does_not_fit_a_stack_is_refused(net: tc.Model) -> None:
    trace = tc.forward(net, draw(3, 1, 2, 4, 4))
    with pytest.raises(tc.ShapeError, match="seed of shape"):
        Stack([GUIDED]).maps(trace, draw(4, 1, 3))


@pytest.mark.parametrize("images", [1, 2])
def test_a_row_that_makes_a_nan_is_named_with_its_rule(net: tc.Model, images: int) -> None:
    mine = RULES["guided"].replace("mine", {tc.ReLU: lambda signal, step: signal * np.nan})
    trace = tc.forward(net, draw(3, images, 2, 4, 4))
    with pytest.raises(tc.NonFiniteError, match=r"rule 'mine': its row for .*ReLU.* makes a NaN"):
        Stack([RULES["saliency"], mine]).maps(trace, draw(4, 2, 4))


@pytest.mark.parametrize("call", [tc.backward, lambda trace, seed, rule: Stack([rule]).maps(trace, seed)])
def test_a_list_is_no_seed_and_a_name_no_rule(net: tc.Model, call: Callable[..., Any]) -> None:
    trace = tc.forward(net, draw(3, 1, 2, 4, 4))
    with pytest.raises(tc.ShapeError, match=r"the seed is a list, expected an array: float64 \(1, 4\)"):
        call(trace, [[1.0, 0, 0, 0]], RULES["guided"])
    with pytest.raises(tc.TinycnnError, match=r"got a name; tinycnn.rules.table\('guided'\) finds it"):
        call(trace, draw(4, 1, 4), "guided")
