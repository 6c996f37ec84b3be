"""The table of a mutation run: by file, by kind of fault, and what nobody noticed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from tests.mutation.faults import Fault
from tests.mutation.plan import GROUPS


@dataclass(frozen=True)
class Verdict:
    """Who noticed a fault; a reason if nobody can, as the faulty program is as good as the right one."""

    fault: Fault
    suite: bool
    checks: bool
    equivalent: str = ""


def markdown(verdicts: Iterable[Verdict], command: str) -> str:
    """Two tables, and the lists of those that were not noticed."""
    found = list(verdicts)
    missed = [verdict for verdict in found if not verdict.suite and not verdict.equivalent]
    equivalent = [verdict for verdict in found if verdict.equivalent]
    parts = [
        "# How good is the net of tests?",
        f"Made by `{command}`; not written by hand. Each fault is planted alone in a copy of the project. "
        "*Suite* counts those on which a test fails, *checks* those on which a check of `tinycnn.testing` "
        "fails that is run with its default settings and nothing else; for rules in a stack, recorded, or on "
        "tape, and for relevance, there are laws of our own, which `check_rule` tries like its others; laws "
        "are checked on wrong rules. Kernels run as plain Python, range by range. Equivalent faults change "
        "nothing that can be seen; each has its reason below, and none is counted in the percentages.",
        _table("module", found, _group, [*GROUPS]),
        _table("kind of fault", found, lambda fault: fault.kind, sorted({v.fault.kind for v in found})),
    ]
    if missed:
        parts += ["## Unnoticed by the suite", "\n".join(f"- `{verdict.fault}`" for verdict in missed)]
    if equivalent:
        reasons = "\n".join(f"- `{verdict.fault}`: {verdict.equivalent}" for verdict in equivalent)
        parts += ["## Equivalent", reasons]
    return "\n\n".join(parts) + "\n"


def _group(fault: Fault) -> str:
    return next(name for name, files in GROUPS.items() if fault.file in files)


def _table(title: str, verdicts: list[Verdict], key: Callable[[Fault], str], names: list[str]) -> str:
    rows: Mapping[str, list[Verdict]] = {
        name: [verdict for verdict in verdicts if key(verdict.fault) == name] for name in names
    }
    head = [f"| {title} | faults | equivalent | suite | | checks | |", "|---|--:|--:|--:|--:|--:|--:|"]
    return "\n".join([*head, *(_row(name, part) for name, part in rows.items()), _row("**all**", verdicts)])


def _row(name: str, verdicts: list[Verdict]) -> str:
    real = [verdict for verdict in verdicts if not verdict.equivalent]
    suite, checks = sum(v.suite for v in real), sum(v.checks for v in real)
    share = [f"{100 * count / len(real):.1f} %" if real else "" for count in (suite, checks)]
    numbers = (len(verdicts), len(verdicts) - len(real), suite, share[0], checks, share[1])
    return f"| {name} | {' | '.join(map(str, numbers))} |"
