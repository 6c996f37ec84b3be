"""``python -m benchmarks.kills``: studies that are killed, and clusters that lose a worker, again and again.

Each must end with the table of a study that was left alone. Moments are drawn at random. Needs the checkout,
and for the workers the extra [scale].
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from rich.console import Console
from rich.progress import track

from tests.studies.study_runs import (
    COUNT,
    done,
    finish,
    scheduling,
    start,
    summary,
    table,
    wait_until,
    working,
)

EACH = 10
"""How often one study is killed, before it may end."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a line on the kills, and one on the workers; the first difference ends it with an error."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="of studies (%(default)s)")
    parser.add_argument("--workers", type=int, default=50, help="that a cluster loses (%(default)s)")
    chosen, moments = parser.parse_args(arguments), random.Random(0)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        images, whole = folder / "images", folder / "whole.db"
        _draw_images(images)
        finish(start(images, whole))
        studies = -(-chosen.kills // EACH)
        kills = sum(_repeat(studies, "killing studies", lambda: _killed(images, whole, moments)))
        print(f"{kills} kills of {studies} studies: no difference")
        lost = sum(_repeat(chosen.workers, "losing workers", lambda: _lost(images, whole, moments)))
        print(f"{lost} of {2 * chosen.workers} workers lost in {chosen.workers} studies: no difference")


def _repeat(times: int, text: str, once: Callable[[], int]) -> list[int]:
    return [once() for _ in track(range(times), text, console=Console(stderr=True))]


def _draw_images(folder: Path) -> None:
    folder.mkdir()
    for number, pixels in enumerate(np.random.default_rng(0).integers(0, 256, (COUNT, 28, 28), np.uint8)):
        Image.fromarray(pixels).save(folder / f"{number:03}.png")


def _killed(images: Path, whole: Path, moments: random.Random) -> int:
    """Kill a study at random moments, let it end, and compare; how often it was killed."""
    with tempfile.TemporaryDirectory() as folder:
        results, kills = Path(folder) / "killed.db", 0
        for _ in range(EACH):
            before, study = max(0, done(results)), start(images, results, "--workers", "1")
            enough = min(before + moments.randint(0, COUNT // EACH), COUNT - 1)
            wait_until(lambda enough=enough: done(results) >= enough)
            time.sleep(moments.random() / 20)
            kills += study.poll() is None
            study.kill()
            study.communicate()
            _expect(done(results) >= before, "rows were lost")
        finish(start(images, results, "--workers", "2"))
        _compare(results, whole)
    return kills


def _lost(images: Path, whole: Path, moments: random.Random) -> int:
    """Kill one of two workers of a cluster at a random moment, and compare; how many were killed in time."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        results = folder / "far.db"
        with scheduling(folder) as address, working(address, folder), working(address, folder) as victim:
            study = start(images, results, "--dask", address)
            enough = moments.randint(0, COUNT // 2)
            wait_until(lambda: done(results) >= enough)
            victim.kill()
            in_time = done(results) < COUNT
            finish(study)
        _compare(results, whole)
    return int(in_time)


def _compare(results: Path, whole: Path) -> None:
    _expect(table(results) == table(whole), "rows differ")
    _expect(summary(results) == summary(whole), "the summary differs")


def _expect(truth: bool, otherwise: str) -> None:
    if not truth:
        raise SystemExit(otherwise)


if __name__ == "__main__":
    main()
