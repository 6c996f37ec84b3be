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
    """The median ratio of each case in the last run on such a processor."""
    runs = [run for run in _read(path) if _processor(run) == machine["processor"]]
    return {case["name"]: case["ratio"]["median"] for run in runs for case in run["cases"]}


def keep(path: Path, run: Run) -> None:
    """Write a run, and keep the last one on another processor."""
    others = [other for other in _read(path) if _processor(other) != _processor(run)]
    with atomic_write(path) as file:
        file.write(json.dumps([run, *others[:1]], indent=1).encode() + b"\n")


def _read(path: Path | None) -> list[Run]:
    return json.loads(path.read_text()) if path is not None and path.exists() else []


def _processor(run: Run) -> str:
    return run["machine"]["processor"]
