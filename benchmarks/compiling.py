"""``python -m benchmarks.compiling``: what the first map costs where no kernel has been compiled yet."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

NETS = {
    "three layers": ("three_layer_cnn",),
    "five networks": ("three_layer_cnn", "vgg16", "resnet50", "alexnet", "efficientnet_lite0"),
}


def main() -> None:
    """Print the table; each line is two new processes with a cache of their own."""
    least = measure("--least")["seconds"]
    table = Table(title=f"Seconds of processor time; the smallest kernel takes {least:.3f} s to compile")
    for column in ("maps of", "nothing compiled", "all compiled", "functions", "at the smallest one's price"):
        table.add_column(column, justify="left" if column == "maps of" else "right")
    for name, models in NETS.items():
        with tempfile.TemporaryDirectory() as cache:
            empty, kept = (measure(*models, NUMBA_CACHE_DIR=cache) for _ in range(2))
        cells = (empty["seconds"], kept["seconds"], least * empty["functions"])
        first, second, bound = (f"{cell:.1f}" for cell in cells)
        table.add_row(name, first, second, str(empty["functions"]), bound)
    Console().print(table)


def measure(*words: str, **environment: str) -> dict[str, Any]:
    """What a new process measures."""
    command = [sys.executable, "-m", "benchmarks.compiling", *words]
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def maps(models: list[str]) -> dict[str, Any]:
    """Seconds of processor time until the last network's maps are there, and functions compiled by then."""
    from numba.core import event

    import tinycnn as tc

    with event.install_recorder("numba:compile") as compiled:
        for name in models:
            model = tc.zoo.build(name)
            tc.visualize(model, model.preprocess(tc.image.default()))
    count = sum(each.is_start for _, each in compiled.buffer)
    return {"seconds": time.process_time(), "functions": count}


def least() -> dict[str, Any]:
    """Seconds for a kernel of one loop, once another has been compiled."""
    import numba

    def kernel(x: Any, y: Any) -> None:
        for i in range(len(x)):
            y[i] += x[i]

    x = np.ones(3, np.float32)
    seconds = []
    for _ in range(5):
        start = time.process_time()
        numba.njit(kernel)(x, x.copy())
        seconds.append(time.process_time() - start)
    return {"seconds": min(seconds[1:])}


if __name__ == "__main__":
    if words := sys.argv[1:]:
        print(json.dumps(least() if words == ["--least"] else maps(words)))
    else:
        main()
