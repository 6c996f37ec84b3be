"""Every shipped rule obeys the laws it is declared to obey, and breaks the others in a stored case."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinycnn as tc
from tinycnn.errors import CheckError
from tinycnn.rules import RULES, TABLES
from tinycnn.testing import LAWS, REQUIRED, Case, Law, as_rule, check_rule
from tinycnn.testing.declared import BROKEN, COUNTEREXAMPLES, TRIED, counterexample
from tinycnn.testing.search import failure
from tinycnn.testing.strategies import every_activation

every_law = pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
BREACHES = [(rule, law) for rule in TRIED for law in sorted(BROKEN[rule])]


def _holds_for_all_that_declare_it(law: Law, case: Case) -> None:
    for name, rule in TRIED.items():
        if law.name not in BROKEN[name]:
            assert failure(law, rule, case) == "", f"{name} breaks {law.name}:\n{case}"


@every_law
@settings(max_examples=20)
@given(data=st.data())
def test_rules_obey_what_they_are_declared_to_obey(law: Law, data: st.DataObject) -> None:
    _holds_for_all_that_declare_it(law, data.draw(st.one_of(law.cases)))


@pytest.mark.slow
@every_law
@settings(max_examples=200)
@given(data=st.data())
def test_rules_obey_what_they_are_declared_to_obey_in_many_cases(law: Law, data: st.DataObject) -> None:
    _holds_for_all_that_declare_it(law, data.draw(st.one_of(law.cases)))


def _conv(*rows: list[float]) -> tc.Conv2D:
    return tc.Conv2D(np.array(rows, float)[:, :, None, None])


TINY = 2.0**-200
CANCELLING = {
    "a signal far below the other": Case(
        (_conv([-1], [1]),), np.zeros((1, 1, 1, 1)), np.ones((1, 2, 1, 1)), np.array([[[[0]], [[TINY]]]])
    ),
    "branches of opposite weights": Case(
        (
            _conv([3], [0]),
            tc.Branches(((_conv([-3, 0]),), (_conv([3, 0]),)), tc.Concatenate()),
            tc.Softplus(),
        ),
        -np.ones((1, 1, 1, 1)),
        -np.ones((1, 2, 1, 1)),
        np.array([[[[1]], [[0.5]]]]),
    ),
}


@pytest.mark.parametrize("law", ["additivity", "homogeneity"])
@pytest.mark.parametrize("case", CANCELLING.values(), ids=CANCELLING)
def test_no_law_takes_rounding_for_a_breach(law: str, case: Case) -> None:
    LAWS[law].check(RULES["saliency"], case)


@pytest.mark.parametrize("kind", every_activation())
def test_where_an_activation_rises_its_signals_are_not_negative(kind: type[tc.layers.Activation]) -> None:
    z, signal = np.meshgrid([-8, -2, -1, -0.5, 0, 0.5, 1, 2, 6, 7], [-2.0, 0, 1])
    _holds_for_all_that_declare_it(LAWS["non-negativity"], Case((kind(),), z[None, None], signal[None, None]))


def test_shares_that_cancel_do_not_break_precision() -> None:
    split = tc.Branches(((tc.ReLU(),), (tc.ReLU(),)), tc.Concatenate())
    conv = tc.Conv2D(np.array([0.0, 0, 1, 3]).reshape(4, 1, 1, 1), groups=2)
    seed = np.array([1.0, 1, -1, 1]).reshape(1, 4, 1, 1)
    LAWS["precision"].check(TRIED["lrp-wsquare"], Case((split, conv), np.zeros((1, 1, 1, 1)), seed))


@pytest.mark.parametrize(("rule", "law"), BREACHES)
def test_declared_breaches_have_a_counterexample_of_few_numbers(rule: str, law: str) -> None:
    case = counterexample(rule, law)
    assert case is not None
    assert case.size <= 9
    with pytest.raises(CheckError):
        LAWS[law].check(TRIED[rule], case)


@pytest.mark.parametrize("law", COUNTEREXAMPLES)
def test_counterexamples_are_none_to_rules_that_obey(law: str) -> None:
    for case in COUNTEREXAMPLES[law]:
        _holds_for_all_that_declare_it(LAWS[law], case)


def test_only_the_constant_control_and_a_percentile_break_a_law_that_every_rule_must_obey() -> None:
    """RectGrad's threshold is that of the whole image, so a signal far away may open or close a unit."""
    required = {law.name for law in REQUIRED}
    assert {name for name in TRIED if BROKEN[name] & required} == {
        "constant",
        "constant+average",
        "constant+center",
        "rectgrad",
    }


@pytest.mark.parametrize(
    ("law", "says"),
    [
        ("completeness", "<map, x> is 0, expected <seed, output>, -2"),
        ("conservation", "a signal of sum -1 was sent back, but one of sum 0 arrives"),
    ],
)
def test_a_breach_says_which_number_is_found_and_which_expected(law: str, says: str) -> None:
    case = Case((tc.ReLU(),), np.full((1, 1, 1, 1), 2.0), np.full((1, 1, 1, 1), -1.0))
    with pytest.raises(CheckError) as caught:
        LAWS[law].check(RULES["guided"], case)
    assert str(caught.value) == says


@settings(max_examples=20)
@given(LAWS["input-sign"].cases[0])
def test_input_sign_is_tried_where_it_is_stated(case: Case) -> None:
    first, second, *_ = case.layers
    assert isinstance(first, tc.Conv2D)
    assert first.bias is None
    assert isinstance(second, tc.ReLU)


def test_the_forward_mask_of_relu6_is_closed_at_both_kinks() -> None:
    """A row that mixes open units with one at a kink does not commute with the mask."""
    for kink in (0.0, 6.0):
        case = Case((tc.ReLU6(),), np.array([[kink, 1.0]]), np.array([[1.0, 0.0]]))
        summed = as_rule(lambda signal, step: np.ones_like(signal) * signal.sum())
        with pytest.raises(CheckError, match="masked before the row"):
            LAWS["forward-mask"].check(summed.replace("summed", {tc.ReLU6: summed.table[tc.ReLU]}), case)


def test_every_shipped_table_is_tried() -> None:
    assert {name.partition("(")[0] for name in TRIED} == {*RULES, *TABLES}


def test_gradient_alone_is_additive_and_complete() -> None:
    obeys = {name for name in TRIED if not BROKEN[name] & {"additivity", "completeness"}}
    assert obeys == {"saliency"}


def test_check_rule_passes_on_a_sound_rule_and_names_the_law_that_is_broken(
    search_seed: int,
) -> None:
    check_rule(RULES["guided"], examples=20, seed=search_seed)
    with pytest.raises(CheckError, match=r"homogeneity is broken: A signal t times as large"):
        check_rule(RULES["constant"], seed=search_seed)
