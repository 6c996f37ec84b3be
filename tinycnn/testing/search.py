"""Look for a case in which a law fails, and make it small."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from random import Random

from hypothesis import HealthCheck, Phase, find, reject, settings
from hypothesis.errors import Flaky, NoSuchExample, Unsatisfiable
from hypothesis.strategies import SearchStrategy

from tinycnn.errors import CheckError, MissingRowError, interrupted
from tinycnn.layers import Layer, ReLU, ReLU6, Softplus, transform
from tinycnn.testing.case import Case
from tinycnn.testing.law import Law
from tinycnn.trace import Rows

EXAMPLES = 100
"""How many cases of each kind a law is tried on by default."""

READABLE = 16
"""So many numbers a person still follows; a larger case is worth another search."""

PATIENCE = 400
"""How many smaller cases are looked at once one was found."""


@dataclass(frozen=True)
class Verdict:
    """What came of trying a law on a rule.

    Parameters
    ----------
    law : Law
    tried : int
        On how many cases the rule could be tried; it is tried on none whose layers it has no row for.
    case : Case or None
        The smallest case found in which the law fails.
    reason : str
        What happened in it.

    Examples
    --------
    >>> law = tc.testing.LAWS["conservation"]
    >>> found = tc.testing.search(law, tc.rules.GUIDED, examples=20)
    >>> found.law.name, found.holds
    ('conservation', False)
    """

    law: Law
    tried: int
    case: Case | None = None
    reason: str = ""

    @property
    def holds(self) -> bool:
        """Whether the law held wherever it was tried."""
        return self.case is None

    def __str__(self) -> str:
        if self.case is None:
            return f"{self.law.name} held in {self.tried} cases"
        head = [f"{self.law.name} is broken: {self.law.statement}", f"Here {self.reason}", ""]
        return "\n".join([*head, str(self.case), *self.law.lines])


def search(law: Law, rule: Rows, examples: int = EXAMPLES, seed: int = 0) -> Verdict:
    """Try a law on drawn cases; where it fails, find a small case in which it does.

    Parameters
    ----------
    law : Law
    rule : Rule
    examples : int
        How many cases to draw of each kind that the law is tried on.
    seed : int
        Of the drawing; the same seed draws the same cases.

    Examples
    --------
    >>> law = tc.testing.LAWS["homogeneity"]
    >>> tc.testing.search(law, tc.rules.GUIDED, examples=10).holds
    True
    """
    attempt = _Attempt(law, rule)
    options = settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    random = Random(seed)
    while any(attempt.look(kind, options, random) for kind in law.cases) and attempt.unreadable:
        pass  # what shrinks no further may be far from the smallest case: start anew, below its size
    return Verdict(law, attempt.tried, attempt.smallest, attempt.reason)


class _PatienceError(BaseException):
    """Ends a search from within; hypothesis would take an Exception for another way to fail."""


class _Attempt:
    """Tells whether a law fails in a case, keeps the smallest such case, and loses patience in the end."""

    def __init__(self, law: Law, rule: Rows) -> None:
        self.law, self.rule = law, rule
        self.tried, self.shrunk, self.reason = 0, 0, ""
        self.smallest: Case | None = None
        self.known: Case | None = None

    @property
    def unreadable(self) -> bool:
        return self.smallest is not None and self.smallest.size > READABLE

    def look(self, kind: SearchStrategy[Case], options: settings, random: Random) -> bool:
        """Search once; tells whether a case was found that is smaller than any known before."""
        self.known, self.shrunk = self.smallest, 0
        # Flaky is said of a rule with a memory, which fails once and not again; its smallest case stands.
        with suppress(NoSuchExample, Unsatisfiable, Flaky, _PatienceError):
            find(kind, self, settings=options, random=random)
        return self.smallest is not self.known

    def __call__(self, case: Case) -> bool:
        if self.known is not None and case.size >= self.known.size:
            return False
        case = rectified(case, self.rule)
        self.shrunk += self.smallest is not self.known
        if self.shrunk > PATIENCE:
            raise _PatienceError
        reason = failure(self.law, self.rule, case)
        if reason is None:
            reject()  # another case is drawn instead
        self.tried += 1
        if reason and (self.smallest is None or _weight(case) <= _weight(self.smallest)):
            self.smallest, self.reason = case, reason
        return bool(reason)


def failure(law: Law, rule: Rows, case: Case) -> str | None:
    """Why a law fails in a case: empty if it holds, None if the rule has no row for one of its layers."""
    try:
        law.check(rule, case)
    except MissingRowError:
        return None
    except CheckError as error:
        return str(error)
    except Exception as error:  # a user's rule may raise anything: that is a failure with a reason, too
        if interrupted(error):
            raise
        return f"it raised {type(error).__name__}: {error}"
    return ""


def rectified(case: Case, rule: Rows) -> Case:
    """The case with a ReLU in the place of every other activation that a rule has no row for.

    A function that is taken as the row for ReLU can so be tried on every network that is drawn.
    """
    return case.but(layers=transform(case.layers, lambda layer: _known(layer, rule)))


def _known(layer: Layer, rule: Rows) -> Layer:
    if not isinstance(layer, ReLU6 | Softplus):
        return layer
    try:
        rule[layer]
    except MissingRowError:
        return ReLU()
    return layer


def _weight(case: Case) -> tuple[int, int]:
    return case.size, len(str(case))
