"""The command line: one file per command, each with its arguments (`add`) and what it does (`run`)."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from tinycnn import __version__, _interrupted
from tinycnn.cli import (
    check,
    classify,
    course,
    demo,
    explain,
    explore,
    laws,
    listing,
    models,
    reproduce,
    sanity,
    study,
    survey,
    train,
    verify,
    visualize,
    weights,
)
from tinycnn.cli.ctrl_c import heed, leave
from tinycnn.cli.terminal import discard, one_line, prepare, say
from tinycnn.errors import TinycnnError, interrupted

COMMANDS = (
    *(demo, visualize, explore, classify),
    *(verify, explain, survey, reproduce, study),
    *(sanity, check, laws),
    course,
    *(listing, models, weights, train),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    arguments : sequence of str, optional
        Those of the process, unless given.

    Returns
    -------
    int
        The exit status: 0 when all went well, also if the reader of the output left early, as ``head``
        does; 1 when something did not; 130 when interrupted.
    """
    own = signal.getsignal(signal.SIGINT) is _interrupted  # this process is the command, and nothing else
    try:
        if own:
            heed()
        prepare()
        return _run(arguments)
    except TinycnnError as error:
        say(error)
        return 1
    except BrokenPipeError:
        discard(sys.stdout)
        return 0
    except OSError as error:
        discard(sys.stdout)
        say(f"{error.filename or 'standard output'}: {error.strerror or error}")
        return 1
    except KeyboardInterrupt:
        say("interrupted")
        if own:
            leave(130)
        return 130
    finally:
        if own:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # what is left is to leave


def _run(arguments: Sequence[str] | None) -> int:
    try:
        chosen = _parser().parse_args(arguments)
        status: int = chosen.run(chosen)
        return status
    except Exception as error:
        if interrupted(error):
            raise KeyboardInterrupt from error
        raise
    finally:
        sys.stdout.flush()  # here an error of writing can still be said


class _Parser(argparse.ArgumentParser):
    """Refuses in one line, whatever the words were, and says when help cannot be written."""

    def error(self, message: str) -> NoReturn:
        super().error(one_line(message))

    def _print_message(self, message: str, file: Any = None) -> None:
        if file is sys.stdout:
            file.write(message)
        else:
            super()._print_message(message, file)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="tinycnn",
        description="Explain a CNN's decision by backward rules, and see why some of them show the input.",
        epilog="'tinycnn COMMAND --help' tells more about each.",
    )
    parser.add_argument("-V", "--version", action="version", version=f"tinycnn {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add(commands)
    return parser
