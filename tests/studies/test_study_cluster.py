"""A study on a dask cluster: a scheduler and two workers, real processes, one of which is killed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from study_runs import COUNT, ENVIRONMENT, done, finish, start, table, wait_until

pytest.importorskip("distributed", reason="needs the extra [scale]")


@contextmanager
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


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[str]:
    """The address of a scheduler on a free port."""
    file = tmp_path / "scheduler.json"
    options = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file))

    def address() -> str:
        with suppress(OSError, ValueError):  # not there yet, or half written
            return json.loads(file.read_text("utf-8"))["address"]
        return ""

    with running("distributed.cli.dask_scheduler", *options):
        wait_until(lambda: bool(address()))
        yield address()


def worker(scheduler: str, folder: Path) -> tuple[str, ...]:
    return ("distributed.cli.dask_worker", scheduler, "--nthreads", "1", "--no-nanny", "--no-dashboard",
            "--local-directory", str(folder))  # fmt: skip


def test_a_worker_that_is_killed_costs_no_row(scheduler: str, images: Path, tmp_path: Path) -> None:
    finish(start(images, tmp_path / "here.db"))
    far = tmp_path / "far.db"
    with running(*worker(scheduler, tmp_path)), running(*worker(scheduler, tmp_path)) as victim:
        study = start(images, far, "--dask", scheduler)
        wait_until(lambda: done(far) > 0)
        victim.kill()
        assert done(far) < COUNT, "it was too quick to lose a worker"
        said = finish(study)
    assert f"{COUNT} images measured" in said
    assert table(far) == table(tmp_path / "here.db")


def test_an_address_where_nobody_answers_is_one_line(images: Path, tmp_path: Path) -> None:
    study = start(images, tmp_path / "r.db", "--dask", "tcp://127.0.0.1:9")
    _, err = study.communicate(timeout=120)
    assert study.returncode == 1
    assert err.startswith("tinycnn: no dask cluster with workers at tcp://127.0.0.1:9")
    assert len(err.splitlines()) == 1
