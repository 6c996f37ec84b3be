"""Spinners and progress bars on standard error; nothing is printed where that is no terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Any, TypeVar

from rich.console import Console
from rich.markup import escape
from rich.progress import track as rich_track

from tinycnn.cli.terminal import one_line

Item = TypeVar("Item")

console = Console(stderr=True)


def status(text: str) -> AbstractContextManager[Any]:
    """A spinner beside `text` while the block runs."""
    spinner = "dots" if console.encoding.startswith("utf") else "line"
    return console.status(escape(one_line(text)), spinner=spinner)


def track(items: Iterable[Item], text: str, total: int) -> Iterator[Item]:
    """Hand items on, under a progress bar when there are several."""
    if total < 2:
        yield from items
    else:
        shown = escape(one_line(text))
        yield from rich_track(
            items, shown, total, console=console, transient=True, disable=not console.is_terminal
        )
