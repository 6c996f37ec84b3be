"""Laws about a rule that is stacked, recorded or taped, as a user would write laws of his own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple

import numpy as np

from tests.testing.matrices import MILD, SENDS, slope
from tinycnn.layers import (
    Add,
    BatchNorm2D,
    Branches,
    Concatenate,
    Conv2D,
    Dense,
    MaxPool2D,
    ReLU,
    transform,
)
from tinycnn.ops.types import Array
from tinycnn.rules import GRADIENT, RULES, Stack
from tinycnn.rules.gate import Gate
from tinycnn.rules.recorder import Recorder
from tinycnn.rules.tape import tape
from tinycnn.testing import Case, Law
from tinycnn.testing.law import expect_same
from tinycnn.testing.strategies import IMAGE_LAYERS, activations, cases, chains
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
    trace = case.trace()
    signals = backward(trace, case.seed, rule)[::-1]
    for entry, above, below in zip(tape(trace, case.seed, rule), signals[:-1], signals[1:], strict=True):
        found, expected = (entry.arrived, entry.left, entry.lost), (above.sum(), below.sum(), 0.0)
        scale = np.abs(above).sum() + np.abs(below).sum() + abs(entry.bias) + abs(entry.stabiliser)
        expect_same(np.array(found), np.array(expected), entry.layer, float(scale))


ACCOUNTED = Law(
    "accounted",
    "Of relevance that arrives, biases and epsilons take what is not passed on.",
    _accounted,
    (cases(lambda shape: chains(shape, ("relu", "conv", "maxpool", "flatten")), regimes=MILD),),
)


def _inherited(rule: Rows, case: Case) -> None:
    class Own(ReLU):
        """What a user derives from a layer that has a row; here, so that no strategy draws it."""

    layers = transform(case.layers, lambda layer: Own() if type(layer) is ReLU else layer)
    expect_same(case.but(layers=layers).map(rule), case.map(rule), "with a class of one's own, the map")


INHERITED = Law(
    "inherited", "A class derived from an activation has its row.", _inherited, (cases(activations),)
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
