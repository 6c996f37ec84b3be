"""What a user sees of a command, and of the folder it wrote to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Outcome:
    """The exit status of a command, and its lines on both streams."""

    status: int
    out: list[str]
    err: list[str]


def names(folder: Path) -> list[str]:
    """Every file in a folder, hidden ones included."""
    return sorted(path.name for path in folder.iterdir())
