"""Laws about what a rule does to signals: linear or not, which sign, in which order."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from tinycnn.errors import CheckError
from tinycnn.layers import Activation, Layer, ReLU, ReLU6
from tinycnn.layers.sizes import Shape
from tinycnn.ops.types import Array
from tinycnn.testing.case import Case
from tinycnn.testing.code import array_code
from tinycnn.testing.law import Law, expect_same, expect_same_map
from tinycnn.testing.strategies import cases, chains
from tinycnn.trace import Rows, Step


def additivity(rule: Rows, case: Case) -> None:
    assert case.other is not None
    other = case.but(seed=case.other)
    together = case.but(seed=case.seed + case.other).map(rule)
    apart = case.map(rule) + other.map(rule)
    expect_same_map(together, apart, "the map of the sum of two signals", rule, case, other)


def non_negativity(rule: Rows, case: Case) -> None:
    signals = case.signals(rule)
    for signal, step in zip(signals, case.trace(), strict=False):
        if not isinstance(step.layer, Activation):
            continue
        rising = step.layer.derivative(step.input) >= 0
        if ((signal < 0) & rising).any():
            raise CheckError(f"below {type(step.layer).__name__}, the signal is\n    {array_code(signal)}")


def idempotence(rule: Rows, case: Case) -> None:
    (step,) = case.trace()
    once = rule[step.layer](case.seed.copy(), step)
    expect_same(rule[step.layer](once.copy(), step), once, "sent through the row twice, the signal")


def forward_mask(rule: Rows, case: Case) -> None:
    (step,) = case.trace()
    row, mask = rule[step.layer], _mask(step)
    before = row(case.seed * mask, step)
    expect_same(before, row(case.seed.copy(), step) * mask, "masked before the row instead of after, it")


def backward_relu(rule: Rows, case: Case) -> None:
    (step,) = case.trace()
    row = rule[step.layer]
    before = row(np.maximum(case.seed, 0), step)
    after = np.maximum(row(case.seed.copy(), step), 0)
    expect_same(before, after, "through the backward ReLU before the row instead of after, the signal")


def direction(rule: Rows, case: Case) -> None:
    brighter = case.but(x=2 * case.x).map(rule)
    expect_same(_unit(brighter), _unit(case.map(rule)), "for an image twice as bright, the map's direction")


def _mask(step: Step) -> Array:
    z = step.input
    open_: Array = (z > 0) & (z < 6) if isinstance(step.layer, ReLU6) else z > 0
    return open_


def _unit(array: Array) -> Array:
    largest = np.abs(array).max(initial=0)
    return array / largest if largest > 0 else array


def _activation(shape: Shape) -> st.SearchStrategy[tuple[Layer, ...]]:
    return st.tuples(st.one_of(st.builds(ReLU), st.builds(ReLU6)))


_HOMOGENEOUS = ("relu", "conv", "maxpool", "avgpool", "flatten", "gap")

ALGEBRA = (
    Law(
        "additivity",
        "The map of a sum of signals is the sum of their maps.",
        additivity,
        (cases(two=True),),
    ),
    Law(
        "non-negativity",
        "Below an activation no signal is negative, except where the activation falls.",
        non_negativity,
        (cases(lambda shape: chains(shape, ("relu", "conv", "relu6", "activation"))),),
    ),
    Law(
        "idempotence",
        "A signal sent through the row of a ReLU twice is as after once.",
        idempotence,
        (cases(_activation),),
    ),
    Law(
        "forward-mask",
        "The row of a ReLU commutes with the forward mask.",
        forward_mask,
        (cases(_activation),),
    ),
    Law(
        "backward-relu",
        "The row of a ReLU commutes with the backward ReLU.",
        backward_relu,
        (cases(_activation),),
    ),
    Law(
        "direction",
        "Without biases, an image t times as bright has a map of the same direction, for t > 0.",
        direction,
        (cases(lambda shape: chains(shape, _HOMOGENEOUS, bias=False)),),
    ),
)
