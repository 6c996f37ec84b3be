"""``python -m benchmarks.other_pictures``: are verdicts as recorded on other photographs, with other nets?

The quick setting of every claim on random nets and a photograph is judged on eight others. What is judged is
kept in a file, so that a run can be stopped and taken up again.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

from rich.console import Console
from rich.progress import track

from benchmarks.alarms import Trial, measure, recall
from benchmarks.kept import remember
from tinycnn.ops.engine import set_num_threads
from tinycnn.theory.claim import Claim, in_words
from tinycnn.theory.claims import CLAIMS
from tinycnn.theory.claims.trained import TrainedSetting
from tinycnn.theory.judge import together

OWN = ("chelsea", "coffee")
OTHERS = ("astronaut", "brick", "camera", "coins", "hubble_deep_field", "moon", "retina", "rocket")


def main(arguments: Sequence[str] | None = None) -> None:
    """Judge what is missing, and print the page, with what is in the file."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.other_pictures", description=__doc__)
    parser.add_argument("--seeds", type=int, default=3, metavar="N", help="for each picture (%(default)s)")
    parser.add_argument("--file", type=Path, default=Path("other_pictures.jsonl"), help="trials so far")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="also write the page to a file")
    chosen = parser.parse_args(arguments)
    set_num_threads(1)  # the nets are too small for more
    claims = elsewhere(CLAIMS.values())
    trials = recall(chosen.file, claims)
    missing = list(to_do(claims.values(), chosen.seeds, trials))
    new = remember(chosen.file, measure(missing))
    trials += track(new, "judging", len(missing), console=Console(stderr=True))
    page = markdown(trials)
    print(page)
    if chosen.markdown is not None:
        chosen.markdown.write_text(page, encoding="utf-8")


def elsewhere(claims: Iterable[Claim]) -> dict[str, Claim]:
    """Claims on random nets and a photograph, moved to each of the others: "limit.mean on moon", ..."""
    random = [claim for claim in claims if not isinstance(claim.quick, TrainedSetting)]
    moved = (
        replace(claim, id=f"{claim.id} on {picture}", quick=replace(claim.quick, image=picture))
        for picture in OTHERS
        for claim in random
        if claim.quick.image in OWN
    )
    return {claim.id: claim for claim in moved}


def to_do(claims: Iterable[Claim], seeds: int, done: Iterable[Trial]) -> Iterator[tuple[Claim, int]]:
    """What is left to judge, seed by seed from 0; claims that share nets follow each other."""
    known, every = {(trial.claim, trial.seed) for trial in done}, list(chain.from_iterable(together(claims)))
    return ((claim, seed) for seed in range(seeds) for claim in every if (claim.id, seed) not in known)


def markdown(trials: Iterable[Trial]) -> str:
    """The page: how many verdicts are as recorded on each picture, and which are not."""
    found: dict[str, list[Trial]] = {picture: [] for picture in OTHERS}
    for trial in trials:
        found[trial.claim.partition(" on ")[2]].append(trial)
    every = list(chain.from_iterable(found.values()))
    others = [trial for trial in every if trial.alarm]
    seeds = len({trial.seed for trial in every})
    return "\n".join(
        [
            "# Verdicts on other photographs",
            "",
            f"Made by `python -m benchmarks.other_pictures --seeds {seeds}`; not written by hand. Claims are "
            f"recorded on {' and '.join(OWN)}. Those on random nets were judged on eight other photographs, "
            f"in their quick setting: {len(every) - len(others)} of {len(every)} verdicts are as recorded.",
            "",
            "| photograph | claims | seeds | judged | as recorded |",
            "|---|--:|--:|--:|--:|",
            *(_row(picture, on_it) for picture, on_it in found.items() if on_it),
            "",
            *_exceptions(others),
            "",
        ]
    )


def _row(picture: str, trials: Sequence[Trial]) -> str:
    claims, seeds = ({getattr(trial, name) for trial in trials} for name in ("claim", "seed"))
    kept = sum(not trial.alarm for trial in trials)
    return f"| {picture} | {len(claims)} | {len(seeds)} | {len(trials)} | {kept} |"


def _exceptions(trials: Sequence[Trial], claims: Mapping[str, Claim] = CLAIMS) -> Iterator[str]:
    if not trials:
        return
    yield "Not as recorded:"
    yield ""
    yield "| claim | seed | recorded | predicted | measured |"
    yield "|---|--:|---|--:|--:|"
    for trial in trials:
        recorded = claims[trial.claim.partition(" on ")[0]].recorded
        measured = in_words(trial.measured, trial.error)
        yield f"| `{trial.claim}` | {trial.seed} | {recorded} | {trial.predicted:.4g} | {measured} |"


if __name__ == "__main__":
    main()
