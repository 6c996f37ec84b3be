"""Figures of earlier runs, so that it shows when something has become slower."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tinycnn.files import atomic_write

Run = dict[str, Any]
"""The machine, its limits, and the cases as `benchmarks.measure.Result.as_dict` gives them."""


def ratios(path: Path | None, machine: Mapping[str, object]) -> dict[str, float]:
    """The median ratio of each case in its last run on such a processor, with as many threads."""
    runs = [run for run in _read(path) if _where(run) == (machine["processor"], machine["threads"])]
    return {case["name"]: case["ratio"]["median"] for run in runs for case in run["cases"]}


def keep(path: Path, run: Run) -> None:
    """Write a run over those of its cases that were known, and keep the last one on another machine."""
    before = _read(path)
    same = [case for other in before if _where(other) == _where(run) for case in other["cases"]]
    cases = {case["name"]: case for case in (*same, *run["cases"])}
    others = [other for other in before if _where(other) != _where(run)]
    with atomic_write(path) as file:
        kept = [{**run, "cases": [*cases.values()]}, *others[:1]]
        file.write(json.dumps(kept, indent=1).encode() + b"\n")


def _read(path: Path | None) -> list[Run]:
    return json.loads(path.read_text()) if path is not None and path.exists() else []


def _where(run: Run) -> tuple[str, int]:
    return run["machine"]["processor"], run["machine"]["threads"]
