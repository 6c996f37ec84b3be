"""What a rule is: a table that says, for each type of layer, how a signal passes back through it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Any

from tinycnn.errors import MissingRowError, TinycnnError
from tinycnn.layers import Activation, Branches, Layer, flat
from tinycnn.ops import engine
from tinycnn.ops.types import Array
from tinycnn.rules.fold import Folded, merged, pairs
from tinycnn.rules.options import shown
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
    first, last : mapping from layer type to row
        Rows for one layer only: the first, or the last, of a network that is of one of these types.
    folds : bool
        Whether a convolution takes in the batch norm that follows it, before its row is asked.
    times_value : bool
        Whether the rule's signal starts from a seed times the output, unless the target says otherwise: as
        relevance does, which is to be shared out and not to be differentiated.
    places : mapping from layer to row, optional
        Rows for layers of one network; `place` finds them.

    Raises
    ------
    TinycnnError
        A key is no type of layer, so that its row would never be asked, or a row is no function.

    Examples
    --------
    >>> def row(signal, step):
    ...     return signal * (step.input > 0) * (signal > 0)
    >>> mine = tc.rules.GRADIENT.replace("mine", {tc.ReLU: row})
    >>> mine[tc.ReLU()] is row
    True
    """

    name: str
    table: Mapping[type[Layer], Row]
    source: str = ""
    first: Mapping[type[Layer], Row] = field(default_factory=dict)
    last: Mapping[type[Layer], Row] = field(default_factory=dict)
    folds: bool = False
    times_value: bool = False
    places: Mapping[Layer, Row] | None = None

    def __post_init__(self) -> None:
        for name in ("table", "first", "last"):
            rows = getattr(self, name)
            _expect_rows(self.name, rows)
            object.__setattr__(self, name, MappingProxyType(_Table(rows)))

    def __getitem__(self, layer: Layer) -> Row:
        """The row for a layer. Branches need none: a signal passes back through each by the rule itself.

        Raises
        ------
        MissingRowError
            A rule never falls back to the gradient silently.
        """
        if isinstance(layer, Branches):
            return partial(through_branches, rule=self)
        if self.places and layer in self.places:
            return self.places[layer]
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
        return _row(self.table, kind)

    @property
    def is_plain(self) -> bool:
        """Whether the table says it all: no row depends on where in a network a layer stands."""
        return not (self.first or self.last or self.folds)

    def place(self, layers: Sequence[Layer]) -> Rule:
        """This rule for one network: which of its layers are the first and last, and which batch norms fold.

        `backward` asks for it with the layers of its trace. To send a signal through a part of a network
        only, place the rule in the whole network first; a rule that has its place keeps it.
        """
        if self.is_plain or self.places is not None:
            return self
        every = list(flat(layers))
        found: dict[Layer, Row] = {}
        for rows, order in ((self.last, every[::-1]), (self.first, every)):
            here = next((layer for layer in order if _row(rows, type(layer)) is not None), None)
            if here is not None:
                found[here] = rows[type(here)]
        if self.folds:
            for conv, norm in pairs(layers).items():
                found[conv] = Folded(found.get(conv, self[conv]), merged(conv, norm))
                found[norm] = passing
        return dataclasses.replace(self, places=found)

    def replace(self, name: str, rows: Mapping[type[Layer], Row], source: str = "") -> Rule:
        """This rule with a few rows replaced or added, under a new name.

        A row for a class of activations replaces those of its subclasses, too.
        """
        _expect_rows(name, rows)
        kept = {kind: row for kind, row in self.table.items() if not _is_replaced(kind, rows)}
        return dataclasses.replace(self, name=name, table={**kept, **rows}, source=source)


def passing(signal: Array, step: Step) -> Array:
    """The signal as it comes."""
    return signal


def _row(rows: Mapping[type[Layer], Row], kind: type[Layer]) -> Row | None:
    try:
        return rows[kind]
    except KeyError:
        return None


def _expect_rows(name: str, rows: Any) -> None:
    """Refuse rows that no layer would ever be asked for, and what is no row."""
    if not isinstance(rows, Mapping):
        raise TinycnnError(f"rule {shown(name)}: expected rows {{type of layer: row}}, got {shown(rows)}")
    for kind, row in rows.items():
        if not _has_rows(kind):
            raise TinycnnError(
                f"rule {shown(name)}: no layer asks for the row of {shown(kind)}; "
                "rows are for types of layers, such as tinycnn.ReLU"
            )
        if not callable(row) or isinstance(row, type):
            raise TinycnnError(
                f"rule {shown(name)}: the row for {kind.__name__} must be a function (signal, step), "
                f"got {shown(row)}"
            )


def _has_rows(kind: Any) -> bool:
    """Whether there are layers of a type, or activations of a class, that have a row of their own."""
    if not (isinstance(kind, type) and issubclass(kind, Layer)) or kind is Branches:
        return False
    return issubclass(kind, Activation) or kind.forward is not Layer.forward


def _is_replaced(kind: type[Layer], rows: Mapping[type[Layer], Row]) -> bool:
    return issubclass(kind, Activation) and any(issubclass(kind, base) for base in rows)


def through_branches(signal: Array, step: Step, rule: Rows) -> Array:
    """Split a signal where the branches merged, send each part back, and add up where they forked."""
    traces, merge = step.saved
    parts = passed(rule, rule[merge.layer], signal, merge)
    return engine.add([backward(trace, part, rule)[0] for trace, part in zip(traces, parts, strict=True)])
