"""The judge: predict, measure, apply the rule that was fixed in advance."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np

from tinycnn.errors import TinycnnError
from tinycnn.ops.types import Array
from tinycnn.theory.claim import Bench, Claim, Setting, Verdict, in_words, standard_error

DISTINCT = 0.9
"""Fewer different values among those of all nets are no coincidence."""


class RepeatedError(TinycnnError):
    """A sample in which nets come more than once."""


@dataclass(frozen=True)
class Finding:
    """What came of one claim; made of plain numbers and strings, so that it can be written as JSON.

    Parameters
    ----------
    claim : str
        Its id.
    predicted, measured, error : float
        `error` is the standard error of `measured`, over independent nets.
    low, high : float
        The smallest and the largest net.
    nets : int
    notices : float
        The smallest error of the prediction that this sample would have turned into a verdict, 9 times in 10.
    seed : int
    rule : str
        How it was judged.
    verdict, recorded : {"holds", "fails"}
    seconds : float
    """

    claim: str
    predicted: float
    measured: float
    error: float
    low: float
    high: float
    nets: int
    notices: float
    seed: int
    rule: str
    verdict: Verdict
    recorded: Verdict
    seconds: float

    @property
    def as_recorded(self) -> bool:
        """Whether the verdict is the one on record."""
        return self.verdict == self.recorded

    @property
    def smallest(self) -> str:
        """`notices` in words: in percent of the prediction, or as it is where that is smaller, or 0."""
        if math.isnan(self.notices):
            return "-"
        if self.notices < abs(self.predicted):
            return f"{100 * self.notices / abs(self.predicted):.2g} %"
        return f"{self.notices:.2g}"

    @property
    def in_words(self) -> str:
        """`measured` with its error, or that nothing could be measured."""
        return in_words(self.measured, self.error)

    def __str__(self) -> str:
        measured = f"{self.in_words.replace('±', '+-')} ({self.nets} nets)"
        surprise = "" if self.as_recorded else f", recorded as {self.recorded}"
        return f"{self.claim}: predicted {self.predicted:.4g}, measured {measured}: {self.verdict}{surprise}"


def judge(claim: Claim, quick: bool = True, seed: int = 0, bench: Bench | None = None) -> Finding:
    """Measure one claim and judge it.

    Parameters
    ----------
    claim : Claim
    quick : bool
        Which of its settings.
    seed : int
        Another seed means other nets, all of them.
    bench : Bench, optional
        With which rules and weights; tinycnn's own unless told otherwise.

    Returns
    -------
    Finding

    Raises
    ------
    RepeatedError
        Nets come more than once: the error bar would be too small.
    """
    setting = claim.quick if quick else claim.full
    start = time.perf_counter()
    predicted = claim.predict(setting)
    values = sample(claim, bench or OWN, setting, seed)
    _refuse_repeated(claim, values)
    holds = bool(np.isfinite(values).all()) and claim.rule(predicted, values)
    return Finding(
        claim=claim.id,
        predicted=predicted,
        measured=float(values.mean()),
        error=standard_error(values),
        low=float(values.min()),
        high=float(values.max()),
        nets=len(values),
        notices=claim.rule.notices(predicted, values),
        seed=seed,
        rule=str(claim.rule),
        verdict="holds" if holds else "fails",
        recorded=claim.recorded,
        seconds=time.perf_counter() - start,
    )


def sample(claim: Claim, bench: Bench, setting: Setting, seed: int) -> Array:
    """What is measured of each net, (nets,); NaN where there is nothing to measure.

    Nets that are closed all over have a map of 0. It has no direction, so its cosine is NaN already; and if
    all of them give 0, no error bar can judge them.
    """
    values = np.asarray(claim.measure(bench, setting, seed), np.float64)
    return values if values.any() or not claim.by_error else np.full_like(values, np.nan)


def _refuse_repeated(claim: Claim, values: Array) -> None:
    """An error bar of n nets is that of n independent ones."""
    distinct = np.unique(values)
    if claim.by_error and not np.isnan(values).any() and len(distinct) < DISTINCT * len(values):
        raise RepeatedError(
            f"{claim.id}: only {len(distinct)} of {len(values)} nets gave a value of their own; "
            "they are not independent, so nothing can be said"
        )


def judge_all(
    claims: Iterable[Claim], quick: bool = True, seed: int = 0, bench: Bench | None = None
) -> Iterator[Finding]:
    """Judge claims one by one, as a progress bar wants it; parameters of `judge`, order of `together`."""
    for group in together(claims, quick):
        for claim in group:
            yield judge(claim, quick, seed, bench)


def together(claims: Iterable[Claim], quick: bool = True) -> list[list[Claim]]:
    """Groups of claims that share what they are measured on: a setting's random nets, or trained weights.

    Little of that is kept in memory, so in a group the claims of one setting follow each other. Those on
    trained nets come first: they take longest.
    """
    groups: dict[Setting | str, dict[Setting, list[Claim]]] = {}
    for claim in claims:
        setting = claim.quick if quick else claim.full
        groups.setdefault(claim.weights or setting, {}).setdefault(setting, []).append(claim)
    found = [list(chain.from_iterable(group.values())) for group in groups.values()]
    return sorted(found, key=lambda group: not group[0].weights)


OWN = Bench()
"""tinycnn's own rules, and Gaussian weights."""
