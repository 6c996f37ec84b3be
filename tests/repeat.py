"""Do tests pass by luck? Run them again and again, each time with another seed of hypothesis.

``python -m tests.repeat 20 tests/testing`` runs the tests of a folder with the seeds 1 to 20; other words are
passed on to pytest. The usual profile draws the same examples every time; here each run draws its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence

from hypothesis import HealthCheck, settings

settings.register_profile(
    "varied", database=None, deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)


def main(arguments: Sequence[str]) -> int:
    """Run, and print a line for each seed; the exit status is 1 if any run failed."""
    if not arguments or not arguments[0].isdigit():
        sys.exit("usage: python -m tests.repeat TIMES [PATH ...]")
    times, *words = arguments
    failed = [seed for seed in range(1, int(times) + 1) if not _passes(seed, words)]
    print(
        f"{int(times) - len(failed)} of {times} runs passed" + (f"; failed with {failed}" if failed else "")
    )
    return 1 if failed else 0


def _passes(seed: int, words: Sequence[str]) -> bool:
    plugin = ("-q", "-p", "no:cacheprovider", "-p", "tests.repeat", f"--hypothesis-seed={seed}")
    begin = time.monotonic()
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *plugin, *words],
        env={**os.environ, "HYPOTHESIS_PROFILE": "varied"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    last = run.stdout.strip().splitlines()[-1] if run.stdout.strip() else "no output"
    print(f"seed {seed}: {last.strip('= ')} ({time.monotonic() - begin:.0f} s)", flush=True)
    if run.returncode:
        print(run.stdout)
    return run.returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
