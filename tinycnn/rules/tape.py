"""The tape of a backward pass: at every layer, which gate removed what fraction of the signal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tinycnn.errors import TinycnnError
from tinycnn.layers import BatchNorm2D, MaxPool2D
from tinycnn.ops.types import Array
from tinycnn.rules.fold import Folded, scale_and_shift
from tinycnn.rules.gate import Gate
from tinycnn.rules.lrp import Relevance, bias_of
from tinycnn.rules.options import shown
from tinycnn.rules.recorder import Recorder
from tinycnn.trace import Row, Rows, Step, backward


@dataclass(frozen=True)
class Entry:
    """What happened to the signal at one layer. A signal's energy is the sum of its squares.

    Parameters
    ----------
    layer : str
        Name and type.
    energy_out, energy_in : float
        Of the signal at the layer's output, where it arrives, and at its input, where it leaves.
    mask : float or None
        Fraction of the arriving energy that the forward mask alone would remove; None where the row has no
        gates.
    send : float or None
        Fraction that the backward function (the backward ReLU of DeconvNet and guided backprop) alone would
        remove.
    both : float or None
        Fraction that is gone after both.
    unreached : float or None
        At a max-pool, the fraction of its input entries that receive nothing.
    arrived, left : float
        What is to be conserved, above the layer and below it: of a rule that shares relevance out the sum of
        the signal; of any other its inner product with the layer's output, and with its input.
    bias, stabiliser : float
        How much of it went to the layer's biases, and to the epsilons in the row's denominators.
    """

    layer: str
    energy_out: float
    energy_in: float
    mask: float | None = None
    send: float | None = None
    both: float | None = None
    unreached: float | None = None
    arrived: float = 0.0
    left: float = 0.0
    bias: float = 0.0
    stabiliser: float = 0.0

    @property
    def lost(self) -> float:
        """What the layer took (made, if negative) that neither biases nor stabiliser account for."""
        return self.arrived - self.left - self.bias - self.stabiliser


class Tape(tuple[Entry, ...]):
    """The entries of one backward pass, from the seed down to the input; prints as a table."""

    def __str__(self) -> str:
        head = f"{'layer':24}{'energy':>12}{'mask':>9}{'backward':>10}{'both':>9}{'unreached':>11}"
        return "\n".join([head, *map(_line, self)])

    def ledger(self) -> str:
        """Where the relevance went, as a table: what arrives at each layer, and who took it on the way.

        For rules that share out relevance it is the sum of the signal; for others its inner product with
        what the layers put out, which the gradient conserves but for the biases.
        """
        names = ("arrived", "bias", "stabiliser", "lost", "left")
        head = f"{'layer':24}" + "".join(f"{name:>12}" for name in names)
        rows = (
            f"{entry.layer:24}" + "".join(f"{getattr(entry, name):12.4g}" for name in names) for entry in self
        )
        return "\n".join([head, *rows])


def tape(trace: Sequence[Step], seed: Array, rule: Rows) -> Tape:
    """Send a signal back, and report what each layer's gates removed; layers inside branches included.

    Parameters
    ----------
    trace, seed, rule
        As `tinycnn.backward` takes them.

    Returns
    -------
    Tape

    Raises
    ------
    TinycnnError
        A name, a method or a row was given in the place of a rule.

    Examples
    --------
    >>> model = tc.zoo.three_layer_cnn(filters=2, image=(8, 8))
    >>> trace = tc.forward(model, np.ones((1, 3, 8, 8), np.float32))
    >>> entries = tc.tape(trace, tc.targets.max_logit()(trace), tc.rules.GUIDED)
    >>> [entry.layer for entry in entries if entry.mask is not None]
    ['relu ReLU']
    """
    _expect_table(rule)
    entries: list[Entry] = []
    shares = any(isinstance(row, Relevance) for row in getattr(rule, "table", {}).values())

    def note(row: Row, signal: Array, step: Step, passed: Any) -> None:
        entries.append(
            replace(_entry(row, signal, step, passed), **_ledger(row, signal, step, passed, shares))
        )

    backward(trace, seed, Recorder(rule, note))
    return Tape(entries)


def _expect_table(rule: Any) -> None:
    if isinstance(rule, str) or not hasattr(rule, "__getitem__"):
        raise TinycnnError(
            f"a tape is of a Rule, got {shown(rule)}; tinycnn.rules.table(name) finds one by its name"
        )


def _ledger(row: Row, signal: Array, step: Step, passed: Any, shares: bool) -> dict[str, Any]:
    """What is conserved, above and below a layer, and what its biases and epsilons took of it."""
    parts, inputs = ((each if isinstance(each, tuple) else (each,)) for each in (passed, step.input))
    if not shares:
        left = sum(_inner(part, x) for part, x in zip(parts, inputs, strict=True))
        return {"arrived": _inner(signal, step.output), "left": left, "bias": _inner(signal, _shift(step))}
    found = {"arrived": _sum(signal), "left": sum(map(_sum, parts))}
    if isinstance(row, Folded):
        step, row = row.step(step), row.row
    if isinstance(row, Relevance):
        found["bias"], found["stabiliser"] = row.absorbed(signal, step)
    return found


def _shift(step: Step) -> Array:
    """What a linear layer adds to what it makes of its input; 0 of other layers."""
    if isinstance(step.layer, BatchNorm2D):
        return scale_and_shift(step.layer)[1][:, None, None]
    bias = bias_of(step.layer, step.output.ndim)
    return np.zeros(1) if bias is None else bias


def _inner(signal: Array, values: Array) -> float:
    return float(np.sum(signal * values.astype(np.float64, copy=False)))


def _sum(signal: Array) -> float:
    return float(np.sum(signal, dtype=np.float64))


def _entry(row: Row, signal: Array, step: Step, passed: Any) -> Entry:
    name = f"{step.layer.name} {type(step.layer).__name__}".strip()
    arriving = _energy(signal)
    parts = passed if isinstance(passed, tuple) else (passed,)
    entry = Entry(name, arriving, sum(map(_energy, parts)))
    if isinstance(row, Gate) and arriving > 0:
        lost = (row.mask(signal, step), row.send(signal), passed)
        mask, send, both = (1 - _energy(left) / arriving for left in lost)
        return Entry(name, arriving, entry.energy_in, mask, send, both)
    if isinstance(step.layer, MaxPool2D):
        return Entry(name, arriving, entry.energy_in, unreached=float(np.mean(passed == 0)))
    return entry


def _energy(signal: Array) -> float:
    return float(np.sum(np.square(signal, dtype=np.float64)))


def _line(entry: Entry) -> str:
    fractions = (entry.mask, entry.send, entry.both, entry.unreached)
    cells = (f"{100 * value:.1f} %" if value is not None else "" for value in fractions)
    mask, send, both, unreached = cells
    return f"{entry.layer:24}{entry.energy_in:12.4g}{mask:>9}{send:>10}{both:>9}{unreached:>11}"
