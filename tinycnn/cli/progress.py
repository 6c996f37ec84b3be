"""Spinners and progress bars on standard error; nothing is printed where that is no terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import track as rich_track

Item = TypeVar("Item")

console = Console(stderr=True)


def status(text: str) -> AbstractContextManager[Any]:
    """A spinner beside `text` while the block runs."""
    return console.status(text)


def track(items: Iterable[Item], text: str, total: int) -> Iterator[Item]:
    """Hand items on, under a progress bar when there are several."""
    if total < 2:
        yield from items
    else:
        yield from rich_track(
            items, text, total, console=console, transient=True, disable=not console.is_terminal
        )
