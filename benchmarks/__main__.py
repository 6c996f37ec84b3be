"""``python -m benchmarks``: the table of paired ratios."""

from __future__ import annotations

import argparse
import json
import os
import statistics
from fnmatch import fnmatch
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.cases import CASES
from benchmarks.limits import fractions, limits
from benchmarks.machine import describe
from benchmarks.measure import Result, measure


def main() -> None:
    """Measure the chosen cases, print the table, and write the JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few small cases, to see that all works")
    parser.add_argument(
        "--only", nargs="+", default=["*"], metavar="NAME", help="cases by name; * is allowed"
    )
    parser.add_argument("--repeats", type=int, default=9, help="pairs of runs per case")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", type=Path, help="where to write the figures")
    chosen = parser.parse_args()
    cases = [case for case in CASES.values() if any(fnmatch(case.name, name) for name in chosen.only)]
    if not cases:
        parser.error(f"no case is called {' or '.join(chosen.only)}; there are: {', '.join(CASES)}")
    cases = [case for case in cases if case.quick] if chosen.quick else cases
    machine = describe(chosen.threads)
    console = Console(width=max(110, Console().width))
    console.print_json(data=machine)
    results = []
    for case in cases:
        with console.status(case.name):
            results.append(measure(case, 2 if chosen.quick else chosen.repeats, chosen.threads))
        console.print(f"{case.name}: {statistics.median(results[-1].ratios):.2f}")
    peaks = limits(chosen.threads)
    console.print(_table(results, peaks))
    if chosen.json:
        figures = {"machine": machine, "limits": peaks, "cases": [result.as_dict() for result in results]}
        chosen.json.write_text(json.dumps(figures, indent=1) + "\n")


def _table(results: list[Result], peaks: dict[str, float]) -> Table:
    most = f"sgemm {peaks['sgemm']:.0f} GFLOP/s, reading {peaks['reading']:.1f} GB/s"
    table = Table(title=f"Medians; ratios are theirs / ours; {most}")
    table.add_column("case", min_width=24)
    for head in ("ours ms", "theirs ms", "ratio", "min", "max", "goal", "memory", "of sgemm"):
        table.add_column(head, justify="right", no_wrap=True)
    for result in results:
        ratios, memory = result.ratios, result.memory
        table.add_row(
            result.name,
            *(f"{1e3 * statistics.median(side):.2f}" for side in (result.ours, result.theirs)),
            *(f"{pick(ratios):.2f}" for pick in (statistics.median, min, max)),
            "" if result.goal is None else f"{result.goal:g}",
            "" if memory is None else f"{memory[0] / memory[1]:.2f} ({memory[0] >> 20} MB)",
            fractions(result, peaks),
        )
    return table


if __name__ == "__main__":
    main()
