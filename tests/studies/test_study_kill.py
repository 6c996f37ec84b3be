"""A study that is killed goes on where it was, and ends as one that was not."""

from __future__ import annotations

import os
from pathlib import Path

from study_runs import COUNT, done, finish, start, summary, table, wait_until


def test_a_killed_study_ends_as_one_that_was_left_alone(images: Path, tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole.db", tmp_path / "killed.db"
    finish(start(images, whole, "--workers", "2"))
    for enough in (0, COUNT // 3):  # before the first image, and among the others
        process = start(images, killed, "--workers", "1")
        wait_until(lambda enough=enough: done(killed) >= enough)
        process.kill()
        process.communicate()
        assert done(killed) < COUNT, "it was too quick to be killed"
    before = done(killed)
    said = finish(start(images, killed, "--workers", "1"))
    assert f"{COUNT - before} images measured, {before} known before" in said
    assert table(killed) == table(whole)
    assert len(table(whole)) == COUNT * 3 * 20  # images, rules, pairs
    assert summary(killed) == summary(whole)


def test_workers_end_with_a_parent_that_was_killed(images: Path, tmp_path: Path) -> None:
    process = start(images, tmp_path / "results.db", "--workers", "2")
    wait_until(lambda: done(tmp_path / "results.db") > 0)
    children = _children(process.pid)
    process.kill()
    process.communicate()
    wait_until(lambda: not any(map(_is_alive, children)), seconds=30)


def _children(parent: int) -> list[int]:
    """Processes whose parent this is; of systems without /proc none are known."""
    found = []
    for place in Path("/proc").glob("[0-9]*/stat"):
        number, _, rest = place.read_text("utf-8").partition(" (")
        if rest.rpartition(") ")[2].split()[1] == str(parent):
            found.append(int(number))
    return found


def _is_alive(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{number}/stat").read_text("utf-8").rpartition(") ")[2].split()[0]
