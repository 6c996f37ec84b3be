"""A rule that is watched while it works."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from tinycnn.layers import Branches, Layer
from tinycnn.rules.rule import through_branches
from tinycnn.trace import Row, Rows, Step, passed


@dataclass(frozen=True)
class Recorder:
    """A rule that passes every call on to another, layers inside branches included, and then reports it.

    Parameters
    ----------
    rule : Rows
    note : function ``(row, signal, step, passed)``
        Called for each layer, the output's first; `passed` is what the row made of the signal.
    """

    rule: Rows
    note: Callable[[Row, Any, Step, Any], None]

    def __getitem__(self, layer: Layer) -> Row:
        return partial(through_branches, rule=self) if isinstance(layer, Branches) else self._noted(layer)

    def place(self, layers: Sequence[Layer]) -> Recorder:
        """The same for a rule that asks where in a network a layer stands."""
        place = getattr(self.rule, "place", None)
        return self if place is None else Recorder(place(layers), self.note)

    def _noted(self, layer: Layer) -> Row:
        row = self.rule[layer]

        def noted(signal: Any, step: Step) -> Any:
            back = passed(self.rule, row, signal, step)
            self.note(row, signal, step, back)
            return back

        return noted
