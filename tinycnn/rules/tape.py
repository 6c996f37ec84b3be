"""The tape of a backward pass: at every layer, which gate removed what fraction of the signal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinycnn.layers import MaxPool2D
from tinycnn.ops.types import Array
from tinycnn.rules.gate import Gate
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
    """

    layer: str
    energy_out: float
    energy_in: float
    mask: float | None = None
    send: float | None = None
    both: float | None = None
    unreached: float | None = None


class Tape(tuple[Entry, ...]):
    """The entries of one backward pass, from the seed down to the input; prints as a table."""

    def __str__(self) -> str:
        head = f"{'layer':24}{'energy':>12}{'mask':>9}{'backward':>10}{'both':>9}{'unreached':>11}"
        return "\n".join([head, *map(_line, self)])


def tape(trace: Sequence[Step], seed: Array, rule: Rows) -> Tape:
    """Send a signal back, and report what each layer's gates removed; layers inside branches included.

    Parameters
    ----------
    trace, seed, rule
        As `tinycnn.backward` takes them.

    Returns
    -------
    Tape
    """
    entries: list[Entry] = []
    backward(trace, seed, Recorder(rule, lambda *call: entries.append(_entry(*call))))
    return Tape(entries)


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
