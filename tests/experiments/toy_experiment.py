"""A small experiment with every kind of plate, which counts how often it is run."""

from __future__ import annotations

import numpy as np

from tinycnn.experiments import Experiment, Inputs, Result, Statement
from tinycnn.experiments.experiment import mean
from tinycnn.experiments.plates import Cell, Chart, Grid, GridRow, Plate, Slider, averaged, map_cell


def toy(name: str, ran: list[str]) -> Experiment:
    """An experiment that enters its name in `ran`."""

    def run(inputs: Inputs) -> Result:
        ran.append(name)
        samples = np.random.default_rng(inputs.seed).standard_normal((3, 5))
        number = mean("a < b & c", samples[0], 0.5)
        return Result(
            {"samples": samples}, [number, mean("one", [1.0])], [Statement("it <holds>", True)], ["note"]
        )

    return Experiment(name, f"Toy {name}", "a claim", "paper", "caption", run, draw)


def draw(result: Result) -> list[Plate]:
    """A chart over numbers, one over names, a grid and a slider of three frames."""
    samples = result.arrays["samples"]
    rng = np.random.default_rng(0)
    picture = rng.integers(256, size=(80, 80, 3), dtype=np.uint8)

    def row(label: str) -> GridRow:
        map = rng.standard_normal((3, 80, 80))
        cells = [map_cell(map, "guided", "+0.5"), map_cell(0 * map, "cost")]
        return GridRow(Cell(picture, "input"), cells, label)

    return [
        Chart([averaged("guided", np.arange(3), samples)], "N", "cosine"),
        Chart([averaged("guided", ["a", "b", "c"], samples)], "", "cosine"),
        Grid([row("first"), row("second")]),
        Slider([(f"conv{i}", Grid([row("part")])) for i in range(3)], "Layer:"),
    ]
