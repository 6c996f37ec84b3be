"""Names of rules with options: read as documented, never evaluated, and refused in one line."""

from __future__ import annotations

import contextlib
import inspect
import math
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinycnn as tc
from tinycnn.rules import METHODS, RULES, TABLES, Relevance, get
from tinycnn.rules.averages import ig, smoothgrad
from tinycnn.rules.grammar import Call, options, read, split
from tinycnn.rules.lrp import AlphaBeta, Gamma, Plain

OTHERS_RELY_ON = (
    "lrp-0",
    "lrp-epsilon",
    "lrp-gamma",
    "lrp-alpha2-beta1",
    "lrp-zplus",
    "lrp-wsquare",
    "lrp-flat",
    "lrp-zbox",
    "epsilon-plus",
    "epsilon-plus-flat",
    "epsilon-alpha2-beta1",
    "epsilon-alpha2-beta1-flat",
    "epsilon-gamma-box",
    "excitation",
    "rectgrad",
    "beta-smooth",
    "deeplift",
    "gradient-x-input",
    "grad-cam(layer=conv5_3)",
    "smoothgrad(guided, sigma=0.1, n=50, seed=1)",
    "ig(saliency, baseline=mean, steps=9)",
)


@pytest.mark.parametrize("name", OTHERS_RELY_ON)
def test_names_that_others_rely_on(name: str) -> None:
    assert get(name).name == name
    assert get(name).source


@pytest.mark.parametrize("name", [*RULES, *TABLES, *METHODS])
def test_every_name_is_known_with_its_defaults_and_a_source(name: str) -> None:
    assert get(name).name == name
    assert get(name).source


def test_no_name_is_used_twice() -> None:
    assert len({*RULES, *TABLES, *METHODS}) == len(RULES) + len(TABLES) + len(METHODS)


@pytest.mark.parametrize("name", TABLES)
def test_options_as_they_are_listed_can_be_read(name: str) -> None:
    assert list(read(f"{name}{options(TABLES[name])}").named) == list(
        inspect.signature(TABLES[name]).parameters
    )


def test_options_by_position_and_by_key() -> None:
    assert get("lrp-alpha-beta(3, beta=2)").table[tc.Dense] == Relevance(AlphaBeta(3, 2))  # type: ignore[union-attr]
    assert get("lrp-gamma( gamma = .5 )").table[tc.Dense] == Relevance(Gamma(0.5))  # type: ignore[union-attr]
    assert get("lrp-epsilon(1e-3)").table[tc.Dense] == Relevance(Plain(), 1e-3)  # type: ignore[union-attr]
    assert read("a(b(c, d=1), e=f(2))") == Call("a", ("b(c, d=1)",), {"e": "f(2)"})
    assert read("a()") == Call("a", (), {})


def test_rules_are_split_at_commas_outside_of_brackets() -> None:
    assert split("epsilon-plus, smoothgrad(guided, sigma=0.1, n=50), ig(saliency, baseline=mean)") == [
        "epsilon-plus",
        "smoothgrad(guided, sigma=0.1, n=50)",
        "ig(saliency, baseline=mean)",
    ]


