"""What a row returns is checked before a kernel sees it, alone and stacked, in branches and below pools."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinycnn as tc
from tinycnn.rules import GRADIENT, GUIDED, Stack


def draw(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


WRONG: dict[str, Callable[[np.ndarray], Any]] = {
    "cropped": lambda signal: signal[:, :, 1:, 1:],
    "padded": lambda signal: np.pad(signal, ((0, 0), (0, 0), (1, 1), (1, 1))),
    "a channel less": lambda signal: signal[:, :-1],
    "an image more": lambda signal: np.concatenate([signal, signal]),
    "a single number": lambda signal: np.float64(signal.sum()),
    "another precision": lambda signal: signal.astype(np.float32),
    "whole numbers": lambda signal: signal.astype(np.int64),
    "flat": lambda signal: signal.reshape(len(signal), -1),
    "nothing": lambda signal: None,
    "a list": lambda signal: list(signal),
    "a tuple": lambda signal: (signal,),
    "masked": lambda signal: np.ma.masked_less(signal, 0),
}

NET = tc.Model(
    "net",
    (
        tc.Conv2D(draw(0, 4, 2, 3, 3), padding=1),
        tc.MaxPool2D(2, 2),
        tc.Branches(((tc.Conv2D(draw(1, 3, 4, 1, 1)), tc.ReLU(name="gate")), ()), tc.Concatenate()),
        tc.Flatten(),
        tc.Dense(draw(2, 5, 63)),
    ),
    (2, 6, 6),
)


def wrong_rule(name: str) -> tc.Rule:
    return GUIDED.replace("mine", {tc.ReLU: lambda signal, step: WRONG[name](signal)})


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("stacked", [False, True])
def test_a_row_that_returns_what_does_not_fit_is_an_error_that_names_rule_layer_and_shapes(
    name: str, stacked: bool
) -> None:
    trace = tc.forward(NET, draw(3, 1, 2, 6, 6))
    seed, rule = draw(4, 1, 5), wrong_rule(name)
    with pytest.raises(tc.ShapeError) as caught:
        Stack([GUIDED, rule]).maps(trace, seed) if stacked else tc.backward(trace, seed, rule)
    message = str(caught.value)
    assert message.startswith("rule 'mine': its row for gate (ReLU) returns ")
    assert message.endswith("expected float64 (1, 3, 3, 3)")
    assert "\n" not in message


def test_a_stack_of_one_rule_is_checked_too() -> None:
    trace = tc.forward(NET, draw(3, 1, 2, 6, 6))
    with pytest.raises(tc.ShapeError, match=r"float64 \(1, 3, 2, 2\), expected float64 \(1, 3, 3, 3\)"):
        Stack([wrong_rule("cropped")]).maps(trace, draw(4, 1, 5))


@pytest.mark.parametrize(
    ("merge", "row", "message"),
    [
        (tc.Add(), lambda signal, step: signal, "a tuple of 2 signals"),
        (tc.Add(), lambda signal, step: (signal,), "a tuple of 2 signals"),
        (tc.Concatenate(), lambda signal, step: (signal, signal), r"expected float64 \(1, 2, 3, 3\)"),
    ],
)
def test_what_a_merge_sends_to_its_branches_is_checked(merge: Any, row: Any, message: str) -> None:
    net = tc.Model("net", (tc.Branches(((tc.ReLU(),), ()), merge),), (2, 3, 3))
    trace = tc.forward(net, draw(0, 1, 2, 3, 3))
    rule = GRADIENT.replace("mine", {type(merge): row})
    for send in (tc.backward, lambda *call: Stack([rule]).maps(*call[:2])):
        with pytest.raises(tc.ShapeError, match=message):
            send(trace, draw(1, *trace.output.shape), rule)


def in_place(signal: np.ndarray, step: tc.Step) -> np.ndarray:
    signal *= step.input > 0
    return signal


def spoil_the_input(signal: np.ndarray, step: tc.Step) -> np.ndarray:
    step.input[:] = 0
    return signal


@pytest.mark.parametrize("row", [in_place, spoil_the_input])
def test_a_row_that_writes_to_its_arguments_is_an_error_that_names_it(row: Callable[..., Any]) -> None:
    """The branches of a sum are sent the same array: what one of them wrote, the other would see."""
    net = tc.Model("net", (tc.Branches(((tc.ReLU(),), (tc.ReLU(),)), tc.Add()),), (2, 3, 3))
    trace, seed = tc.forward(net, draw(0, 1, 2, 3, 3)), draw(1, 1, 2, 3, 3)
    rule = GRADIENT.replace("mine", {tc.ReLU: row})
    for send in (tc.backward, lambda *call: Stack([rule]).maps(*call[:2])):
        with pytest.raises(tc.TinycnnError, match=r"^rule 'mine': its row for ReLU writes to its arguments"):
            send(trace, seed, rule)
    np.testing.assert_array_equal(seed, draw(1, 1, 2, 3, 3))


def test_several_seeds_of_one_image_fit() -> None:
    trace = tc.forward(NET, draw(3, 1, 2, 6, 6))
    assert tc.backward(trace, draw(4, 7, 5), GUIDED)[0].shape == (7, 2, 6, 6)


CHILD = """
import numpy as np, tinycnn as tc
pad = lambda signal, step: np.pad(signal, ((0, 0), (0, 0), (1, 1), (1, 1)))
rule = tc.rules.GRADIENT.replace("mine", {tc.ReLU: pad})
net = tc.Model("net", (tc.MaxPool2D(2, 2), tc.ReLU(), tc.Flatten()), (64, 64, 64))
trace = tc.forward(net, np.ones((1, 64, 64, 64)))
for _ in range(20):
    try:
        tc.backward(trace, np.ones((1, 64 * 32 * 32)), rule)
    except tc.ShapeError:
        pass
"""


def test_a_row_that_pads_above_a_pool_does_not_end_the_process() -> None:
    assert subprocess.run([sys.executable, "-c", CHILD], check=False).returncode == 0
