"""Laws about a rule that is stacked, recorded or taped, as a user would write laws of his own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple

import numpy as np

from tests.testing.matrices import MILD, SENDS, slope
from tinycnn.layers import Add, BatchNorm2D, Branches, Concatenate, Conv2D, Dense, MaxPool2D
from tinycnn.ops.types import Array
from tinycnn.rules import GRADIENT, RULES, Stack
from tinycnn.rules.gate import Gate
from tinycnn.rules.recorder import Recorder
from tinycnn.rules.tape import tape
from tinycnn.testing import Case, Law
from tinycnn.testing.law import expect_same
from tinycnn.testing.strategies import IMAGE_LAYERS, cases, chains
from tinycnn.trace import Rows, Step, backward

AFFINE = (Conv2D, Dense, BatchNorm2D)


def _stacked(rule: Rows, case: Case) -> None:
    own = {kind: lambda signal, step: GRADIENT[step.layer](signal, step) for kind in (Add, Concatenate)}
    for others in ([rule], [rule, RULES["deconvnet+average"], RULES["guided"].replace("own", own)]):
        maps = Stack(others).maps(case.trace(), case.seed)
        for alone, found in zip(others, maps, strict=True):
            expect_same(found, case.map(alone), "in a stack, the map")


STACKED = Law(
    "stacked", "In a stack, a rule gives the map that it gives alone.", _stacked, (cases(images=2),)
)


def _recorded(rule: Rows, case: Case) -> None:
    heard: dict[int, tuple[Array, Array]] = {}
    recorder = Recorder(rule, lambda _, signal, step, passed: heard.update({id(step): (signal, passed)}))
    trace = case.trace()
    signals = backward(trace, case.seed, recorder)
    expect_same(signals[0], case.map(rule), "recorded, the map")
    for step, passed, signal in zip(trace, signals, signals[1:], strict=False):
        if not isinstance(step.layer, Branches):
            expect_same(heard[id(step)][0], signal, "the recorded signal above a layer")
            expect_same(heard[id(step)][1], passed, "the recorded signal below a layer")


RECORDED = Law(
    "recorded", "A recorder hears every layer, and changes nothing.", _recorded, (cases(images=2),)
)


def taped_as(name: str) -> Law:
    """The law that the tape of a rule is right, given the name by which its masks and sends are known."""

    def check(rule: Rows, case: Case) -> None:
        trace = case.trace()
        signals = backward(trace, case.seed, rule)[::-1]
        found = tape(trace, case.seed, rule)
        for entry, step, signal, passed in zip(found, trace[::-1], signals[:-1], signals[1:], strict=True):
            ledger = [*_ledger(step, signal, passed), 0.0]
            expected = [_energy(signal), _energy(passed), *[None] * 4, *ledger]
            if isinstance(rule[step.layer], Gate) and signal.any():
                masked, sent = slope(step.layer, step.input, name) * signal, SENDS[name](signal)
                expected[2:5] = [1 - _energy(left) / _energy(signal) for left in (masked, sent, passed)]
            if isinstance(step.layer, MaxPool2D):
                expected[5] = np.mean(passed == 0)
            expect_same(_numbers(astuple(entry)[1:]), _numbers(expected), "on the tape, a layer")

    chains_only = cases(lambda shape: chains(shape, tuple(IMAGE_LAYERS)), images=2, regimes=MILD)
    return Law(
        "taped",
        "The tape has the energy of every signal, and what gates and biases took.",
        check,
        (chains_only,),
    )


def _accounted(rule: Rows, case: Case) -> None:
    for entry in tape(case.trace(), case.seed, rule):
        taken = entry.left, entry.bias, entry.stabiliser
        scale = abs(entry.arrived) + sum(map(abs, taken))
        expect_same(np.array(entry.arrived), np.array(sum(taken) + entry.lost), entry.layer, scale)


ACCOUNTED = Law(
    "accounted",
    "Of relevance that arrives, what is not passed on has a name.",
    _accounted,
    (cases(lambda shape: chains(shape, ("relu", "conv", "maxpool", "flatten")), regimes=MILD),),
)


def _ledger(step: Step, signal: Array, passed: Array) -> list[float]:
    """Products of signal and value above and below a layer, and of the signal and what the layer adds."""
    adds = step.layer.forward(np.zeros_like(step.input))[0] if isinstance(step.layer, AFFINE) else 0.0
    pairs = ((signal, step.output), (passed, step.input), (signal, adds))
    return [float(np.sum(one * other)) for one, other in pairs]


def _energy(signal: Array) -> float:
    return float(np.sum(signal**2))


def _numbers(values: Iterable[float | None]) -> Array:
    return np.array([np.nan if value is None else value for value in values])
