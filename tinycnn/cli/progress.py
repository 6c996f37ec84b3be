"""Spinners and progress bars on standard error; nothing is printed where that is no terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, TypeVar

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress

from tinycnn.cli.terminal import one_line

Item = TypeVar("Item")

console = Console(stderr=True)

_shown: list[Progress] = []


def status(text: str) -> AbstractContextManager[Any]:
    """A spinner beside `text` while the block runs."""
    spinner = "dots" if console.encoding.startswith("utf") else "line"
    return console.status(escape(one_line(text)), spinner=spinner)


def track(items: Iterable[Item], text: str, total: int) -> Iterator[Item]:
    """Hand items on, under a progress bar when there are several and somebody sees it."""
    if total < 2 or not console.is_terminal:
        yield from items
        return
    shown = escape(one_line(text))
    with _bars() as bars:
        task = bars.add_task(shown, total=total)
        try:
            yield from bars.track(items, total=total, task_id=task, description=shown)
        finally:
            bars.remove_task(task)


@contextmanager
def _bars() -> Iterator[Progress]:
    """The bars on the screen: a terminal has one place for them, also for loops inside loops."""
    if _shown:
        yield _shown[0]
        return
    with Progress(console=console, transient=True) as bars:
        _shown.append(bars)
        try:
            yield bars
        finally:
            _shown.clear()