REFUSED = {
    "lrp-epsilom": "did you mean lrp-epsilon",
    "lrp-epsilon(epsilom=1)": "unknown option of lrp-epsilon 'epsilom'; did you mean epsilon",
    "lrp-epsilon(epsilon=1": "options are written name",
    "lrp-epsilon)": "unknown rule",
    "ig((saliency)": "brackets do not match",
    "ig(saliency))": "brackets do not match",
    "lrp-epsilon(epsilon=)": "is empty, given twice",
    "lrp-epsilon(,)": "is empty, given twice",
    "lrp-epsilon(1, epsilon=1)": "given twice",
    "lrp-epsilon(epsilon=1, epsilon=2)": "given twice",
    "lrp-epsilon(1, 2)": "at most one option, got 2",
    "lrp-epsilon(epsilon=one)": "expected a number, got 'one'",
    "lrp-epsilon(epsilon=nan)": "expected a number",
    "lrp-epsilon(epsilon=inf)": "expected a number",
    "lrp-epsilon(epsilon=1e9999)": "expected a number",
    "lrp-epsilon(epsilon=1e400)": "expected a number of at most 1.8e308",
    "lrp-epsilon(epsilon=٣)": "expected a number",
    "lrp-epsilon(epsilon=-1)": "at least 0",
    "lrp-gamma(-1)": "at least 0",
    "lrp-alpha-beta(2, 2)": "alpha - beta must be 1",
    "lrp-zbox(high=5)": "both bounds of the input or none",
    "lrp-zbox(low=1, high=-1)": "low must be at most high",
    "epsilon-gamma-box(low=0)": "both bounds of the input or none",
    "rectgrad(q=101)": "lies in 0..100",
    "rectgrad(frame=1)": "expected True or False",
    "smoothgrad(n=0)": "at least 1",
    "smoothgrad(n=1.5)": "expected a whole number",
    "smoothgrad(n=9999999999)": "expected a whole number",
    "smoothgrad(sigma=-1)": "at least 0",
    "smoothgrad(seed=-1)": "seed must be a whole number and at least 0, got -1",
    "expected-gradients(seed=-1)": "seed must be a whole number",
    "smoothgrad(nope)": "unknown rule 'nope'",
    "smoothgrad(mine.py::row, n=2)": "'mine.py::row' is no name of a rule; one in a file is imported",
    "ig(steps=0)": "at least 1",
    "ig(baseline=black hole)": "expected a number, got 'black hole', and neither zero nor mean",
    "guided(1)": "has no options",
    "": "unknown rule ''",
    "()": "unknown rule ''",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_cannot_be_read_is_said_in_one_line(text: str) -> None:
    with pytest.raises(tc.TinycnnError) as caught:
        get(text)
    assert REFUSED[text] in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_layer_is_a_position_only_where_it_is_a_whole_number() -> None:
    model = tc.zoo.digits("digits")
    x = model.preprocess(tc.image.default())
    for layer in ("--1", "1.5", "²"):
        with pytest.raises(tc.UnknownNameError, match=f"unknown layer '{layer}'"):
            tc.visualize(model, x, f"grad-cam({layer})")


MADE: dict[str, Callable[[], Any]] = {
    "n must be a whole number and at least 1, got 2.5": lambda: smoothgrad(n=2.5),  # type: ignore[arg-type]
    "n must be a whole number and at least 1, got True": lambda: smoothgrad(n=True),
    "n must be a whole number and at least 1, got '2'": lambda: smoothgrad(n="2"),  # type: ignore[arg-type]
    "seed must be a whole number and at least 0, got None": lambda: smoothgrad(seed=None),  # type: ignore[arg-type]
    "sigma must be a finite number and at least 0, got inf": lambda: smoothgrad(sigma=math.inf),
    "sigma must be a finite number and at least 0, got nan": lambda: smoothgrad(sigma=math.nan),
    "steps must be a whole number and at least 1, got 0.5": lambda: ig(steps=0.5),  # type: ignore[arg-type]
    "epsilon must be a finite number and at least 0, got inf": lambda: TABLES["lrp-epsilon"](math.inf),
    "epsilon must be a finite number and at least 0, got 'a'": lambda: TABLES["epsilon-plus"]("a"),
    "gamma must be a finite number and at least 0, got nan": lambda: TABLES["lrp-gamma"](math.nan),
    "alpha must be a finite number, got None": lambda: TABLES["lrp-alpha-beta"](None),
    "low must be a finite number, got nan": lambda: TABLES["lrp-zbox"](math.nan, 1),
    "q must be a finite number, got 'a'": lambda: TABLES["rectgrad"]("a"),
    "beta must be a finite number, got nan": lambda: TABLES["beta-smooth"](math.nan),
    "a layer that is not given by its name must be a whole number, got 1.5": lambda: METHODS["grad-cam"](1.5),
    "expected a Rule or a Method, got 'guided'; tinycnn.rules.get finds": lambda: smoothgrad("guided"),  # type: ignore[arg-type]
    "expected a Rule or a Method, got <built-in function abs>; a row becomes one": lambda: ig(abs),  # type: ignore[arg-type]
    "expected a Rule or a Method, got 3": lambda: METHODS["gradient-x-input"](3),
    "expected a Rule or a Method, got None": lambda: METHODS["expected-gradients"](None),
    "expected a Rule or a Method, got []": lambda: METHODS["guided-grad-cam"](rule=[]),
}


@pytest.mark.parametrize("message", MADE)
def test_what_an_option_cannot_be_is_said_where_it_is_given(message: str) -> None:
    with pytest.raises(tc.TinycnnError) as caught:
        MADE[message]()
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_options_may_be_numbers_of_numpy() -> None:
    assert TABLES["lrp-epsilon"](np.float32(0.5)) == TABLES["lrp-epsilon"](0.5)
    assert smoothgrad(n=np.int64(2)).name == "smoothgrad"  # type: ignore[arg-type]


@given(st.text("abgl-0()=,. _'\"\n\\%{}e1", max_size=40) | st.text(max_size=20))
def test_any_text_is_a_rule_or_an_error_of_ours(text: str) -> None:
    with contextlib.suppress(tc.TinycnnError):
        get(text)


def test_a_method_takes_no_memory_before_it_is_asked() -> None:
    tracemalloc.start()
    get("ig(steps=999999999)"), get("smoothgrad(n=999999999)")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 1 << 20


def test_nesting_is_bounded() -> None:
    text = "gradient-x-input(" * 100_000 + "guided" + ")" * 100_000
    with pytest.raises(tc.TinycnnError, match="at most 20 pairs of brackets"):
        get(text)
