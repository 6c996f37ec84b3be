"""``python -m benchmarks.growth OUT.png``: how the time of guided maps grows, and with which power.

Four curves on log axes: against the side of the image, the number of images, the filters of the three-layer
net, and the number of logits explained at once. Each point is the best of a few runs. The slope is that of a
least-squares line through the upper half of a curve, where fixed costs no longer show.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from rich.progress import track

from tinycnn import Model, targets, visualize
from tinycnn.ops.types import Array
from tinycnn.pictures.plot import save
from tinycnn.zoo import three_layer_cnn, vgg16

RUNS = 3


@dataclass(frozen=True)
class Growth:
    """A curve: what grows, with which power the work does, through which values, and the job for each."""

    name: str
    power: int
    values: Sequence[int]
    job: Callable[[int], Callable[[], object]]


def guided(model: Model, n: int = 1, target: targets.Target | str = "max") -> Callable[[], object]:
    """Guided maps of n images."""
    x: Array = np.random.default_rng(0).standard_normal((n, *model.input_shape), dtype=np.float32)
    return lambda: visualize(model, x, ["guided"], target)


def of_size(side: int) -> Callable[[], object]:
    """VGG-16's convolutions on images of that side."""
    return guided(vgg16(image=(side, side), dense=False), target=targets.feature_map("relu5_3", 0))


def of_batch(n: int) -> Callable[[], object]:
    """VGG-16's convolutions on n images of 64x64."""
    return guided(vgg16(image=(64, 64), dense=False), n, targets.feature_map("relu5_3", 0))


def of_filters(filters: int) -> Callable[[], object]:
    """The three-layer net of the theory on 128x128."""
    return guided(three_layer_cnn(filters, image=(128, 128), classes=2))


def of_maps(logits: int) -> Callable[[], object]:
    """Several logits of VGG-16 on one image of 64x64."""
    return guided(vgg16(image=(64, 64)), target=targets.several([targets.logit(k) for k in range(logits)]))


CURVES = (
    Growth("side of the image", 2, (32, 64, 96, 128, 192, 256, 384), of_size),
    Growth("images", 1, (1, 2, 4, 8, 16, 32), of_batch),
    Growth("filters", 1, (16, 32, 64, 128, 256, 512), of_filters),
    Growth("logits", 1, (1, 2, 4, 8, 16, 32, 64), of_maps),
)


def main() -> None:
    """Measure, print the slopes, and draw."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument("out", type=Path, metavar="OUT.png")
    parser.add_argument("--json", type=Path, help="where to write the seconds")
    chosen = parser.parse_args()
    seconds = {
        curve.name: [_seconds(curve.job(v)) for v in track(curve.values, curve.name)] for curve in CURVES
    }
    for curve in CURVES:
        power = slope(curve.values, seconds[curve.name])
        print(f"{curve.name:20} slope {power:.2f}; the work grows with the power {curve.power}")
    save(_drawn(seconds), chosen.out)
    print(chosen.out)
    if chosen.json:
        values = {curve.name: list(curve.values) for curve in CURVES}
        chosen.json.write_text(
            json.dumps({"values": values, "seconds": seconds}, indent=1) + "\n", encoding="utf-8"
        )


def slope(values: Sequence[int], seconds: Sequence[float]) -> float:
    """The power with which seconds grow, over the upper half of the values."""
    half = len(values) // 2
    return float(np.polyfit(np.log(values[half:]), np.log(seconds[half:]), 1)[0])


def _seconds(job: Callable[[], object]) -> float:
    job()
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        job()
        times.append(time.perf_counter() - start)
    return min(times)


def _drawn(seconds: dict[str, list[float]]) -> Figure:
    figure = Figure(figsize=(10, 3), layout="constrained")
    panels: Any = figure.subplots(1, len(CURVES))
    for curve, panel in zip(CURVES, panels, strict=True):
        taken = seconds[curve.name]
        panel.loglog(curve.values, taken, "o-", color="black", markersize=4)
        panel.set_xticks(curve.values, [str(v) for v in curve.values], rotation=60)
        panel.minorticks_off()
        panel.set_xlabel(curve.name)
        panel.set_title(f"slope {slope(curve.values, taken):.2f}", fontsize=10)
        panel.grid(alpha=0.3)
    panels[0].set_ylabel("seconds")
    return figure


if __name__ == "__main__":
    main()
