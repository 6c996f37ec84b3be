"""``tinycnn verify``: every claim predicted, measured, and judged by a rule that was fixed in advance."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, as_completed
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tinycnn import __version__
from tinycnn.cli.options import add_seed
from tinycnn.cli.progress import track
from tinycnn.cli.terminal import show, show_table
from tinycnn.errors import TinycnnError, UnknownNameError
from tinycnn.files import atomic_write, check_folder, json_fields
from tinycnn.weights import is_cached

if TYPE_CHECKING:  # scipy.stats takes a second to import
    from tinycnn.theory.claim import Claim
    from tinycnn.theory.judge import Finding

PROCESSES_FROM = 10
"""Groups of claims for which it is worth starting processes, which takes seconds."""

PRINTED = Path("-")
"""The name of a file that stands for standard output."""


def add(commands: Any) -> None:
    """Declare the command's arguments."""
    parser = commands.add_parser(
        "verify",
        help="predict, measure and judge the claims of the theory",
        description="Predict each claim, measure it on random nets, or on trained ones where their weights "
        "have been fetched, and judge it. The exit status is 1 if "
        "a verdict is not the one on record. A published statement that is not exact stays on record as one "
        "that fails, beside the statement that holds. The column 'notices' is the smallest error of a "
        "prediction "
        "that its sample turns into a verdict, 9 times in 10.",
    )
    parser.add_argument(
        "claims", nargs="*", default=["*"], metavar="CLAIM", help="ids; * is allowed, as in 'noise.*' (all)"
    )
    parser.add_argument("--quick", action="store_true", help="fewer and smaller nets: about a minute")
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="also write the findings there, or print only them (-)"
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="also write a figure per claim there, and one page of all"
    )
    add_seed(parser, "another seed means other nets")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Judge the chosen claims, and print the table."""
    if arguments.out is not None:
        check_folder(arguments.out)
    chosen = [claim for pattern in arguments.claims for claim in _matching(pattern)]
    claims = [claim for claim in chosen if not claim.weights or is_cached(claim.weights)]
    missing = {claim.id: claim.weights for claim in chosen if claim not in claims}
    judged = track(_judged(claims, arguments.quick, arguments.seed), "measuring", len(claims))
    order = {claim.id: place for place, claim in enumerate(claims)}
    findings = sorted(judged, key=lambda finding: order[finding.claim])
    if arguments.json is not None:
        _write(findings, missing, arguments)
    if arguments.out is not None:
        _illustrate(findings, arguments)
    surprises = [finding for finding in findings if not finding.as_recorded]
    if arguments.json != PRINTED:
        _show(findings, missing)
        for finding in surprises:
            show(f"not as recorded: {finding}")
        show(_summary(findings, surprises, missing))
    return 1 if surprises else 0


def _matching(pattern: str) -> Sequence[Claim]:
    from tinycnn.theory.claims import CLAIMS

    found = [claim for id, claim in CLAIMS.items() if fnmatch(id, pattern)]
    if not found:
        raise UnknownNameError("claim", pattern, CLAIMS)
    return found


def _summary(findings: Sequence[Finding], surprises: Sequence[Finding], missing: Mapping[str, str]) -> str:
    """What came of all claims, in a line."""
    hold = sum(finding.verdict == "holds" for finding in findings)
    recorded = f"{len(surprises)} not as recorded" if surprises else "all as recorded"
    left = f"; {len(missing)} not measured for want of weights" if missing else ""
    judged = f"{len(findings)} claim{'s' * (len(findings) != 1)} judged"
    return f"{judged}: {hold} hold, {len(findings) - hold} fail, {recorded}{left}"


def _bound(finding: Finding) -> str:
    """The prediction, as far as it is only a bound with these words."""
    from tinycnn.theory.claim import AtLeast, AtMost
    from tinycnn.theory.claims import CLAIMS

    words = {AtLeast: "at least ", AtMost: "at most "}.get(type(CLAIMS[finding.claim].rule), "")
    return f"{words}{finding.predicted:.4g}"


def _judged(claims: Sequence[Claim], quick: bool, seed: int) -> Iterator[Finding]:
    """Findings as they come. Most nets are too small to share among threads, so each core has a process."""
    from tinycnn.experiments.studies.executors import processes
    from tinycnn.theory.judge import judge_all, together

    groups = together(claims, quick)
    if len(groups) < PROCESSES_FROM:
        yield from judge_all(claims, quick, seed)
        return
    with processes() as workers:
        named = ([claim.id for claim in group] for group in groups)
        tasks = [workers.executor.submit(judge_some, ids, quick, seed) for ids in named]
        try:
            for task in as_completed(tasks):
                yield from task.result()
        except BrokenExecutor as error:
            raise TinycnnError(f"{error}; run the same command again") from error


def judge_some(ids: Sequence[str], quick: bool, seed: int) -> list[Finding]:
    """Judge claims by their ids, in a process of its own: claims cannot be sent there."""
    from tinycnn.theory.claims import get
    from tinycnn.theory.judge import judge

    return [judge(get(id), quick, seed) for id in ids]


def _show(findings: Sequence[Finding], missing: Mapping[str, str]) -> None:
    rows = []
    for finding in findings:
        recorded = "as recorded" if finding.as_recorded else f"but recorded: {finding.recorded}"
        rows.append(
            (
                finding.claim,
                _bound(finding),
                finding.in_words,
                finding.smallest,
                str(finding.nets),
                f"{finding.seconds:.1f}",
                f"{finding.verdict}, {recorded}",
            )
        )
    for id, weights in missing.items():
        rows.append((id, "", "", "", "", "", f"needs: tinycnn weights fetch {weights}"))
    show_table(rows, ("claim", "predicted", "measured", "notices", "nets", "seconds", "verdict"))


def _illustrate(findings: Sequence[Finding], arguments: argparse.Namespace) -> None:
    from tinycnn.theory.claims import CLAIMS
    from tinycnn.theory.report import write

    figures = write(arguments.out, CLAIMS, findings, arguments.quick)
    for _ in track(figures, "drawing", len(findings)):
        pass
    if arguments.json != PRINTED:
        show(arguments.out / "index.html")


def _write(findings: Sequence[Finding], missing: Mapping[str, str], arguments: argparse.Namespace) -> None:
    record = {
        "tinycnn": __version__,
        "quick": arguments.quick,
        "seed": arguments.seed,
        "findings": [json_fields(finding) for finding in findings],
        "needs_weights": missing,
    }
    text = json.dumps(record, indent=1, allow_nan=False)
    if arguments.json == PRINTED:
        print(text)
        return
    with atomic_write(arguments.json) as file:
        file.write(text.encode() + b"\n")
