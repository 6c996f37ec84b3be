"""``python -m benchmarks``: the table of paired ratios."""

from __future__ import annotations

import argparse
import os
import shlex
import statistics
from fnmatch import fnmatch
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.cases import CASES
from benchmarks.figures import keep, ratios
from benchmarks.limits import limits
from benchmarks.machine import describe
from benchmarks.measure import Result, measure
from benchmarks.report import HEAD, markdown, row

BUSY = 0.5
"""Load above which the machine has other things to do."""


def main() -> None:
    """Measure the chosen cases, print the table, and write the JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few small cases, to see that all works")
    parser.add_argument(
        "--only", nargs="+", default=["*"], metavar="NAME", help="cases by name; * is allowed"
    )
    parser.add_argument("--repeats", type=int, default=9, help="pairs of runs per case")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", type=Path, help="where to keep the figures of two processors")
    parser.add_argument("--markdown", type=Path, help="where to write the table as a page")
    chosen = parser.parse_args()
    cases = [case for case in CASES.values() if any(fnmatch(case.name, name) for name in chosen.only)]
    if not cases:
        parser.error(f"no case is called {' or '.join(chosen.only)}; there are: {', '.join(CASES)}")
    cases = [case for case in cases if case.quick] if chosen.quick else cases
    machine = describe(chosen.threads)
    console = Console(width=max(120, Console().width))
    console.print_json(data=machine)
    if float(str(machine["load"] or 0)) > BUSY:
        console.print(f"the machine is busy (load {machine['load']}): so will the figures be")
    results = []
    for case in cases:
        with console.status(case.name):
            results.append(measure(case, 2 if chosen.quick else chosen.repeats, chosen.threads))
        console.print(f"{case.name}: {statistics.median(results[-1].ratios):.2f}")
    peaks = limits(chosen.threads)
    before = ratios(chosen.json, machine)
    console.print(_table(results, peaks, before))
    if chosen.json:
        keep(chosen.json, {"machine": machine, "limits": peaks, "cases": [r.as_dict() for r in results]})
    if chosen.markdown:
        words = ["--repeats", str(chosen.repeats), "--threads", str(chosen.threads), "--only", *chosen.only]
        command = shlex.join(["python", "-m", "benchmarks", *words, "--markdown", chosen.markdown.name])
        chosen.markdown.write_text(markdown(results, machine, peaks, before, command), encoding="utf-8")


def _table(results: list[Result], peaks: dict[str, float], before: dict[str, float]) -> Table:
    most = f"sgemm {peaks['sgemm']:.0f} GFLOP/s, reading {peaks['reading']:.1f} GB/s"
    table = Table(title=f"Medians; ratios are theirs / ours; {most}")
    for head in HEAD:
        first = head == HEAD[0]
        table.add_column(
            head, min_width=24 if first else None, justify="left" if first else "right", no_wrap=not first
        )
    for result in results:
        table.add_row(*row(result, peaks, before))
    return table


if __name__ == "__main__":
    main()
