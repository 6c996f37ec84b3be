"""What commands print: whole lines, in which nothing of users or files can steer the terminal.

Where standard output is no terminal nothing is wrapped or cut: what a program reads depends on no width.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from textwrap import wrap
from typing import TextIO

from tinycnn.errors import OutputError

NARROWEST = 24
"""Columns that the last column of a table is wrapped to at least."""

GAP = "  "


def one_line(text: object) -> str:
    """A text as one line: characters that are not printable are written as in Python, such as ``\\x1b``.

    Bytes of a file name that are not UTF-8 are written as ``\\xff``.
    """
    return "".join(letter if letter.isprintable() else _escaped(letter) for letter in str(text))


def show(text: object = "") -> None:
    """Print one line on standard output."""
    print(one_line(text))


def say(text: object) -> None:
    """Print one line on standard error, as long as somebody takes it."""
    try:
        print(one_line(f"tinycnn: {text}"), file=sys.stderr, flush=True)
    except (OSError, ValueError):
        discard(sys.stderr)


def show_table(rows: Iterable[Sequence[object]], heads: Sequence[str] = ()) -> None:
    """Print rows with their columns aligned; on a terminal long texts of the last column are wrapped.

    On a terminal that is too narrow for the columns before the last, each row is a paragraph.
    """
    lines = [[one_line(cell) for cell in row] for row in ([heads] if heads else [])] + [
        [one_line(cell) for cell in row] for row in rows
    ]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)][:-1]
    room = _columns() - sum(widths) - len(GAP) * len(widths)
    if any(len(line[-1]) > room for line in lines) and room < NARROWEST:
        _show_paragraphs(lines[bool(heads) :], heads)
        return
    for *cells, last in lines:
        texts = wrap(last, room) if NARROWEST <= room < len(last) else [last]
        for text in texts or [""]:
            padded = [cell.ljust(width) for cell, width in zip(cells, widths, strict=True)]
            print(GAP.join([*padded, text]).rstrip())
            cells = [""] * len(cells)


def _show_paragraphs(lines: Sequence[Sequence[str]], heads: Sequence[str]) -> None:
    """The first cell of each row, and below it the others, each after the head of its column."""
    for first, *others in lines:
        print(first)
        named = zip(heads[1:] or [""] * len(others), others, strict=True)
        text = "; ".join(f"{head} {cell}".strip() for head, cell in named if cell)
        for line in wrap(text, max(_columns() - len(GAP), 1)):
            print(f"{GAP}{line}")


def prepare() -> None:
    """Make both streams take any text, whatever their encoding.

    Raises
    ------
    OutputError
        Standard output is closed: the first file that is opened would take its place.
    """
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    if sys.stdout is None:
        raise OutputError("standard output is closed; send it to a file, or to /dev/null")
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def discard(stream: TextIO) -> None:
    """Send what is still to be printed nowhere: nobody takes it, and Python would try again at the end."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def _escaped(letter: str) -> str:
    if "\udc80" <= letter <= "\udcff":  # how Python holds a byte that it could not decode
        return f"\\x{ord(letter) - 0xDC00:02x}"
    return letter.encode("unicode_escape").decode()


def _columns() -> int:
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else sys.maxsize
