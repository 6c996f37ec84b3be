"""``python -m benchmarks.trained_checks``: MPRT and CSC in trained nets, beside random ones and their theory.

What is measured is kept in a file, so that a run can be stopped and taken up again.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from itertools import starmap
from pathlib import Path

from rich.console import Console
from rich.progress import track

from benchmarks.kept import remember
from benchmarks.trained import NETS, measured, recall, theory, to_do
from benchmarks.trained_page import markdown
from tinycnn.ops.engine import set_num_threads


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what is missing, and print the page, with what is in the file."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.trained_checks", description=__doc__)
    parser.add_argument("--file", type=Path, default=Path("trained_checks.jsonl"), help="measured so far")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="also write the page to a file")
    chosen = parser.parse_args(arguments)
    set_num_threads(1)  # it takes half an hour: the other cores are left to others
    units = recall(chosen.file)
    missing = to_do(units)
    new = remember(chosen.file, starmap(measured, missing))
    units += track(new, "measuring", len(missing), console=Console(stderr=True))
    page = markdown(units, {net.name: theory(net) for net in NETS})
    print(page)
    if chosen.markdown is not None:
        chosen.markdown.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
