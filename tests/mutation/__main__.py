"""How good is the net of tests? Plant faults in the engine, one at a time, and see which go unnoticed.

``python -m tests.mutation`` draws faults in the operations, kernels, rules and the main loop, evenly over the
files, and adds those that are planted by hand. Each is tried twice, on the test suite and on the checks of
`tinycnn.testing` with their default settings; only what can see its file is run, fastest first, up to the
first failure. Verdicts are appended to a file, and a run that was interrupted goes on from it; those on a
file that has changed since are drawn anew.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

from tests.mutation.child import ROOT
from tests.mutation.equivalent import EQUIVALENT
from tests.mutation.faults import Fault, faults
from tests.mutation.plan import FILES, checks, suite
from tests.mutation.planted import planted_faults
from tests.mutation.report import Verdict, markdown
from tests.mutation.sandbox import Sandbox

NETS = {"suite": suite, "checks": checks}
LOG = Path(tempfile.gettempdir()) / "tinycnn-mutation.jsonl"

Log = dict[tuple[str, str], bool]
"""From the name of a fault and of a net to whether it was noticed."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Try faults, and print a table of those that were noticed and the list of those that were not."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--count", type=int, default=320, help="faults to draw (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of their choice (%(default)s)")
    parser.add_argument("--log", type=Path, default=LOG, help="verdicts, kept between runs (%(default)s)")
    parser.add_argument("--only", metavar="PATTERN", default="*", help="files, such as 'tinycnn/rules/*'")
    parser.add_argument("--again", action="store_true", help="try again what was not noticed before")
    parser.add_argument("--markdown", type=Path, help="write the tables to a file")
    options = parser.parse_args(arguments)
    known = _read(options.log, again=options.again)
    chosen = [*planted_faults(ROOT), *drawn(options.count, options.seed)]
    chosen = [fault for fault in chosen if fnmatch(fault.file, options.only)]
    with tempfile.TemporaryDirectory() as folder:
        sandbox = Sandbox(Path(folder))
        for number, fault in enumerate(chosen, 1):
            for net in NETS:
                if (str(fault), net) not in known:
                    known[str(fault), net] = _try(sandbox, fault, net, options.log)
            print(f"{number}/{len(chosen)} {fault}", file=sys.stderr)
    tables = markdown(
        (Verdict(f, *(known[str(f), net] for net in NETS), EQUIVALENT.get(str(f), "")) for f in chosen),
        f"python -m tests.mutation --count {options.count} --seed {options.seed}",
    )
    print(tables)
    if options.markdown:
        options.markdown.write_text(tables, encoding="utf-8")
    return 0


def drawn(count: int, seed: int) -> list[Fault]:
    """Faults in random order, about as many from each file."""
    piles = []
    for file in FILES:
        pile = list(faults(ROOT, file))
        random.Random(f"{seed} {file}").shuffle(pile)  # what is drawn from one file depends on no other
        piles.append(pile)
    found: list[Fault] = []
    while len(found) < count and any(piles):
        found += [pile.pop() for pile in piles if pile]
    return found[:count]


def _try(sandbox: Sandbox, fault: Fault, net: str, log: Path) -> bool:
    outcome = sandbox.with_fault(fault, NETS[net](fault.file))
    line = {"file": fault.file, "source": _digest(fault.file), "fault": str(fault), "net": net}
    with log.open("a", encoding="utf-8") as lines:
        print(json.dumps({**line, **asdict(outcome)}), file=lines)
    return outcome.noticed


def _read(path: Path, again: bool) -> Log:
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []
    return {
        (line["fault"], line["net"]): line["noticed"]
        for line in lines
        if line["source"] == _digest(line["file"])
        and (line["noticed"] or line["fault"] in EQUIVALENT or not again)
    }


@cache
def _digest(file: str) -> str:
    """Of what stands in a file of the project; a verdict is about that."""
    path = ROOT / file
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12] if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main())
