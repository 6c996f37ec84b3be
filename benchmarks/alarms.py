"""How often correct code fails a claim: the quick setting over many seeds, against the level it states."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from os import PathLike

import numpy as np
from scipy.stats import binomtest

from benchmarks.kept import entries
from tinycnn.theory.claim import Agrees, Claim, standard_error
from tinycnn.theory.judge import OWN, sample, together


@dataclass(frozen=True)
class Trial:
    """The verdict on one claim, with the nets of one seed.

    Parameters
    ----------
    claim : str
    setting : str
        The setting in which it was measured, as text; trials of other settings do not count.
    seed : int
    alarm : bool
        Whether the verdict is not the one on record.
    predicted, measured, error : float
        `error` is the standard error of `measured`.
    """

    claim: str
    setting: str
    seed: int
    alarm: bool
    predicted: float
    measured: float
    error: float

    @property
    def t(self) -> float:
        """``(measured - predicted) / error``; its median over seeds is near 0 for an exact formula."""
        return (self.measured - self.predicted) / self.error if self.error > 0 else 0.0


@dataclass(frozen=True)
class Rate:
    """Alarms among trials, with the exact 95 % interval of Clopper and Pearson."""

    alarms: int
    trials: int

    @property
    def interval(self) -> tuple[float, float]:
        """The lower and the upper end of the interval, as fractions."""
        low, high = binomtest(self.alarms, self.trials).proportion_ci(0.95)
        return float(low), float(high)

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.alarms} of {self.trials} [{100 * low:.2g} %, {100 * high:.2g} %]"


def level(claim: Claim) -> float | None:
    """The chance of an alarm that a claim states.

    A bound that every net must keep states none, nor does a statement on record as one that fails.
    """
    return claim.rule.level if isinstance(claim.rule, Agrees) and claim.recorded == "holds" else None


def rate(trials: Iterable[Trial]) -> Rate:
    """Count the alarms among trials, of which there must be one at least."""
    alarms = [trial.alarm for trial in trials]
    return Rate(sum(alarms), len(alarms))


def excess(found: Rate, stated: float) -> float:
    """p-value of so many alarms or more, if their chance is no larger than stated: exact, one-sided."""
    return float(binomtest(found.alarms, found.trials, stated, alternative="greater").pvalue)


def lean(trials: Iterable[Trial]) -> float:
    """p-value of the sign test, two-sided: are measurements above the prediction as often as below?"""
    t = np.array([trial.t for trial in trials])
    sided = int(np.count_nonzero(t))
    return float(binomtest(int(np.count_nonzero(t > 0)), sided).pvalue) if sided else 1.0


def offset(trials: Iterable[Trial]) -> tuple[float, float]:
    """How far measurements are from the prediction on average over seeds, and its standard error."""
    gaps = np.array([trial.measured - trial.predicted for trial in trials])
    return float(gaps.mean()), standard_error(gaps)


def to_do(claims: Iterable[Claim], seeds: int, done: Iterable[Trial]) -> list[tuple[Claim, int]]:
    """What is left to measure: seed by seed, as claims that share a seed share its nets.

    Parameters
    ----------
    claims : iterable of Claim
    seeds : int
        Claims that state a level are judged on each of the seeds 1 to this, others on seed 1 only. Seed 0 is
        that of tests and reports.
    done : iterable of Trial
    """
    every, known = list(chain.from_iterable(together(claims))), {(trial.claim, trial.seed) for trial in done}
    return [
        (claim, seed)
        for seed in range(1, seeds + 1)
        for claim in every
        if (claim.id, seed) not in known and (seed == 1 or level(claim) is not None)
    ]


def measure(missing: Iterable[tuple[Claim, int]]) -> Iterator[Trial]:
    """Judge each claim on its seed; predictions, which do not depend on seeds, are computed once."""
    predictions: dict[str, float] = {}
    for claim, seed in missing:
        if claim.id not in predictions:
            predictions[claim.id] = claim.predict(claim.quick)
        predicted = predictions[claim.id]
        values = sample(claim, OWN, claim.quick, seed)
        verdict = "holds" if np.isfinite(values).all() and claim.rule(predicted, values) else "fails"
        found = float(values.mean()), standard_error(values)
        yield Trial(claim.id, repr(claim.quick), seed, verdict != claim.recorded, predicted, *found)


def recall(path: str | PathLike[str], claims: Mapping[str, Claim]) -> list[Trial]:
    """Read the trials in a file whose settings and predictions are still those of these claims.

    There are none if there is no such file. Lines that were cut short are left out.
    """
    trials = [Trial(**entry) for entry in entries(path)]
    settings = {id: repr(claim.quick) for id, claim in claims.items()}
    known = [trial for trial in trials if settings.get(trial.claim) == trial.setting]
    present = {id: claims[id].predict(claims[id].quick) for id in {trial.claim for trial in known}}
    return [trial for trial in known if math.isclose(trial.predicted, present[trial.claim], rel_tol=1e-6)]
