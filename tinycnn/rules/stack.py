"""Several rules at once: their signals share one batch, and layers that they treat alike are passed once.

The rules of a family differ in their activations or their unpooling and agree in everything else, where
nearly all of the arithmetic is. Stacked, r rules read every weight once instead of r times.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from tinycnn.layers import Branches, Layer
from tinycnn.ops import kernels
from tinycnn.ops.types import Array
from tinycnn.rules.gate import Gate
from tinycnn.rules.gradient import GRADIENT
from tinycnn.rules.rule import Rule
from tinycnn.trace import Row, Step, Trace, check_seed


class Stack:
    """Rules for a batch of ``len(rules)`` signals per seed: all seeds for the first rule, then for the next.

    Parameters
    ----------
    rules : sequence of Rule
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
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
        """
        check_seed(seed, trace.output)
        signal = self._send_back(trace, np.concatenate([seed] * len(self.rules)))
        return signal.reshape(len(self.rules), len(seed), *signal.shape[1:])

    def _send_back(self, trace: Trace, signal: Array) -> Array:
        for step in reversed(trace):
            signal = self._row(step.layer)(signal, step)
        return signal

    def _row(self, layer: Layer) -> Row:
        if isinstance(layer, Branches):
            return self._through_branches
        rows = [rule[layer] for rule in self.rules]
        if all(row is rows[0] for row in rows) and _is_blind(rows[0], layer):
            return rows[0]
        return partial(_apart, rows)

    def _through_branches(self, signal: Array, step: Step) -> Array:
        traces, merge = step.saved
        parts: Any = self._row(merge.layer)(signal, merge)
        return kernels.add([self._send_back(trace, part) for trace, part in zip(traces, parts, strict=True)])


def _is_blind(row: Row, layer: Layer) -> bool:
    """Whether a row treats each signal of a batch by itself, however many there are for an image."""
    return row is GRADIENT.table.get(type(layer)) and not isinstance(row, Gate)


def _apart(rows: Sequence[Row], signal: Array, step: Step) -> Any:
    """Every rule's part of the batch through its own row."""
    parts = [row(part, step) for row, part in zip(rows, np.split(signal, len(rows)), strict=True)]
    if isinstance(parts[0], tuple):
        return tuple(map(np.concatenate, zip(*parts, strict=True)))
    return np.concatenate(parts)
