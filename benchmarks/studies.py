"""``python -m benchmarks.studies``: what a study over many images costs, in time and in memory.

A folder of small crops of photographs is made, one in a hundred of them cut off half-way, and studied by one
and by two processes. The rate counts from the first files that are done, so that starting does not count;
memory is what the driver and its workers hold as the files go by.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from rich.console import Console
from rich.table import Table

from benchmarks.worker import resident
from tinycnn import image

SAMPLES = ("chelsea", "coffee", "motorcycle_left", "rocket")
SIDE = 40
BROKEN = 100
"""One file in so many is cut off."""


@dataclass(frozen=True)
class Moment:
    """How far a study was, and what it held: seconds, files done, bytes of the driver and of its workers."""

    seconds: float
    files: int
    driver: int
    workers: int


def collection(folder: Path, count: int) -> Path:
    """Write `count` crops of photographs, no two alike; every hundredth file lacks its second half."""
    photographs = [image.sample(name) for name in SAMPLES]
    rng = np.random.default_rng(0)
    for index in range(count):
        photograph = photographs[index % len(photographs)]
        h, w = photograph.shape[:2]
        side = int(rng.integers(SIDE, min(h, w)))
        i, j = int(rng.integers(h - side + 1)), int(rng.integers(w - side + 1))
        file = folder / f"{index // 1000:03d}" / f"{index:06d}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(photograph[i : i + side, j : j + side]).resize((SIDE, SIDE)).save(file)
        if index % BROKEN == BROKEN // 2:
            file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    return folder


def study(folder: Path, results: Path, model: str, weights: str, workers: int) -> list[Moment]:
    """Run a study to its end, and watch it."""
    options = ("--model", model, "--weights", weights, "--workers", str(workers), "--results", str(results))
    command = [sys.executable, "-m", "tinycnn", "study", "class-sensitivity", *options, str(folder)]
    environment = {**os.environ, "NUMBA_NUM_THREADS": "1"}  # a core for each process
    start, moments = time.perf_counter(), [Moment(0, 0, 0, 0)]
    with tempfile.TemporaryFile() as words:
        process = subprocess.Popen(command, env=environment, stdout=words, stderr=words)
        while process.poll() is None:
            done = _done(results)
            if done > moments[-1].files:
                workers_now = sum(resident(child) for child in _children(process.pid))
                seconds = time.perf_counter() - start
                moments.append(Moment(seconds, done, resident(process.pid), workers_now))
            time.sleep(0.1)
        words.seek(0)
        if moments[-1].files == 0:
            raise RuntimeError(words.read().decode())
    return moments[1:]


def rate(moments: list[Moment]) -> float:
    """Files per second between the first that were done and the last."""
    first, last = moments[0], moments[-1]
    return (last.files - first.files) / (last.seconds - first.seconds)


def _done(results: Path) -> int:
    try:
        with sqlite3.connect(f"file:{results}?mode=ro", uri=True, timeout=5) as connection:
            return int(connection.execute("SELECT count(*) FROM files").fetchone()[0])
    except sqlite3.Error:  # not made yet
        return 0


def _children(process: int) -> list[int]:
    tasks = Path(f"/proc/{process}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text("utf-8").split()]


def main() -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.studies", description=__doc__)
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--model", default="digits")
    parser.add_argument("--weights", default="digits")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    chosen = parser.parse_args()
    console, figures = Console(), {}
    with tempfile.TemporaryDirectory() as folder:
        images = collection(Path(folder) / "images", chosen.images)
        for workers in (1, 2):
            with console.status(f"{chosen.images} images, {workers} workers"):
                results = Path(folder) / f"{workers}.db"
                figures[workers] = study(images, results, chosen.model, chosen.weights, workers)
            console.print(_table(workers, figures[workers]))
    rates = {workers: rate(moments) for workers, moments in figures.items()}
    for workers, found in rates.items():
        print(f"{workers} workers: {found:.1f} images/s, {10_000 / found / 60:.1f} minutes per 10,000 images")
    print(f"efficiency of two workers against one: {rates[2] / (2 * rates[1]):.2f}")
    if chosen.json:
        moments = {workers: [vars(moment) for moment in found] for workers, found in figures.items()}
        chosen.json.write_text(
            json.dumps({"rates": rates, "moments": moments}, indent=1) + "\n", encoding="utf-8"
        )


def _table(workers: int, moments: list[Moment]) -> Table:
    """About ten rows, evenly spaced."""
    table = Table("files", "seconds", "driver MB", "workers MB", title=f"{workers} workers", box=None)
    for index in np.unique(np.linspace(0, len(moments) - 1, 10).astype(int)):
        moment = moments[index]
        sizes = (f"{size / 1e6:.1f}" for size in (moment.driver, moment.workers))
        table.add_row(str(moment.files), f"{moment.seconds:.1f}", *sizes)
    return table


if __name__ == "__main__":
    main()
