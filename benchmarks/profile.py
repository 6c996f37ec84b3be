"""``python -m benchmarks.profile MODEL``: where the time of a map goes, layer by layer."""

from __future__ import annotations

import argparse
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import numpy as np
from rich.console import Console
from rich.table import Table

import tinycnn
from tinycnn.fused import blocks, units
from tinycnn.layers.sizes import walk
from tinycnn.ops.kernels.machine import threads

REST = "between: sums, turns, dense layers"
KINDS = (blocks.Convolution, blocks.Pooled, units.Unit, units.Pool)


class Clock:
    """Seconds of each layer, forward and back, and of all kernels."""

    def __init__(self) -> None:
        self.layers: dict[str, dict[str, float]] = defaultdict(lambda: {"forward": 0.0, "backward": 0.0})
        self.kernels = 0.0
        self.whole = 0.0

    def timed(self, method: str, original: Callable[..., Any]) -> Callable[..., Any]:
        """A node's method, with its time written down."""

        def call(node: Any, *arguments: Any) -> Any:
            start = time.perf_counter()
            result = original(node, *arguments)
            self.layers[_name(node)][method] += time.perf_counter() - start
            return result

        return call

    def run(self, original: Callable[..., None]) -> Callable[..., None]:
        """What starts kernels, with their time written down."""

        def call(*arguments: Any, **named: Any) -> None:
            start = time.perf_counter()
            original(*arguments, **named)
            self.kernels += time.perf_counter() - start

        return call


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.profile", description=__doc__)
    parser.add_argument("model", help="see 'tinycnn list models'")
    parser.add_argument("--rule", default="guided", help="(%(default)s)")
    parser.add_argument("--repeats", type=int, default=9, help="maps, of which medians are taken")
    chosen = parser.parse_args()
    model = tinycnn.zoo.build(chosen.model)
    x = np.random.default_rng(0).standard_normal((1, *model.input_shape), dtype=np.float32)
    tinycnn.visualize(model, x, chosen.rule)
    clocks = []
    for _ in range(chosen.repeats):
        with watched() as clock:
            tinycnn.visualize(model, x, chosen.rule)
        clocks.append(clock)
    work = {layer.name: products for _, layer, _, products in walk(model.layers, model.input_shape)}
    Console().print(table(clocks, work))


@contextmanager
def watched() -> Iterator[Clock]:
    """A clock that runs in all that happens inside."""
    clock = Clock()
    with ExitStack() as stack:
        for kind in KINDS:
            for method in ("forward", "backward"):
                stack.enter_context(patch.object(kind, method, clock.timed(method, getattr(kind, method))))
        stack.enter_context(patch.object(threads, "run", clock.run(threads.run)))
        start = time.perf_counter()
        yield clock
        clock.whole = time.perf_counter() - start


def table(clocks: list[Clock], work: dict[str, int]) -> Table:
    """A row for each layer; GFLOP/s count the multiplications that it is defined by."""

    def median(of: Callable[[Clock], float]) -> float:
        return statistics.median(of(clock) for clock in clocks)

    whole, kernels = median(lambda clock: clock.whole), median(lambda clock: clock.kernels)
    title = f"{1e3 * whole:.1f} ms, of which {1e3 * (whole - kernels):.1f} outside kernels"
    found = Table("layer", *("forward ms", "GFLOP/s", "back ms", "GFLOP/s"), title=title)
    for column in found.columns[1:]:
        column.justify = "right"
    for name in clocks[0].layers:
        cells = [name]
        for method in ("forward", "backward"):
            seconds = median(lambda clock, name=name, method=method: clock.layers[name][method])
            speed = f"{2e-9 * work[name] / seconds:.0f}" if work.get(name) and seconds else ""
            cells += [f"{1e3 * seconds:.2f}", speed]
        found.add_row(*cells)
    layers = median(lambda clock: sum(sum(each.values()) for each in clock.layers.values()))
    found.add_row(REST, f"{1e3 * (whole - layers):.2f}")
    return found


def _name(node: Any) -> str:
    layer = getattr(node, "conv", None) or getattr(node, "layer", None)
    return layer.name if layer is not None else f"max-pool to {'x'.join(map(str, node.output))}"


if __name__ == "__main__":
    main()
