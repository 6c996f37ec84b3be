"""Check a rule of one's own against the menu of laws, and against the rule that it claims to be."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from tinycnn.errors import CheckError, UnknownNameError
from tinycnn.layers import Activation, Layer, ReLU
from tinycnn.ops.types import Array
from tinycnn.rules import GRADIENT, Rule
from tinycnn.testing.case import Case
from tinycnn.testing.law import Law, expect_same_map
from tinycnn.testing.laws import LAWS
from tinycnn.testing.search import EXAMPLES, Verdict, search
from tinycnn.testing.strategies import activations, cases, chains, perceptrons, reused, tiny_shapes
from tinycnn.trace import Row, Rows, Step

REQUIRED = tuple(law for law in LAWS.values() if law.required)
"""The laws that every rule must obey."""


def check_rule(
    rule: Rule | Row,
    laws: Iterable[str | Law] = REQUIRED,
    like: Rule | None = None,
    examples: int = EXAMPLES,
    seed: int = 0,
) -> None:
    """Try laws on a rule, each on many small networks.

    Parameters
    ----------
    rule : Rule or function (signal, step) -> signal
        A function is taken as the row for ReLU, see `as_rule`.
    laws : iterable of str or Law
        By default those that every rule must obey; `LAWS` has them all.
    like : Rule, optional
        A rule whose maps it must reproduce.
    examples, seed : int
        How many cases of each kind to try a law on, and the seed of their drawing.

    Raises
    ------
    CheckError
        A law fails; the message has the smallest case found, as code to paste.

    Examples
    --------
    >>> tc.testing.check_rule(tc.rules.GUIDED, ["homogeneity"], examples=10)
    """
    for verdict in verdicts(rule, laws, like, examples, seed):
        if not verdict.holds:
            raise CheckError(str(verdict))


def verdicts(
    rule: Rule | Row,
    laws: Iterable[str | Law] = tuple(LAWS.values()),
    like: Rule | None = None,
    examples: int = EXAMPLES,
    seed: int = 0,
) -> Iterator[Verdict]:
    """What came of each law; parameters as for `check_rule`, but by default all laws are tried.

    Examples
    --------
    >>> laws = ["homogeneity", "conservation"]
    >>> [found.holds for found in tc.testing.verdicts(tc.rules.GUIDED, laws, examples=10)]
    [True, False]
    """
    table = as_rule(rule, like or GRADIENT)
    chosen = [_law(law) for law in laws]
    for law in [*([] if like is None else [same_as(like)]), *chosen]:
        yield search(law, table, examples, seed)


def as_rule(rule: Rule | Row, base: Rule = GRADIENT, kinds: tuple[type[Layer], ...] = (ReLU,)) -> Rule:
    """A function as a rule: the base's table with the function as the row for some types of layers.

    A function for some activations says nothing about the others, whose rows are dropped.

    Examples
    --------
    >>> rule = tc.testing.as_rule(lambda signal, step: signal * (signal > 0))
    >>> rule[tc.ReLU()](np.array([-1.0, 2.0]), None)
    array([-0.,  2.])
    """
    if isinstance(rule, Rule):
        return rule
    dropped = any(issubclass(kind, Activation) for kind in kinds)
    kept = {kind: row for kind, row in base.table.items() if not (dropped and issubclass(kind, Activation))}
    name = getattr(rule, "__name__", "row")
    return dataclasses.replace(base, name=name, table={**kept, **dict.fromkeys(kinds, rule)}, source="")


def from_function(function: Callable[[Array, Array], Array]) -> Row:
    """A row from any function ``(x, signal) -> signal`` of a layer's input, such as another framework's.

    Such a function expects as many images as signals, so an image with several signals is repeated.

    Examples
    --------
    >>> row = tc.testing.from_function(lambda x, signal: signal * (x > 0))
    >>> step = tc.Step(tc.ReLU(), np.array([[-1.0, 2.0]]), None, None)
    >>> row(np.array([[5.0, 5.0]]), step)
    array([[0., 5.]])
    """

    def row(signal: Array, step: Step) -> Array:
        x: Array = step.input
        repeated = x if len(x) == len(signal) else x.repeat(len(signal), axis=0)
        return function(repeated.copy(), signal.copy())

    row.__name__ = getattr(function, "__name__", "row")
    return row


_ALONE = (("conv",), ("maxpool", "avgpool", "batchnorm"), ("flatten", "gap"), ("branches",))
"""Layers that a rule is tried on by themselves, beside activations."""


def same_as(rule: Rule) -> Law:
    """The law that a rule gives the same maps as another.

    Examples
    --------
    >>> law = tc.testing.same_as(tc.rules.GUIDED)
    >>> tc.testing.check_rule(tc.rules.GUIDED, [law], examples=10)
    """

    def check(found: Rows, case: Case) -> None:
        expect_same_map(case.map(found), case.map(rule), "the map", rule, case)

    kinds = (
        cases(activations),
        cases(perceptrons, tiny_shapes),
        *(cases(partial(chains, kinds=kinds, deepest=1)) for kinds in _ALONE),
        cases(reused),
        cases(),
    )
    code = (
        "from tinycnn.rules import get\n"
        "from tinycnn.testing import as_rule, same_as\n"
        f"like = get({rule.name!r})\n"
        "same_as(like).check(as_rule(rule, like), case)"
    )
    return Law(f"like {rule.name}", f"The map is that of {rule.name}.", check, kinds, code=code)


def _law(law: str | Law) -> Law:
    if isinstance(law, Law):
        return law
    if law not in LAWS:
        raise UnknownNameError("law", law, LAWS)
    return LAWS[law]
