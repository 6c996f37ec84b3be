"""One side of one case, in a process of its own: ``python -m benchmarks.worker CASE SIDE THREADS``.

It prepares the job, says "ready", and then runs it once for every line on its standard input, answering
with the seconds it took. When the input ends it prints the peak of its memory.
"""

from __future__ import annotations

import gc
import os
import resource
import sys
import time


def main(name: str, side: str, threads: int) -> None:
    """Serve one side of a case."""
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
        os.environ[variable] = str(threads)  # read when the libraries are imported, below
    from benchmarks.cases import CASES

    case = CASES[name]
    job = case.ours() if side == "ours" else case.theirs()
    gc.collect()
    forget_peak()
    print("ready", flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        job()
        print(time.perf_counter() - start, flush=True)
    print(peak(), flush=True)


def forget_peak() -> None:
    """Start the record of peak memory anew, where Linux can, so that building the model does not count."""
    if os.path.exists("/proc/self/clear_refs"):
        with open("/proc/self/clear_refs", "w", encoding="utf-8") as file:
            file.write("5")


def peak() -> int:
    """Peak of resident memory in bytes."""
    return _status("VmHWM") or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def resident(process: int | str = "self") -> int:
    """Resident memory of a process in bytes, now; 0 where the system does not tell, or it has ended."""
    return _status("VmRSS", process)


def _status(field: str, process: int | str = "self") -> int:
    try:
        with open(f"/proc/{process}/status", encoding="utf-8") as file:
            return next((int(line.split()[1]) * 1024 for line in file if line.startswith(field)), 0)
    except OSError:
        return 0


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
