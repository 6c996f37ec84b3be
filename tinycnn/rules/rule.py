"""What a rule is: a table that says, for each type of layer, how a signal passes back through it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

from tinycnn.errors import MissingRowError
from tinycnn.layers import Activation, Branches, Layer
from tinycnn.ops import engine
from tinycnn.ops.types import Array
from tinycnn.trace import Row, Rows, Step, backward, passed


class _Table(dict[type[Layer], Row]):
    """Rows by type of layer; one for a class of activations is found by every subclass, too."""

    def __missing__(self, kind: type[Layer]) -> Row:
        bases = kind.__mro__[1:] if issubclass(kind, Activation) else ()
        for base in bases:
            if base in self:
                return self[base]
        raise KeyError(kind)


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
        object.__setattr__(self, "table", MappingProxyType(_Table(self.table)))

    def __getitem__(self, layer: Layer) -> Row:
        """The row for a layer. Branches need none: a signal passes back through each by the rule itself.

        Raises
        ------
        MissingRowError
            A rule never falls back to the gradient silently.
        """
        if isinstance(layer, Branches):
            return partial(through_branches, rule=self)
        row = self.row(type(layer))
        if row is None:
            raise MissingRowError(
                f"rule {self.name!r} has no row for {type(layer).__name__}; "
                f"add one with rule.replace(name, {{{type(layer).__name__}: row}})"
            )
        return row

    def row(self, kind: type[Layer]) -> Row | None:
        """The row for a type of layer, None if there is none.

        The row of an activation is that of its own class, or of the nearest of its base classes that has one:
        a row for `Activation` is for every activation, whoever wrote it. Other layers have rows of their own.
        """
        try:
            return self.table[kind]
        except KeyError:
            return None

    def replace(self, name: str, rows: Mapping[type[Layer], Row], source: str = "") -> Rule:
        """This rule with a few rows replaced or added, under a new name.

        A row for a class of activations replaces those of its subclasses, too.
        """
        kept = {kind: row for kind, row in self.table.items() if not _is_replaced(kind, rows)}
        return Rule(name, {**kept, **rows}, source)


def _is_replaced(kind: type[Layer], rows: Mapping[type[Layer], Row]) -> bool:
    return issubclass(kind, Activation) and any(issubclass(kind, base) for base in rows)


def through_branches(signal: Array, step: Step, rule: Rows) -> Array:
    """Split a signal where the branches merged, send each part back, and add up where they forked."""
    traces, merge = step.saved
    parts = passed(rule, rule[merge.layer], signal, merge)
    return engine.add([backward(trace, part, rule)[0] for trace, part in zip(traces, parts, strict=True)])
