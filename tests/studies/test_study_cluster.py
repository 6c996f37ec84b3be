"""A study on a dask cluster: a scheduler and two workers, real processes, one of which is killed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from study_runs import COUNT, done, finish, scheduling, start, table, wait_until, working

pytest.importorskip("distributed", reason="needs the extra [scale]")


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[str]:
    """The address of a scheduler on a free port."""
    with scheduling(tmp_path) as address:
        yield address


def test_a_worker_that_is_killed_costs_no_row(scheduler: str, images: Path, tmp_path: Path) -> None:
    finish(start(images, tmp_path / "here.db"))
    far = tmp_path / "far.db"
    with working(scheduler, tmp_path), working(scheduler, tmp_path) as victim:
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
