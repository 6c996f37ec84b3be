"""The command line: one file per command, each with its arguments (`add`) and what it does (`run`)."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from tinycnn import __version__
from tinycnn.cli import (
    check,
    classify,
    course,
    demo,
    explain,
    explore,
    laws,
    listing,
    reproduce,
    study,
    survey,
    train,
    verify,
    visualize,
    weights,
)
from tinycnn.errors import TinycnnError

COMMANDS = (
    *(demo, visualize, explore, classify),
    *(verify, explain, survey, reproduce, study),
    *(check, laws),
    course,
    *(listing, weights, train),
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
        The exit status: 0 when all went well, 1 when something did not, 130 when interrupted.
    """
    chosen = _parser().parse_args(arguments)
    try:
        status: int = chosen.run(chosen)
        sys.stdout.flush()
    except TinycnnError as error:
        print(f"tinycnn: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader of our output has left, as 'head' does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print("tinycnn: interrupted", file=sys.stderr)
        return 130
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tinycnn",
        description="Explain a CNN's decision by backward rules, and see why some of them show the input.",
        epilog="'tinycnn COMMAND --help' tells more about each.",
    )
    parser.add_argument("-V", "--version", action="version", version=f"tinycnn {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add(commands)
    return parser
