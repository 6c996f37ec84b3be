"""``python -m benchmarks.false_alarms``: how often correct code fails a claim, against the level it states.

The quick setting of every claim is measured over many seeds. What was measured is kept in a file, one line
each, so that a run can be stopped and taken up again. A bound that every net must keep has no level to be
held against, and is measured once.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from fnmatch import fnmatch
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table
from scipy.stats import binomtest

from tinycnn.theory.claim import Agrees, Claim, standard_error
from tinycnn.theory.claims import CLAIMS
from tinycnn.theory.judge import OWN


@dataclass(frozen=True)
class Trial:
    """One claim on one seed.

    Parameters
    ----------
    claim : str
    setting : str
        In which it was measured; another one makes a trial worthless.
    seed : int
    alarm : bool
        Whether the verdict is not the one on record.
    t : float
        ``(measured - predicted) / standard error``.
    """

    claim: str
    setting: str
    seed: int
    alarm: bool
    t: float


@dataclass(frozen=True)
class Rate:
    """False alarms of one claim, with the exact 95 % interval of Clopper and Pearson."""

    alarms: int
    trials: int
    low: float
    high: float

    @classmethod
    def of(cls, alarms: int, trials: int) -> Rate:
        """The interval of a count."""
        low, high = binomtest(alarms, trials).proportion_ci(0.95)
        return cls(alarms, trials, float(low), float(high))

    def __str__(self) -> str:
        return f"{self.alarms} of {self.trials} [{100 * self.low:.2g} %, {100 * self.high:.2g} %]"


def main() -> None:
    """Measure what is missing, and print the rates."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.false_alarms", description=__doc__)
    parser.add_argument("claims", nargs="*", default=["*"], metavar="CLAIM", help="ids; * is allowed (all)")
    parser.add_argument("--seeds", type=int, default=200, metavar="N")
    parser.add_argument("--file", type=Path, default=Path("false_alarms.jsonl"), help="what was measured")
    chosen = parser.parse_args()
    claims = [claim for id, claim in CLAIMS.items() if any(fnmatch(id, name) for name in chosen.claims)]
    trials = read(chosen.file, claims)
    missing = list(to_do(claims, chosen.seeds, trials))
    with chosen.file.open("a") as file:
        for trial in track(measure(missing), "measuring", len(missing), console=Console(stderr=True)):
            file.write(json.dumps(asdict(trial)) + "\n")
            file.flush()
            trials.append(trial)
    console = Console(width=max(100, Console().width))
    console.print(table(claims, trials))
    print(summary(claims, trials))


def read(path: Path, claims: Iterable[Claim]) -> list[Trial]:
    """Trials of these claims in their present settings; a last line that was cut short is measured again."""
    settings = {(claim.id, repr(claim.quick)) for claim in claims}
    lines = path.read_text().splitlines() if path.exists() else []
    trials = [Trial(**json.loads(line)) for line in lines if line.endswith("}")]
    return [trial for trial in trials if (trial.claim, trial.setting) in settings]


def to_do(claims: Iterable[Claim], seeds: int, trials: Iterable[Trial]) -> Iterator[tuple[Claim, int]]:
    """Seed by seed, as claims that share a seed share its nets; seed 0 is the one that tests look at."""
    done = {(trial.claim, trial.seed) for trial in trials}
    every = list(claims)
    for seed in range(1, seeds + 1):
        for claim in every:
            if (claim.id, seed) not in done and (seed == 1 or isinstance(claim.rule, Agrees)):
                yield claim, seed


def measure(missing: Iterable[tuple[Claim, int]]) -> Iterator[Trial]:
    """Judge each; a prediction is made once, as it knows nothing of seeds."""
    predictions: dict[str, float] = {}
    for claim, seed in missing:
        if claim.id not in predictions:
            predictions[claim.id] = claim.predict(claim.quick)
        predicted = predictions[claim.id]
        values = np.asarray(claim.measure(OWN, claim.quick, seed), np.float64)
        verdict = "holds" if np.isfinite(values).all() and claim.rule(predicted, values) else "fails"
        error = standard_error(values)
        t = float((values.mean() - predicted) / error) if error > 0 else 0.0
        yield Trial(claim.id, repr(claim.quick), seed, verdict != claim.recorded, t)


def table(claims: Iterable[Claim], trials: list[Trial]) -> Table:
    """Every claim's rate, its level, and its mean t, which is 0 for a formula that is exact."""
    found = Table("claim", "level", "false alarms [95 %]", "mean t", box=None, pad_edge=False)
    for claim in claims:
        own = [trial for trial in trials if trial.claim == claim.id]
        if own:
            rate = Rate.of(sum(trial.alarm for trial in own), len(own))
            mean = (
                f"{np.mean([trial.t for trial in own]):.2f} ± {len(own) ** -0.5:.2f}" if level(claim) else ""
            )
            found.add_row(claim.id, level(claim), str(rate), mean)
    return found


def level(claim: Claim) -> str:
    """What a claim states; a bound has none, nor has a statement that is on record as one that fails."""
    return f"{claim.rule.level:g}" if isinstance(claim.rule, Agrees) and claim.recorded == "holds" else ""


def summary(claims: Iterable[Claim], trials: list[Trial]) -> str:
    """The rate over all claims that state a level."""
    stated = {claim.id for claim in claims if level(claim)}
    own = [trial for trial in trials if trial.claim in stated]
    if not own:
        return "no claim with a level was measured"
    rate = Rate.of(sum(trial.alarm for trial in own), len(own))
    above = [id for id in sorted(stated) if _is_above([trial for trial in own if trial.claim == id], id)]
    return f"{rate} over {len(stated)} claims; above their level: {', '.join(above) or 'none'}"


def _is_above(own: list[Trial], id: str) -> bool:
    rule = CLAIMS[id].rule
    alarms = sum(trial.alarm for trial in own)
    return bool(own) and isinstance(rule, Agrees) and Rate.of(alarms, len(own)).low > rule.level


if __name__ == "__main__":
    main()
