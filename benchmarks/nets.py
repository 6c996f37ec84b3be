"""``python -m benchmarks.nets``: how many random nets a second the theory is measured on.

The three-layer CNN of the theory at 64x64 pixels with 64 filters of 3x3, as its claims use it: each net's
weights are drawn, one forward pass is made, and one map by guided backprop.
"""

from __future__ import annotations

import time
from dataclasses import replace

from benchmarks.machine import describe
from tinycnn import get_num_threads
from tinycnn.theory.claim import Setting
from tinycnn.theory.claims.nets import maps, new_traces
from tinycnn.theory.judge import OWN

SETTING = Setting(nets=200, size=64, filters=64, classes=1)


def main() -> None:
    """Measure, and print a line."""
    for setting in (replace(SETTING, nets=5), SETTING):  # the first ones compile
        start = time.perf_counter()
        for trace in new_traces(OWN, setting, 0):
            maps(OWN, trace, "guided")
        seconds = time.perf_counter() - start
    rate, threads = SETTING.nets / seconds, get_num_threads()
    print(f"{rate:.0f} nets a second on {threads} threads of {describe(threads)['processor']}")


if __name__ == "__main__":
    main()
