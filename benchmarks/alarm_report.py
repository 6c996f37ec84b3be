"""The page on false alarms: of every claim that states a level, how often it was raised on correct code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from benchmarks.alarms import Rate, Trial, excess, lean, level, offset, rate
from tinycnn.theory.claim import Agrees, Claim

LEVEL = 0.05
"""Chance that any claim at all is listed wrongly, by either test: each p-value counts times the claims."""


@dataclass(frozen=True)
class Judged:
    """A claim that states a level, and all its trials."""

    claim: Claim
    trials: list[Trial]

    @property
    def stated(self) -> float:
        """The level; only claims that state one are here."""
        return level(self.claim) or 0.0

    @property
    def rate(self) -> Rate:
        """How many of its trials were alarms."""
        return rate(self.trials)

    @property
    def slack(self) -> float:
        """The relative error that the claim allows its formula."""
        return self.claim.rule.slack if isinstance(self.claim.rule, Agrees) else 0.0

    @property
    def cells(self) -> str:
        """Its line of the table, in Markdown."""
        median = np.median([trial.t for trial in self.trials])
        low, high = (f"{100 * end:.2g}" for end in self.rate.interval)
        return (
            f"| `{self.claim.id}` | {100 * self.stated:g} % | {_percent(self.slack)} "
            f"| {self.rate.alarms} of {self.rate.trials} | {low} to {high} % | {median:+.2f} |"
        )


def markdown(claims: Mapping[str, Claim], trials: Iterable[Trial], command: str) -> str:
    """The page: what was found, the claims that need an explanation, and the table."""
    own: dict[str, list[Trial]] = {id: [] for id in claims}
    for trial in trials:
        own[trial.claim].append(trial)
    found = [Judged(claims[id], some) for id, some in own.items() if some and level(claims[id]) is not None]
    bounds = [trial for id, some in own.items() if level(claims[id]) is None for trial in some]
    counts = [len(row.trials) for row in found]
    seeds = f"{min(counts)}" if min(counts) == max(counts) else f"{min(counts)} to {max(counts)}"
    parts = [
        "# How often correct code fails a claim",
        f"Made by `{command}`; not written by hand. The quick setting of {len(found)} claims that state a "
        f"level was judged on {seeds} seeds, each of which means other networks; {_left(claims, found)}. "
        f"{_without_level(bounds)}",
        _total(found),
        _alarmed(found),
        "## Formulas that lean",
        _leaning(found),
        "## Claim by claim",
        "*Level* is the stated chance of an alarm, *slack* the relative error that the claim allows its "
        "formula on top. With each count goes the exact 95 % interval of Clopper and Pearson. *t* is how far "
        "the measurement is from the prediction, in standard errors; its median is near 0 for exact ones.",
        _table(found),
    ]
    return "\n\n".join(parts) + "\n"


def _left(claims: Mapping[str, Claim], found: list[Judged]) -> str:
    """How many claims have not been judged yet."""
    stating = sum(level(claim) is not None for claim in claims.values())
    return f"{stating - len(found)} more have not been yet" if stating > len(found) else "there are no others"


def _without_level(trials: list[Trial]) -> str:
    """Claims with bounds, and refuted statements, are judged once."""
    alarms = [f"`{trial.claim}`" for trial in trials if trial.alarm]
    return (
        "Claims that must hold in every network state no level, nor do those on record as refuted: "
        f"{len(trials)} of both were judged once. Not as recorded: {', '.join(alarms) or 'none'}."
    )


def _total(found: list[Judged]) -> str:
    """All claims together, and those without slack, for which the level is not only a bound."""
    exact = [row for row in found if not row.slack]
    lines = [_sum("All claims together", found)]
    if exact:
        lines.append(_sum("Those without slack, where the level is meant as the rate itself", exact))
    return "\n".join(f"- {line}" for line in lines)


def _sum(words: str, some: list[Judged]) -> str:
    total = rate(trial for row in some for trial in row.trials)
    expected = sum(row.stated * len(row.trials) for row in some)
    p = excess(total, expected / total.trials)
    return f"{words}: {total} alarms, where the levels allow {expected:.1f} (p = {p:.2g})."


def _alarmed(found: list[Judged]) -> str:
    """Which claims exceed their level, by the exact test, corrected for their number."""
    above = [row for row in found if excess(row.rate, row.stated) * len(found) < LEVEL]
    named = ", ".join(f"`{row.claim.id}`" for row in above) or "none"
    return (
        "Whether a claim exceeds its level is decided by an exact binomial test, one-sided, at "
        f"{_percent(LEVEL)} for all {len(found)} claims together (Bonferroni). **Claims above their level: "
        f"{named}.** {_power(found)}"
    )


def _power(found: list[Judged]) -> str:
    """How many alarms would have been too many: what the test can and cannot tell."""
    fewest = min(found, key=lambda row: len(row.trials))
    trials = len(fewest.trials)
    least = next(
        (n for n in range(trials + 1) if excess(Rate(n, trials), fewest.stated) * len(found) < LEVEL), trials
    )
    return (
        f"Among {trials} trials of one claim, {least} alarms are too many; what fewer would do shows in the "
        "sum of all."
    )


def _leaning(found: list[Judged]) -> str:
    """Claims whose measurements are on one side too often, beside what their formulas assume."""
    chosen = [row for row in found if lean(row.trials) * len(found) < LEVEL]
    exact = ", ".join(f"`{row.claim.id}`" for row in chosen if not row.slack) or "none"
    words = (
        "A formula that is exact is missed on both sides equally often. A sign test, two-sided and corrected "
        f"in the same way, finds {len(chosen)} of {len(found)} claims on one side too often: so many "
        "networks can see what their formulas neglect. *Offset* is measured minus predicted, averaged over "
        f"seeds, relative to the prediction. **Formulas among them that state no slack: {exact}.**"
    )
    head = "| claim | slack | median t | predicted | offset | assumes |\n|---|--:|--:|--:|--:|---|"
    return "\n".join([f"{words}\n\n{head}", *map(_lean_cells, chosen)]) if chosen else words


def _lean_cells(row: Judged) -> str:
    predicted = row.trials[0].predicted
    gap, error = (100 * value / (abs(predicted) or 1) for value in offset(row.trials))
    median = np.median([trial.t for trial in row.trials])
    assumes = row.claim.assumptions.replace("|", r"\|")
    return (
        f"| `{row.claim.id}` | {_percent(row.slack)} | {median:+.2f} | {predicted:.4g} "
        f"| {gap:+.2g} ± {error:.1g} % | {assumes} |"
    )


def _table(found: list[Judged]) -> str:
    head = "| claim | level | slack | alarms | 95 % | median t |\n|---|--:|--:|--:|--:|--:|"
    total = rate(trial for row in found for trial in row.trials)
    low, high = (f"{100 * end:.2g}" for end in total.interval)
    last = f"| **all** | | | {total.alarms} of {total.trials} | {low} to {high} % | |"
    return "\n".join([head, *(row.cells for row in found), last])


def _percent(share: float) -> str:
    return f"{100 * share:g} %" if share else "0"
