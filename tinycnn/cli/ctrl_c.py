"""Ctrl-C: a command that is interrupted says so in one line, and ends with status 130."""

from __future__ import annotations

import _thread
import os
import signal
import sys
import threading
from contextlib import suppress
from typing import Any, NoReturn

_MOMENT = 0.01  # seconds


def heed() -> None:
    """Raise KeyboardInterrupt from now on, also where Python could not: there, a moment later."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.unraisablehook = _once_more


def _once_more(unraisable: Any) -> None:
    """In a destructor or a callback from C an error would be printed by Python, and the command go on."""
    if issubclass(unraisable.exc_type, KeyboardInterrupt):
        threading.Timer(_MOMENT, _thread.interrupt_main).start()
    else:
        sys.__unraisablehook__(unraisable)


def leave(status: int) -> NoReturn:
    """End the process with that exit status, once all that was printed is written.

    To return from the main module is not enough after Ctrl-C: where the signal arrives inside of an ``exec``,
    as in the making of a dataclass, CPython ends the process by the signal even if the exception was caught.
    """
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(status)
