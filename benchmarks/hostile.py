"""``python -m benchmarks.hostile``: what the files that were made to harm cost, against what is promised.

Any weight file of n bytes takes at most 256 MB + 4 n of memory, beside the arrays that it is asked for, and
2 s of processor time + 1 s per 100 MB of it and of these arrays; or it is refused within the same. Each file
is opened in a process of its own, and every array is read once. With ``--markdown FILE`` the table between
the two marks of that file is written anew.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.worker import forget_peak, peak, resident

sys.path.append(str(Path(__file__).parents[1] / "tests" / "weights"))  # found as pytest finds them
from hostile_files import HOSTILE

from tinycnn.errors import WeightFileError
from tinycnn.files import atomic_write
from tinycnn.weights import open_weights

MB = 1 << 20
MARKS = "<!-- hostile files: begin -->", "<!-- hostile files: end -->"


@dataclass(frozen=True)
class Cost:
    """What opening a file and reading its arrays came to.

    Parameters
    ----------
    outcome : str
        ``"read"`` or ``"refused"``; anything else is a fault.
    bytes, arrays : int
        Bytes of the file, and of the arrays that were read.
    seconds : float
        Of the processor.
    memory : int
        Bytes at the peak, beyond those of the process and of the largest array that was read.
    """

    outcome: str
    bytes: int
    arrays: int
    seconds: float
    memory: int

    @property
    def kept(self) -> bool:
        """Whether the promise was kept."""
        return (
            self.outcome in ("read", "refused")
            and self.seconds <= 2 + (self.bytes + self.arrays) / 1e8
            and self.memory <= 256 * MB + 4 * self.bytes
        )


def main() -> int:
    """Measure every file, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hostile", description=__doc__)
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table into this page")
    parser.add_argument("--only", default="*", metavar="PATTERN", help="files whose names match")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    chosen = parser.parse_args()
    costs = dict(costs_of(chosen.only))
    if chosen.json:
        print(json.dumps({name: asdict(cost) | {"kept": cost.kept} for name, cost in costs.items()}))
    elif chosen.markdown:
        _rewrite(chosen.markdown, _markdown(costs))
    else:
        table = Table("file", "MB", "outcome", "s", "memory, MB", "promise")
        for name, cost in costs.items():
            table.add_row(name, *_row(cost), "kept" if cost.kept else "BROKEN")
        Console(width=110).print(table)
    return 0 if all(cost.kept for cost in costs.values()) else 1


def costs_of(pattern: str) -> Iterator[tuple[str, Cost]]:
    """The cost of each of the hostile files whose names match."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "weights"
        for name in fnmatch.filter(HOSTILE, pattern):
            _forked(lambda name=name: path.write_bytes(HOSTILE[name]()))
            yield name, cost_of(path)


def cost_of(path: Path) -> Cost:
    """Open a file and read its arrays, in a process of its own."""
    outcome, *cost = _forked(lambda: _measured(path)) or ("crashed", 0, 0.0, 0)
    return Cost(outcome, path.stat().st_size, *cost)


def _forked(job: Callable[[], Any]) -> Any:
    """What a job gives, as JSON, in a fork of this process, which keeps none of its memory."""
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        with os.fdopen(send, "w") as pipe:
            json.dump(job(), pipe)
        os._exit(0)
    os.close(send)
    with os.fdopen(receive) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    return json.loads(text) if text else None


def _measured(path: Path) -> tuple[str, int, float, int]:
    base, largest, arrays = resident(), 0, 0
    forget_peak()
    start = time.process_time()
    try:
        with open_weights(path) as file:
            for name in file:
                size = file[name].nbytes
                largest, arrays = max(largest, size), arrays + size
        outcome = "read"
    except WeightFileError as error:
        outcome = "refused" if "MemoryError" not in str(error) else "out of memory"
    except BaseException as error:
        outcome = type(error).__name__
    return outcome, arrays, time.process_time() - start, max(0, peak() - base - largest)


def _row(cost: Cost) -> tuple[str, str, str, str]:
    return f"{cost.bytes / 1e6:.2f}", cost.outcome, f"{cost.seconds:.2f}", f"{cost.memory / MB:.0f}"


def _markdown(costs: dict[str, Cost]) -> str:
    rows = [f"| {name} | {' | '.join(_row(cost))} |" for name, cost in costs.items()]
    head = ["| file | MB | outcome | s | MB of memory |", "| --- | --: | --- | --: | --: |"]
    return "\n".join([*head, *rows])


def _rewrite(page: Path, table: str) -> None:
    """Put the table between the page's marks."""
    before, _, rest = page.read_text("utf-8").partition(MARKS[0])
    _, _, after = rest.partition(MARKS[1])
    with atomic_write(page) as file:
        file.write(f"{before}{MARKS[0]}\n\n{table}\n\n{MARKS[1]}{after}".encode())


if __name__ == "__main__":
    sys.exit(main())
