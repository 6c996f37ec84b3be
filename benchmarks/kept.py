"""What a long run has measured, a line of JSON each, so that it can be stopped and taken up again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from os import PathLike
from pathlib import Path
from typing import Any, TypeVar

Entry = TypeVar("Entry")
"""A dataclass."""


def remember(path: str | PathLike[str], entries: Iterable[Entry]) -> Iterator[Entry]:
    """Hand entries on, and add a line of JSON for each to a file as it comes."""
    with open(path, "a", encoding="utf-8") as file:
        for entry in entries:
            line = json.dumps(asdict(entry))  # type: ignore[call-overload]
            file.write("\n" + line)  # in front: the last run may have left half a line
            file.flush()
            yield entry


def entries(path: str | PathLike[str]) -> list[dict[str, Any]]:
    """The fields of each entry in a file, none if there is no such file; lines that were cut are left out."""
    lines = Path(path).read_text("utf-8").splitlines() if Path(path).exists() else []
    return [json.loads(line) for line in lines if line.endswith("}")]
