"""What the strategies draw is what they promise, and a case survives being printed and pasted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import find, given
from hypothesis import strategies as st

from tinycnn.layers import Branches, ReLU, ReLU6, Softplus, flat
from tinycnn.rules import GRADIENT
from tinycnn.testing import Case, Law, as_rule, search
from tinycnn.testing.case import same_numbers
from tinycnn.testing.regimes import REGIMES, arrays
from tinycnn.testing.search import rectified
from tinycnn.testing.strategies import (
    EVERYTHING,
    cases,
    chains,
    reused,
    rules,
    traces,
)
from tinycnn.trace import backward


@given(cases(images=2, two=True))
def test_drawn_cases_run_and_survive_being_pasted(case: Case) -> None:
    names: dict[str, object] = {}
    exec(str(case), names)
    pasted = names["case"]
    assert isinstance(pasted, Case)
    np.testing.assert_array_equal(pasted.trace().output, case.trace().output)
    np.testing.assert_array_equal(pasted.map(GRADIENT), case.map(GRADIENT))
    assert pasted.size == case.size


@given(cases(reused))
def test_a_layer_used_twice_is_still_one_layer_after_pasting(case: Case) -> None:
    names: dict[str, object] = {}
    exec(str(case), names)
    pasted = names["case"]
    assert isinstance(pasted, Case)
    assert pasted.layers[1] is pasted.layers[3]


@given(traces(), rules, st.data())
def test_rules_run_on_drawn_traces(trace: object, rule: object, data: st.DataObject) -> None:
    seed = data.draw(arrays(trace.output.shape))  # type: ignore[attr-defined]
    assert len(backward(trace, seed, rule)) == len(trace) + 1  # type: ignore[arg-type]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("regime", [*REGIMES, "denormal", "nan"])
def test_regimes_are_what_they_are_called(regime: str, dtype: type) -> None:
    tiny = float(np.finfo(dtype).tiny)
    meant = {
        "mixed": lambda a: (a < 0).any() and (a > 0).any(),
        "zeros": lambda a: (a == 0).sum() > 1 and a.any(),
        "ties": lambda a: len(set(a.flat)) < a.size and a.any(),
        "halves": lambda a: (a % 1 != 0).any(),
        "fine": lambda a: (a * 2**10 % 1 != 0).any(),
        "tiny": lambda a: a.any() and np.abs(a).max() < 1e-7,
        "huge": lambda a: np.abs(a).max() > 1e8,
        "denormal": lambda a: a.any() and np.abs(a).max() < tiny,
        "nan": lambda a: np.isnan(a).any(),
    }[regime]
    found = find(arrays((2, 3), dtype, (regime,)), lambda a: bool(meant(a)))
    assert found.dtype == dtype


@pytest.mark.parametrize("name", ["relu6", "branches", "gap", "batchnorm"])
def test_every_kind_of_layer_is_drawn(name: str) -> None:
    kind = {"relu6": "ReLU6", "branches": "Branches", "gap": "GlobalAvgPool2D", "batchnorm": "BatchNorm2D"}

    def has(layers: tuple[object, ...]) -> bool:
        return any(type(layer).__name__ == kind[name] for layer in layers)

    assert has(find(chains((2, 2, 2), EVERYTHING), has))


def test_layers_inside_branches_are_drawn() -> None:
    def deep(layers: tuple[object, ...]) -> bool:
        return any(isinstance(layer, Branches) and list(flat([layer])) for layer in layers)

    assert deep(find(chains((1, 2, 2)), deep))


@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1])
def test_search_is_repeatable(seed: int) -> None:
    law = Law("never", "Nothing is positive.", _not_positive, (cases(lambda _: st.just((ReLU(),))),))
    first, second = (search(law, GRADIENT, 10, seed) for _ in range(2))
    assert not first.holds
    assert str(first.case) == str(second.case)


def test_a_row_for_relu_is_tried_on_every_network_with_relus_in_the_place_of_unknown_activations() -> None:
    twice = Softplus()
    case = Case((ReLU6(), twice, ReLU(), twice), np.ones((1, 1, 1, 1)), np.ones((1, 1, 1, 1)))
    known = rectified(case, as_rule(lambda signal, step: signal))
    assert [type(layer) for layer in known.layers] == [ReLU] * 4
    assert known.layers[1] is known.layers[3]
    assert rectified(case, GRADIENT).layers == case.layers


def _not_positive(rule: object, case: Case) -> None:
    assert not (case.x > 0).any()


def test_equality_is_up_to_rounding_and_no_further() -> None:
    a = np.array([1.0, 1e-3])
    assert same_numbers(a, a * (1 + 1e-15))
    assert not same_numbers(a, a + np.array([0, 1e-9]))
    assert same_numbers(a, a + np.array([0, 1e-9]), scale=1e4)
    assert not same_numbers(a, np.array([1.0, np.nan]))
    assert not same_numbers(a, a[:1])
