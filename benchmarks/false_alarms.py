"""``python -m benchmarks.false_alarms``: how often correct code fails a claim of the theory.

The quick setting of every claim is judged over many seeds. Trials are kept in a file, so that a run can be
stopped and taken up again.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from tinycnn.theory.alarms import Trial, level, measure, rate, recall, remember, to_do
from tinycnn.theory.claim import Claim
from tinycnn.theory.claims import CLAIMS


def main() -> None:
    """Measure what is missing, and print the rates."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.false_alarms", description=__doc__)
    parser.add_argument("claims", nargs="*", default=["*"], metavar="CLAIM", help="ids; * is allowed (all)")
    parser.add_argument("--seeds", type=int, default=200, metavar="N")
    parser.add_argument("--file", type=Path, default=Path("false_alarms.jsonl"), help="trials so far")
    chosen = parser.parse_args()
    ready = {id: claim for id, claim in CLAIMS.items() if not claim.weights}
    claims = {id: claim for id, claim in ready.items() if any(fnmatch(id, name) for name in chosen.claims)}
    trials = recall(chosen.file, claims)
    missing = to_do(claims.values(), chosen.seeds, trials)
    new = remember(chosen.file, measure(missing))
    trials += track(new, "judging", len(missing), console=Console(stderr=True))
    Console(width=max(100, Console().width)).print(_table(claims, trials))
    print(_summary(claims, trials))


def _table(claims: Mapping[str, Claim], trials: list[Trial]) -> Table:
    table = Table("claim", "level", "false alarms [95 %]", "median t", box=None, pad_edge=False)
    for id, claim in claims.items():
        own = [trial for trial in trials if trial.claim == id]
        if own:
            stated = level(claim)
            words = (
                ("", "")
                if stated is None
                else (f"{stated:g}", f"{np.median([trial.t for trial in own]):.1f}")
            )
            table.add_row(id, words[0], str(rate(own)), words[1])
    return table


def _summary(claims: Mapping[str, Claim], trials: list[Trial]) -> str:
    """The rate over all claims that state a level, and which of them exceed it."""
    stated = {id: found for id, claim in claims.items() if (found := level(claim)) is not None}
    own = {id: [trial for trial in trials if trial.claim == id] for id in stated}
    above = [id for id, some in own.items() if some and rate(some).interval[0] > stated[id]]
    total = rate([trial for some in own.values() for trial in some])
    return f"{total} over {len(stated)} claims that state a level; above it: {', '.join(above) or 'none'}"


if __name__ == "__main__":
    main()
