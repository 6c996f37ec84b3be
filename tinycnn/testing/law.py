"""A law as data: its name, what it states, on which cases it is tried, and how it is checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis.strategies import SearchStrategy

from tinycnn.errors import CheckError
from tinycnn.ops.types import Array
from tinycnn.testing.case import Case, same_numbers
from tinycnn.testing.code import array_code
from tinycnn.trace import Rows


@dataclass(frozen=True)
class Law:
    """Something that may hold of a backward rule.

    Parameters
    ----------
    name : str
        How the command line speaks of it.
    statement : str
        What must hold, in one sentence.
    check : function (rule, case) -> None
        Raises CheckError where it does not hold.
    cases : tuple of strategies of Case
        Where to try it, from the simplest networks to the hardest.
    required : bool
        Whether every rule must obey it: without it, a map means nothing.
    code : str
        How to check it on a rule or row `rule` in a `case`, as Python; by default it is looked up in `LAWS`.
    readers : tuple of str
        Who can break it: rules whose rows read one of these, as `tinycnn.testing.card.reads` calls them. That
        all others obey it follows from what they read. Empty where nothing follows.

    Examples
    --------
    >>> law = tc.testing.LAWS["homogeneity"]
    >>> law.statement, law.required
    ('A signal t times as large makes a map t times as large, for t > 0.', True)
    """

    name: str
    statement: str
    check: Callable[[Any, Case], None]
    cases: tuple[SearchStrategy[Case], ...]
    required: bool = False
    code: str = ""
    readers: tuple[str, ...] = ()

    @property
    def lines(self) -> list[str]:
        """Statements that check it on `rule` in `case`."""
        lookup = "from tinycnn.testing import LAWS, as_rule\n"
        return (self.code or f"{lookup}LAWS[{self.name!r}].check(as_rule(rule), case)").splitlines()


def expect_same(found: Array, expected: Array, what: str, scale: float = 0.0) -> None:
    """Raise CheckError unless two arrays are equal up to rounding, of numbers as large as `scale` or they."""
    if found.shape != expected.shape:
        raise CheckError(f"{what} has shape {found.shape}, expected {expected.shape}")
    if not same_numbers(found, expected, scale):
        raise CheckError(f"{what} is\n    {array_code(found)}\nexpected\n    {array_code(expected)}")


def expect_same_map(found: Array, expected: Array, what: str, rule: Rows, *cases: Case) -> None:
    """The same for maps of cases, where signals far larger than a map may have cancelled on the way."""
    if not same_numbers(found, expected):
        expect_same(found, expected, what, max(case.scale(rule) for case in cases))


def expect_identical(found: Array, expected: Array, what: str) -> None:
    """Raise CheckError unless two arrays are equal bit by bit."""
    if found.shape != expected.shape or found.tobytes() != expected.tobytes():
        raise CheckError(f"{what} is\n    {array_code(found)}\nbut before it was\n    {array_code(expected)}")
