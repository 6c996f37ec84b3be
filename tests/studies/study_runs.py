"""Studies in this process, and as a command in one of its own, with what is in its results file meanwhile."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

import tinycnn
from tinycnn.cli import main
from tinycnn.experiments import studies

COUNT = 160
"""Images: twenty tasks."""

ARGUMENTS = ("--model", "digits", "--weights", "digits", "--pairs", "20", "--seed", "3")
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(tinycnn.__file__).parents[1])}


def start(images: Path, results: Path, *more: str) -> subprocess.Popen[str]:
    """Start a class-sensitivity study."""
    command = ("study", "class-sensitivity", str(images), "--results", str(results), *ARGUMENTS, *more)
    return subprocess.Popen(
        [sys.executable, "-m", "tinycnn", *command],
        env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def finish(process: subprocess.Popen[str]) -> str:
    """Wait for a study that must succeed, and return what it printed."""
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    return out


@contextlib.contextmanager
def running(*command: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is ended with the block; what it logs is not kept."""
    process = subprocess.Popen(
        [sys.executable, "-m", *command],
        env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def scheduling(folder: Path) -> Iterator[str]:
    """The address of a dask scheduler on a free port."""
    file = folder / "scheduler.json"
    options = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file))

    def address() -> str:
        with contextlib.suppress(OSError, ValueError):  # not there yet, or half written
            return str(json.loads(file.read_text("utf-8"))["address"])
        return ""

    with running("distributed.cli.dask_scheduler", *options):
        wait_until(lambda: bool(address()))
        yield address()


def working(scheduler: str, folder: Path) -> contextlib.AbstractContextManager[subprocess.Popen[bytes]]:
    """A worker of a scheduler."""
    options = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", str(folder))
    return running("distributed.cli.dask_worker", scheduler, *options)


def done(results: Path) -> int:
    """How many files are in a results file that somebody else may be writing, or about to make."""
    try:
        connection = sqlite3.connect(f"file:{results}?mode=ro", uri=True)
        try:
            return connection.execute("SELECT COUNT(*) FROM files").fetchone()[0]
        finally:
            connection.close()
    except sqlite3.OperationalError:
        return -1


def wait_until(condition: Callable[[], bool], seconds: float = 120) -> None:
    """Poll a condition that must become true."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)


def summary(results: Path) -> str:
    """What ``tinycnn study summary`` prints for other programs."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        assert main(["study", "summary", str(results), "--csv"]) == 0
    return printed.getvalue()


def table(results: Path) -> list[tuple[Any, ...]]:
    """All rows of a results file."""
    with studies.read(results) as found:
        return list(found.rows())


RULES = ("saliency", "guided")


def setting(study: str = "class-sensitivity", **changes: object) -> studies.Setting:
    recipe = {"model": "digits", "weights": "digits", "rules": RULES, "pairs": 2, "seed": 0, **changes}
    return studies.describe(study, **recipe)[0]  # type: ignore[arg-type]


class Here(Executor):
    """Does the work at once; remembers how many tasks it was given and how many images the largest had."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def submit(self, fn, /, *args, **kwargs):  # type: ignore[no-untyped-def]
        self.sizes.append(len(args[1]))
        future: Future = Future()
        future.set_result(fn(*args, **kwargs))
        return future
