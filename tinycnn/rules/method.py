"""Methods: maps that are more than one signal sent back, such as a product with the input, or an average."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Protocol

import numpy as np

from tinycnn.errors import TinycnnError
from tinycnn.ops.types import Array
from tinycnn.rules.options import shown
from tinycnn.rules.rule import Rule
from tinycnn.trace import Trace, forward


class Target(Protocol):
    """What methods ask of a target, see `tinycnn.targets.Target`."""

    def cut(self, trace: Trace) -> Trace: ...
    def __call__(self, trace: Trace) -> Array: ...
    def seed(self, trace: Trace, times_value: bool = ...) -> Array: ...
    def values(self, trace: Trace) -> Array: ...
    def each(self, trace: Trace) -> Sequence[Any]: ...


class Answer(NamedTuple):
    """A map (n, c, h, w), or (n, 1, h, w), and what must be said of it beside the picture."""

    map: Array
    note: str = ""


Engine = Callable[[Array, Sequence[Rule], Target], Mapping[str, Array]]
"""Maps of images (n, c, h, w) by some rules, by the shortest way there is."""

Track = Callable[[Iterable[Any], str, int], Iterable[Any]]
"""Hands on the items of a long loop, and may show how far it is: of items, a text, and how many they are."""


def untracked(items: Iterable[Any], text: str, total: int) -> Iterable[Any]:
    """Show nothing."""
    return items


@dataclass(frozen=True)
class Question:
    """What a method answers: a model, images, a target; and the engine that it may ask.

    Parameters
    ----------
    model
        Anything with `layers`.
    x : (n, c, h, w)
    target : Target
    engine : Engine
    track : Track
    """

    model: Any
    x: Array
    target: Target
    engine: Engine
    track: Track = untracked

    def trace(self) -> Trace:
        """The forward pass."""
        return forward(self.model, self.x)

    def map(self, rule: AnyRule) -> Array:
        """The map by a rule or by another method."""
        if isinstance(rule, Rule):
            return self.engine(self.x, [rule], self.target)[rule.name]
        return rule.answer(self).map

    def each(self) -> list[Question]:
        """The question for each seed by itself: one image, one target that stays when the image changes."""
        targets = self.target.each(self.trace())
        images = [self.x[i : i + 1] if len(self.x) > 1 else self.x for i in range(len(targets))]
        return [replace(self, x=x, target=target) for x, target in zip(images, targets, strict=True)]

    def about(self, x: Array) -> Question:
        """The same question about other images."""
        return replace(self, x=np.ascontiguousarray(x, self.x.dtype))


@dataclass(frozen=True)
class Method:
    """A way from a question to a map.

    Parameters
    ----------
    name : str
    answer : function from Question to Answer
    source : str
        Where it was published.
    """

    name: str
    answer: Callable[[Question], Answer]
    source: str = ""


AnyRule = Rule | Method
"""What maps are asked by: a table, or a method around one."""


def expect_rule(given: Any) -> AnyRule:
    """Refuse what is neither a rule nor a method, and say how it becomes one.

    Raises
    ------
    TinycnnError
    """
    if isinstance(given, Rule | Method):
        return given
    how = (
        "tinycnn.rules.get finds one by its name"
        if isinstance(given, str)
        else "a row becomes one by tinycnn.rules.GRADIENT.replace(name, {tinycnn.ReLU: row})"
    )
    raise TinycnnError(f"expected a Rule or a Method, got {shown(given)}; {how}")
