"""Run both sides of a case in turn, so that whatever slows the machine down slows down both."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from types import TracebackType
from typing import IO, cast

from benchmarks.case import Case

SIDES = ("ours", "theirs")
PAUSE = 0.005
"""Seconds between runs: threads that a library keeps spinning after its work have gone to sleep by then."""


@dataclass(frozen=True)
class Result:
    """Times in seconds, in pairs, and peaks of resident memory in bytes, of both sides."""

    name: str
    goal: float | None
    ours: list[float]
    theirs: list[float]
    memory: tuple[int, int] | None

    @property
    def ratios(self) -> list[float]:
        """Their time over ours, pair by pair."""
        return [theirs / ours for ours, theirs in zip(self.ours, self.theirs, strict=True)]

    def as_dict(self) -> dict[str, object]:
        """The result as JSON takes it."""
        ratios = {"min": min(self.ratios), "median": statistics.median(self.ratios), "max": max(self.ratios)}
        return {
            "name": self.name,
            "goal": self.goal,
            "seconds": {"ours": self.ours, "theirs": self.theirs},
            "ratio": ratios,
            "peak_bytes": None if self.memory is None else dict(zip(SIDES, self.memory, strict=True)),
        }


class _Worker:
    """The process of one side."""

    def __init__(self, case: Case, side: str, threads: int) -> None:
        command = [sys.executable, "-m", "benchmarks.worker", case.name, side, str(threads)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> _Worker:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, where: TracebackType | None) -> None:
        self.process.kill()
        self.process.wait()

    def read(self) -> str:
        line = cast(IO[str], self.process.stdout).readline()
        if not line:
            raise RuntimeError(f"{' '.join(map(str, self.process.args))} ended without an answer")  # type: ignore[arg-type]
        return line.strip()

    def run(self) -> float:
        stdin = cast(IO[str], self.process.stdin)
        stdin.write("run\n")
        stdin.flush()
        return float(self.read())

    def finish(self) -> int:
        """Peak memory in bytes."""
        cast(IO[str], self.process.stdin).close()
        return int(self.read())


def measure(case: Case, repeats: int, threads: int) -> Result:
    """Time both sides of a case in turn, after one run of each that does not count."""
    if case.fresh:
        pairs = [[_whole_process(case, side, threads) for side in SIDES] for _ in range(repeats + 1)]
        return Result(case.name, case.goal, *map(list, zip(*pairs[1:], strict=True)), memory=None)
    with _Worker(case, "ours", threads) as ours, _Worker(case, "theirs", threads) as theirs:
        workers = (ours, theirs)
        for worker in workers:
            worker.read()
            worker.run()
        pairs = [[_rested(worker) for worker in workers] for _ in range(repeats)]
        memory = (ours.finish(), theirs.finish())
    return Result(case.name, case.goal, *map(list, zip(*pairs, strict=True)), memory=memory)


def _rested(worker: _Worker) -> float:
    time.sleep(PAUSE)
    return worker.run()


def _whole_process(case: Case, side: str, threads: int) -> float:
    start = time.perf_counter()
    with _Worker(case, side, threads) as worker:
        worker.read()
        worker.run()
        return time.perf_counter() - start
