"""``python -m benchmarks.verdicts quick.json full.json``: the page of verdicts and power, from findings.

The findings are what ``tinycnn verify --quick --json quick.json`` and ``tinycnn verify --json full.json``
write.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path

from tinycnn.theory.claim import POWER, Claim
from tinycnn.theory.claims import CLAIMS
from tinycnn.theory.judge import Finding
from tinycnn.theory.paper import CITATION, STATEMENTS, Statement

MOST = 0.05
"""An error that a quick claim should notice, relative to the prediction."""

Findings = Mapping[str, Finding]


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the page, and write it to a file if told so."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.verdicts", description=__doc__)
    parser.add_argument("quick", type=Path, help="findings of the quick settings")
    parser.add_argument("full", type=Path, nargs="?", help="those of the full ones")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="also write the page to a file")
    chosen = parser.parse_args(arguments)
    page = markdown(read(chosen.quick), read(chosen.full) if chosen.full else {})
    print(page)
    if chosen.markdown is not None:
        chosen.markdown.write_text(page, encoding="utf-8")


def read(path: Path) -> Findings:
    """Findings in a file, by claim."""
    stored = json.loads(path.read_text("utf-8"))["findings"]
    found = [
        Finding(**{key: math.nan if value is None else value for key, value in each.items()})
        for each in stored
    ]
    return {finding.claim: finding for finding in found}


def markdown(quick: Findings, full: Findings) -> str:
    """The page: every statement of the paper, and every claim with the smallest error that it notices."""
    surprises = [finding for finding in (*quick.values(), *full.values()) if not finding.as_recorded]
    verdicts = "; ".join(map(str, surprises)) or "none"
    parts = [
        "# Verdicts, and what they would notice",
        "Made by `python -m benchmarks.verdicts` from what `tinycnn verify --json` wrote; not written by "
        "hand. "
        f"{len(quick)} claims were judged in their quick setting and {len(full)} in their full one. Not as "
        "recorded: "
        f"{verdicts}.",
        "*Notices* is the smallest error of a prediction that the sample turns into a verdict, "
        f"{10 * POWER:.0f} times "
        "in 10: slack, and what chance allows. It is relative to the prediction, or the number itself where "
        "the "
        "prediction is smaller, or 0. Of a bound that must hold in every net it is how far the nets are from "
        "it.",
        "## Statement by statement of the paper",
        f"The paper: {CITATION}. Statements are given as its readers report them.",
        "\n".join(_statements(quick)),
        "## Claim by claim",
        _shared(quick),
        _weak(quick),
        "\n".join(_claims(quick, full)),
    ]
    return "\n\n".join(parts) + "\n"


def _statements(quick: Findings) -> Iterable[str]:
    yield "| statement | the paper says | what holds | claims: verdict, notices |"
    yield "|---|---|---|---|"
    for statement in STATEMENTS:
        judged = "; ".join(_group(statement, quick))
        yield f"| {statement.name} | {statement.says} | {statement.found} | {judged} |"


def _group(statement: Statement, quick: Findings) -> Iterable[str]:
    """Claims of a statement, those of one verdict together, and what they notice."""
    judged = [claim for claim in statement.judged_by(CLAIMS) if claim.id in quick]
    judged.sort(key=lambda claim: (claim.recorded, claim.id))
    for verdict, claims in groupby(judged, key=lambda claim: claim.recorded):
        found = [quick[claim.id] for claim in claims]
        names = ", ".join(f"`{finding.claim}`" for finding in found)
        powers = ", ".join(finding.smallest for finding in found)
        yield f"**{verdict}**: {names} ({powers})"


def _shared(quick: Findings) -> str:
    groups = len({_nets(CLAIMS[id]) for id in quick})
    return (
        f"Claims of one setting share their nets, so that their errors go together: {len(quick)} claims have "
        f"{groups} settings. The column *nets* numbers the settings."
    )


def _nets(claim: Claim) -> str:
    return repr(claim.quick)


def _weak(quick: Findings) -> str:
    """Which claims notice less than they should, and what it would cost to notice more."""
    weak = [
        finding for finding in quick.values() if _relative(finding) > MOST and finding.rule.startswith("|")
    ]
    listed = ", ".join(
        f"`{each.claim}` ({each.smallest}; {each.seconds * (_relative(each) / MOST) ** 2:.0f} s)"
        for each in weak
    )
    return (
        f"In the quick setting {len(quick) - len(weak)} claims notice an error of {100 * MOST:g} % or less. "
        "The others, "
        f"with the seconds that {100 * MOST:g} % would take if all of it were chance: {listed or 'none'}."
    )


def _relative(finding: Finding) -> float:
    """`notices` over the prediction, or as it is where that is smaller."""
    large = finding.notices < abs(finding.predicted)
    return finding.notices / abs(finding.predicted) if large else finding.notices


def _claims(quick: Findings, full: Findings) -> Iterable[str]:
    yield "| claim | verdict | predicted | notices, quick | notices, full | nets |"
    yield "|---|---|--:|--:|--:|--:|"
    numbers: dict[str, int] = {}
    for id, finding in quick.items():
        number = numbers.setdefault(_nets(CLAIMS[id]), len(numbers) + 1)
        whole = full[id].smallest if id in full else ""
        yield (
            f"| `{id}` | {finding.verdict} | {finding.predicted:.4g} | {finding.smallest} | {whole} "
            f"| {number}: {finding.nets} |"
        )


if __name__ == "__main__":
    main()
