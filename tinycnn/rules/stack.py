"""Several rules at once: their signals share one batch, and layers that they treat alike are passed once.

The rules of a family differ in their activations or their unpooling and agree in everything else, where
nearly all of the arithmetic is. Stacked, r rules read every weight once instead of r times.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, NoReturn

import numpy as np

from tinycnn.errors import NonFiniteError
from tinycnn.layers import Branches
from tinycnn.ops import engine
from tinycnn.ops.types import Array
from tinycnn.rules.gradient import GRADIENT
from tinycnn.rules.recorder import Recorder
from tinycnn.trace import (
    Row,
    Rows,
    Step,
    Trace,
    backward,
    check_seed,
    is_finite,
    name_of,
    passed,
    placed,
    row_of,
)


class Stack:
    """Rules for a batch of ``len(rules)`` signals per seed: all seeds for the first rule, then for the next.

    Parameters
    ----------
    rules : sequence of Rule
    """

    def __init__(self, rules: Sequence[Rows]) -> None:
        self.rules = rules

    def maps(self, trace: Trace, seed: Array) -> Array:
        """What `backward` leaves at the input, by all rules; nothing that lies between is kept.

        Parameters
        ----------
        trace : Trace
            Of n images.
        seed : array of the shape of the trace's output
            For a trace of one image, any number n of seeds.

        Returns
        -------
        (rules, n, c, h, w)

        Raises
        ------
        ShapeError, MissingRowError
            As `backward` raises them.
        NonFiniteError
            A row made a NaN or an infinity; names the rule and the layer.
        """
        check_seed(seed, trace.output)
        here = Stack([placed(rule, trace) for rule in self.rules])
        # what is not finite is reported below, by rule and layer
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            signal = here._send_back(trace, np.concatenate([seed] * len(self.rules)))
            maps = signal.reshape(len(self.rules), len(seed), *signal.shape[1:])
            for rule, found in zip(self.rules, maps, strict=True):
                if not is_finite(found):
                    _refuse(rule, trace, seed)
        return maps

    def _send_back(self, trace: Trace, signal: Array) -> Array:
        for step in reversed(trace):
            signal = self._row(step)(signal, step)
        return signal

    def _row(self, step: Step) -> Row:
        if isinstance(step.layer, Branches):
            return self._through_branches
        rows = [rule[step.layer] for rule in self.rules]
        if all(row is rows[0] for row in rows) and _is_blind(rows[0], step):
            return rows[0]
        return partial(_apart, list(zip(self.rules, rows, strict=True)))

    def _through_branches(self, signal: Array, step: Step) -> Array:
        traces, merge = step.saved
        parts: Any = self._row(merge)(signal, merge)
        return engine.add([self._send_back(trace, part) for trace, part in zip(traces, parts, strict=True)])


def _refuse(rule: Rows, trace: Trace, seed: Array) -> NoReturn:
    """Send the seed back once more, to see which row makes what is not finite."""

    def look(row: Row, signal: Any, step: Step, back: Any) -> None:
        if not all(map(is_finite, back if isinstance(back, tuple) else (back,))):
            raise NonFiniteError(f"{row_of(rule, step)} makes a NaN or an infinity")

    backward(trace, seed, Recorder(rule, look))
    raise NonFiniteError(f"rule {name_of(rule)!r}: its map has NaN or infinite entries")


def _is_blind(row: Row, step: Step) -> bool:
    """Whether a row takes any number of signals for each image: it reads weights alone, or has one image."""
    one = len(step.output) == 1
    return row is GRADIENT.row(type(step.layer)) and (step.layer.linear or one)


def _apart(rows: Sequence[tuple[Rows, Row]], signal: Array, step: Step) -> Any:
    """Every rule's part of the batch through its own row."""
    split = np.split(signal, len(rows))
    parts = [passed(rule, row, part, step) for (rule, row), part in zip(rows, split, strict=True)]
    if isinstance(parts[0], tuple):
        return tuple(map(np.concatenate, zip(*parts, strict=True)))
    return np.concatenate(parts)
