"""Running experiments, and keeping what they return in files that are written whole or not at all."""

from __future__ import annotations

import hashlib
import json
import platform
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from tinycnn import __version__
from tinycnn.errors import FetchError
from tinycnn.experiments.experiment import Experiment, Inputs, Number, Result, Statement
from tinycnn.files import atomic_write, json_fields
from tinycnn.ops import engine


@dataclass(frozen=True)
class Record:
    """The result of one experiment, how long it took, and all that it depends on.

    Parameters
    ----------
    name : str
        The experiment's.
    result : Result
    seconds : float
    setting : dict
        As `describe` gives it: a record of another setting is not used.
    """

    name: str
    result: Result
    seconds: float
    setting: dict[str, Any]


def reproduce(experiments: Sequence[Experiment], inputs: Inputs, folder: Path) -> Iterator[Record]:
    """Run experiments, or read what an earlier, perhaps interrupted, run with the same setting has left.

    Parameters
    ----------
    experiments : sequence of Experiment
    inputs : Inputs
    folder : path
        Takes NAME.npz and NAME.json of every experiment.

    Yields
    ------
    Record
        Each as soon as it is on disk. An experiment whose weights are missing has no numbers, and a note.
    """
    description = describe(inputs)
    for experiment in experiments:
        record = read(folder, experiment.name)
        if record is None or record.setting != description:
            record = _run(experiment, inputs, description)
            if record.result.numbers:
                write(folder, record)
        yield record


def describe(inputs: Inputs) -> dict[str, Any]:
    """All that a result depends on, small enough to be compared and printed."""
    digest = hashlib.sha256()
    for name, image in inputs.images.items():
        digest.update(f"{name}{image.shape}".encode() + image.tobytes())
    weights = inputs.weights and hashlib.sha256(inputs.weights.read_bytes()).hexdigest()[:16]
    return {
        "seed": inputs.seed,
        "quick": inputs.quick,
        "images": f"{len(inputs.images)}, sha256 {digest.hexdigest()[:16]}",
        "weights": f"sha256 {weights}" if weights else "as fetched",
        "tinycnn": __version__,
        "numpy": np.__version__,
        "numba": "not used" if engine.PLAIN else version("numba"),
        "python": platform.python_version(),
    }


def write(folder: Path, record: Record) -> None:
    """Keep a record; its numbers come last, so a record that has them is whole."""
    with atomic_write(folder / f"{record.name}.npz") as file:
        np.savez(file, **record.result.arrays)  # type: ignore[arg-type]
    result = record.result
    content = {
        "setting": record.setting,
        "seconds": record.seconds,
        "numbers": [json_fields(number) for number in result.numbers],
        "statements": [asdict(statement) for statement in result.statements],
        "notes": list(result.notes),
    }
    with atomic_write(folder / f"{record.name}.json") as file:
        file.write(json.dumps(content, indent=1, allow_nan=False).encode() + b"\n")


def read(folder: Path, name: str) -> Record | None:
    """The record of an experiment, if there is a whole one."""
    try:
        content = json.loads((folder / f"{name}.json").read_bytes())
        with np.load(folder / f"{name}.npz") as file:
            arrays = dict(file)
        result = Result(
            arrays,
            [_number(**number) for number in content["numbers"]],
            [Statement(**statement) for statement in content["statements"]],
            content["notes"],
        )
        return Record(name, result, content["seconds"], content["setting"])
    except (OSError, ValueError, KeyError, TypeError):  # none, or not ours: it is made anew
        return None


def _number(value: float | None, error: float | None, **others: Any) -> Number:
    nan = float("nan")
    return Number(value=nan if value is None else value, error=nan if error is None else error, **others)


def _run(experiment: Experiment, inputs: Inputs, description: dict[str, Any]) -> Record:
    start = time.perf_counter()
    try:
        result = experiment.run(inputs)
    except FetchError as error:
        result = Result({}, [], [], [f"Not run: {error}"])
    return Record(experiment.name, result, time.perf_counter() - start, description)
