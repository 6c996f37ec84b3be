"""What a rule is: a table that says, for each type of layer, how a signal passes back through it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

from tinycnn.errors import MissingRowError
from tinycnn.layers import Branches, Layer
from tinycnn.ops import kernels
from tinycnn.ops.types import Array
from tinycnn.trace import Row, Rows, Step, backward


@dataclass(frozen=True)
class Rule:
    """A backward rule.

    Parameters
    ----------
    name : str
        How reports and the command line speak of it.
    table : mapping from layer type to row
        A row is a function ``(signal, step) -> signal``: it takes the signal at a layer's output to the
        signal at its input. The layer is ``step.layer``; rows never write to their arguments.
    source : str
        Where the rule was published.
    """

    name: str
    table: Mapping[type[Layer], Row]
    source: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "table", MappingProxyType(dict(self.table)))

    def __getitem__(self, layer: Layer) -> Row:
        """The row for a layer. Branches need none: a signal passes back through each by the rule itself.

        Raises
        ------
        MissingRowError
            A rule never falls back to the gradient silently.
        """
        if isinstance(layer, Branches):
            return partial(through_branches, rule=self)
        if type(layer) not in self.table:
            raise MissingRowError(
                f"rule {self.name!r} has no row for {type(layer).__name__}; "
                f"add one with rule.replace(name, {{{type(layer).__name__}: row}})"
            )
        return self.table[type(layer)]

    def replace(self, name: str, rows: Mapping[type[Layer], Row], source: str = "") -> Rule:
        """This rule with a few rows replaced or added, under a new name."""
        return Rule(name, {**self.table, **rows}, source)


def through_branches(signal: Array, step: Step, rule: Rows) -> Array:
    """Split a signal where the branches merged, send each part back, and add up where they forked."""
    traces, merge = step.saved
    parts: Any = rule[merge.layer](signal, merge)
    return kernels.add([backward(trace, part, rule)[0] for trace, part in zip(traces, parts, strict=True)])
