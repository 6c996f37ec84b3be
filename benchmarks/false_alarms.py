"""``python -m benchmarks.false_alarms``: how often correct code fails a claim of the theory.

The quick setting of every claim is judged over many seeds. Trials are kept in a file, so that a run can be
stopped and taken up again.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

from rich.console import Console
from rich.progress import track

from benchmarks.alarm_report import markdown
from benchmarks.alarms import measure, recall, to_do
from benchmarks.kept import remember
from tinycnn.theory.claims import CLAIMS


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what is missing, and print the page, with the trials of the file."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.false_alarms", description=__doc__)
    parser.add_argument("claims", nargs="*", default=["*"], metavar="CLAIM", help="ids; * is allowed (all)")
    parser.add_argument("--seeds", type=int, default=200, metavar="N", help="of each claim (%(default)s)")
    parser.add_argument("--file", type=Path, default=Path("false_alarms.jsonl"), help="trials so far")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="also write the page to a file")
    chosen = parser.parse_args(arguments)
    ready = {id: claim for id, claim in CLAIMS.items() if not claim.weights}
    claims = {id: claim for id, claim in ready.items() if any(fnmatch(id, name) for name in chosen.claims)}
    trials = recall(chosen.file, claims)
    missing = to_do(claims.values(), chosen.seeds, trials)
    new = remember(chosen.file, measure(missing))
    trials += track(new, "judging", len(missing), console=Console(stderr=True))
    page = markdown(claims, trials, f"python -m benchmarks.false_alarms --seeds {chosen.seeds}")
    print(page)
    if chosen.markdown is not None:
        chosen.markdown.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
