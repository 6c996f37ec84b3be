"""Downloading one file over http: resumed, paced, and never longer than expected."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path
from queue import Empty, Queue
from threading import Event, Thread
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from tinycnn.errors import FetchError

TIMEOUT = 30.0
"""Seconds for which a server may send nothing, and in which it must send a `BLOCK`."""

BLOCK = 1 << 14

ATTEMPTS = 4
"""How often a download that was cut off is taken up again, as long as each attempt gets further."""


def download(session: Any, address: str, part: Path, bytes: int, label: str) -> None:
    """Download into a file, from where an earlier attempt left off if the server can.

    Parameters
    ----------
    session : requests.Session
        Or pip's, which is one too.
    address : str
    part : Path
        Kept when the download is cut off, so that it can be resumed.
    bytes : int
        The size expected; a server that sends over a tenth more is given up, and `part` removed.
    label : str
        Names the progress bar, which is shown on a terminal only.

    Raises
    ------
    OSError
        The server cannot be reached, refuses, is too slow, or cut off every attempt.
    """
    console, name = Console(stderr=True), TextColumn("{task.description}")
    columns = (name, BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    progress = Progress(*columns, console=console, transient=True)
    seen: AbstractContextManager[object] = progress if console.is_terminal else nullcontext()
    with seen:  # a bar that is disabled ends in an empty line, before rich 14.3
        task = progress.add_task(label, total=bytes)
        for attempt in range(ATTEMPTS):
            before = _size(part)
            try:
                for position, total in _append(session, address, part, bytes * 11 // 10):
                    progress.update(task, completed=position, total=total)
            except FetchError:
                raise
            except OSError as error:
                if attempt == ATTEMPTS - 1 or _size(part) <= before:
                    reason = str(error)[:100] or type(error).__name__
                    raise OSError(f"cut off after {_size(part)} bytes, which are kept: {reason}") from error
            else:
                return


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _append(session: Any, address: str, part: Path, limit: int) -> Iterator[tuple[int, int]]:
    """Ask for the rest of a file, and yield (bytes there, bytes in all) as it grows."""
    have = _size(part)
    headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={have}-"} if have else {})}
    answer = session.get(address, headers=headers, stream=True, timeout=TIMEOUT)
    if answer.status_code not in (200, 206):
        answer.close()
        if answer.status_code == 416 and have:  # there is no rest; whether it is the file, its hash will tell
            return
        raise FetchError(f"the server answers {answer.status_code} {answer.reason}")
    resumed = answer.status_code == 206
    if resumed and not answer.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
        answer.close()
        raise FetchError("the server sends another part than was asked for")
    position = have if resumed else 0
    total = position + int(answer.headers.get("Content-Length", 0))
    with open(part, "ab" if resumed else "wb") as file:
        for block in _paced(answer):
            position += len(block)
            if position > limit:
                part.unlink()
                raise FetchError(f"the server sends more than {limit} bytes")
            file.write(block)
            yield position, max(total, position)
    if position < total:
        raise OSError(f"the server sent {position} of {total} bytes")


def _paced(answer: Any) -> Iterator[bytes]:
    """The blocks of an answer, unless one takes too long; read in a thread, as no read can be broken off."""
    queue: Queue[bytes | Exception] = Queue(maxsize=16)
    stopped = Event()

    def pull() -> None:
        with answer:
            try:
                for block in answer.iter_content(BLOCK):
                    queue.put(block)
                    if stopped.is_set():
                        return
                queue.put(b"")
            except Exception as error:  # raised again where the blocks are asked for
                queue.put(error)

    Thread(target=pull, daemon=True).start()
    try:
        while block := queue.get(timeout=TIMEOUT):
            if isinstance(block, Exception):
                raise block
            yield block
    except Empty as error:
        raise TimeoutError(f"the server sent less than {BLOCK} bytes in {TIMEOUT:g} s") from error
    finally:
        stopped.set()
        with suppress(Empty):  # make room for the block that the thread may be waiting to hand over
            queue.get_nowait()
