"""The measured ratios as a page."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

from benchmarks.limits import fraction
from benchmarks.measure import Result

_INTRODUCTION = """# How fast?

Both sides run in turn, each in its process. A ratio is their time over ours, pair by pair: above 1,
tinycnn is faster. Times are medians; memory is our peak over theirs; *before* is the ratio of the last
run on such a processor. Goals were set from runs of an earlier version on two threads of another
machine; a lower figure did not reach its goal here. *Of limit* is the time in which the multiplications
that the layers are defined by would be done at the speed of NumPy's matrix product, or, marked r, the
weights read at the speed at which a dense layer reads them, over our least time; Winograd's method
multiplies less, so it may exceed 1.

Made by `{command}`; not written by hand. Threads: {threads}.
{processor}, {memory} of memory; {packages}. NumPy's matrix product reaches {sgemm:.0f} GFLOP/s on it, and a
dense layer reads {reading:.1f} GB/s. The load was {load} when it began.
"""
HEAD = ("case", "ours ms", "theirs ms", "ratio", "min", "max", "before", "goal", "memory", "of limit")


def markdown(
    results: Sequence[Result],
    machine: Mapping[str, object],
    peaks: Mapping[str, float],
    before: Mapping[str, float],
    command: str,
) -> str:
    """The page.

    Parameters
    ----------
    results : sequence of Result
    machine : mapping
        As `describe` gives it.
    peaks : mapping
        As `limits` gives it.
    before : mapping
        From names of cases to earlier ratios.
    command : str
        The command that measured it.
    """
    versions = machine["packages"]
    assert isinstance(versions, dict)
    packages = ", ".join(f"{name} {version}" for name, version in versions.items())
    page = _INTRODUCTION.format(command=command, **{**machine, "packages": packages}, **peaks)
    lines = [HEAD, ("---", *["--:"] * (len(HEAD) - 1)), *(row(result, peaks, before) for result in results)]
    return page + "".join(f"\n| {' | '.join(line)} |" for line in lines) + "\n"


def row(result: Result, peaks: Mapping[str, float], before: Mapping[str, float]) -> tuple[str, ...]:
    """The cells of one case's row, under the columns of `HEAD`."""
    ratios, memory = result.ratios, result.memory
    return (
        result.name,
        *(f"{1e3 * statistics.median(side):.2f}" for side in (result.ours, result.theirs)),
        *(f"{pick(ratios):.2f}" for pick in (statistics.median, min, max)),
        f"{before[result.name]:.2f}" if result.name in before else "",
        "" if result.goal is None else f"{result.goal:g}",
        "" if memory is None else f"{memory[0] / memory[1]:.2f} ({memory[0] >> 20} MB)",
        fraction(result, peaks),
    )
