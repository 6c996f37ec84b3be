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
    here, _ = _sorted(path, machine)
    return {case["name"]: case["ratio"]["median"] for run in here for case in run["cases"]}


def keep(path: Path, run: Run) -> None:
    """Write a run over those of its cases that were known, and keep the last one on another machine."""
    here, elsewhere = _sorted(path, run["machine"])
    cases = {case["name"]: case for known in (*here, run) for case in known["cases"]}
    with atomic_write(path) as file:
        kept = [{**run, "cases": [*cases.values()]}, *elsewhere[:1]]
        file.write(json.dumps(kept, indent=1).encode() + b"\n")


def _sorted(path: Path | None, machine: Mapping[str, object]) -> tuple[list[Run], list[Run]]:
    """The runs in a file: those on such a processor with as many threads, and the others."""
    runs: list[Run] = json.loads(path.read_text("utf-8")) if path is not None and path.exists() else []
    here = [
        run for run in runs if all(run["machine"][key] == machine[key] for key in ("processor", "threads"))
    ]
    return here, [run for run in runs if run not in here]
