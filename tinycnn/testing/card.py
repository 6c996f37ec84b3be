"""A card for each shipped rule: what its rows read, which laws hold, and where each broken one fails."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tinycnn.errors import UnknownNameError
from tinycnn.layers import AvgPool2D, Conv2D, Layer, MaxPool2D, ReLU
from tinycnn.ops.types import Array
from tinycnn.rules import Rule
from tinycnn.testing.case import Case
from tinycnn.testing.declared import BROKEN, TRIED, counterexample
from tinycnn.testing.laws import LAWS
from tinycnn.trace import Rows, backward, forward


@dataclass(frozen=True)
class Card:
    """What is known of a rule.

    Parameters
    ----------
    rule : Rule
    reads : tuple of str
        What its rows look at besides the signal, found by changing one thing at a time.
    foreseen : tuple of str
        Names of the laws that it must obey because of what it does not read.
    holds : tuple of str
        Names of the laws that it obeys.
    broken : dict from the name of a law to Case
        The laws that it breaks, each with a small case in which it does.
    notes : tuple of str
        Lines on what is known of it elsewhere.
    """

    rule: Rule
    reads: tuple[str, ...]
    foreseen: tuple[str, ...]
    holds: tuple[str, ...]
    broken: dict[str, Case]
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        head = [
            f"{self.rule.name}: {self.rule.source}",
            f"reads: {', '.join(self.reads) or 'nothing but the signal'}",
            f"must obey, as it reads no more: {', '.join(self.foreseen) or 'none'}",
            f"obeys: {', '.join(self.holds)}",
            f"breaks: {', '.join(self.broken) or 'none'}",
            *self.notes,
        ]
        cases = (f"\n{name}: {LAWS[name].statement}\n{case}" for name, case in self.broken.items())
        return "\n".join([*head, *cases])


def card(name: str, *notes: str) -> Card:
    """The card of a shipped rule, with lines on what is known of it elsewhere.

    Raises
    ------
    UnknownNameError
        No shipped table has that name.
    """
    if name not in TRIED:
        raise UnknownNameError("rule", name, TRIED)
    rule, broken = TRIED[name], BROKEN[name]
    cases = {law: counterexample(name, law) for law in LAWS if law in broken}
    found = {law: case for law, case in cases.items() if case is not None}
    holds = tuple(law for law in LAWS if law not in broken)
    return Card(rule, tuple(reads(rule)), tuple(foreseen(rule)), holds, found, notes)


def foreseen(rule: Rows) -> Iterator[str]:
    """The laws that a rule obeys because it does not read what a breach would need."""
    read = set(reads(rule))
    yield from (law.name for law in LAWS.values() if law.readers and not read & set(law.readers))


def breaches(name: str) -> str:
    """The laws that a rule breaks, in the order of the menu; of an arm with what other unpooling breaks."""
    own = BROKEN[name]
    other = frozenset().union(*(BROKEN.get(f"{name}+{pool}", own) for pool in ("average", "center"))) - own
    listed = ", ".join(law for law in LAWS if law in own) or "none"
    return f"{listed}; without switches also {', '.join(sorted(other))}" if other else listed


def reads(rule: Rows) -> Iterator[str]:
    """What a rule's rows read, tried on a convolution, a ReLU, and both kinds of pool."""
    x = np.array([1.0, 3, 2, 5]).reshape(1, 2, 1, 2) / 4
    weight, bias = np.array([1.0, 2, 3, -1]).reshape(2, 2, 1, 1), np.array([1.0, 2])
    signal = np.array([3.0, -2, 3, -4]).reshape(1, 2, 1, 2)
    base = _passed(rule, Conv2D(weight, bias), x, signal)
    layers = {"weights": Conv2D(weight**2, bias), "biases": Conv2D(weight, bias + 3)}
    for what, layer in layers.items():
        if not np.allclose(_passed(rule, layer, x, signal), base):
            yield what
    if not np.allclose(_passed(rule, Conv2D(weight, bias), x**2, signal), base):
        yield "inputs of linear layers"
    positive, mixed = (_passed(rule, ReLU(), each, signal) for each in (x, -x))
    if not np.allclose(positive, mixed):
        yield "masks"
    if not np.allclose(_passed(rule, ReLU(), 1.5 - x, signal), positive):
        yield "activations"
    pool, average, one = MaxPool2D((1, 2), 1), AvgPool2D((1, 2), 1), signal[..., :1]
    if not np.allclose(_passed(rule, average, x, one), _passed(rule, average, x**2, one)):
        yield "inputs of averages"
    if not np.allclose(_passed(rule, pool, x, one), _passed(rule, pool, x[..., ::-1], one)):
        yield "switches"


def _passed(rule: Rows, layer: Layer, x: Array, signal: Array) -> Array:
    """What a rule makes of a signal at one layer, which is not the first of its network."""
    below = Conv2D(np.eye(2)[:, :, None, None])
    return backward(forward(Case((below, layer), x, signal), x), signal.copy(), rule)[1]
