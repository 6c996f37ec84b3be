"""A net in several files: a JSON table beside them says which array is in which."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from tinycnn.weights.safetensors_file import LONGEST, parsed
from tinycnn.weights.source import Source
from tinycnn.weights.stored import Index, Stored

MOST = 200
"""Files that a net may be in."""


@dataclass(frozen=True)
class Listed:
    """From the name of each array to the name of its file, in the same folder."""

    where: Mapping[str, str]

    @property
    def files(self) -> tuple[str, ...]:
        """The names of the files."""
        return tuple(dict.fromkeys(self.where.values()))


def listed(source: Source) -> Listed | None:
    """The table in a file; None if it is no text that begins as one does."""
    start = source.read(0, min(64, source.size)).lstrip()
    if start[:1] != b"{" or b"\0" in start:
        return None
    if source.size > LONGEST:
        raise ValueError("it begins as JSON does, but is larger than the list of any net")
    try:
        where = parsed(source.read(0, source.size)).get("weight_map")
    except json.JSONDecodeError as error:
        raise ValueError(f"it begins as JSON does, but is damaged: {error.msg}") from error
    if type(where) is not dict or not where or not all(type(name) is str for name in where.values()):
        raise ValueError('it is JSON without a "weight_map", which lists the files of a net')
    table = Listed(where)
    for name in table.files:
        if not name.isprintable() or not name or set("/\\") & set(name) or name in (".", ".."):
            raise ValueError(f"it lists {name[:60]!r}, which is not in its folder")
    if len(table.files) > MOST:
        raise ValueError(f"it lists more than {MOST} files")
    return table


def gathered(table: Listed, parts: Mapping[str, Mapping[str, Stored]]) -> Index:
    """The arrays that a table lists, from the indices of its files."""
    for name, file in table.where.items():
        if name not in parts[file]:
            raise ValueError(f"array {name[:60]!r} is not in {file[:60]!r}")
    return Index({name: parts[file][name] for name, file in table.where.items()}, {})
