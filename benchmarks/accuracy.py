"""``python -m benchmarks.accuracy``: how far float32 is from float64 in VGG-16, by layer and by map.

Layers are compared on the same input, maps with the masks and switches of the float64 run: with its own, a
handful of units whose pre-activation is almost 0 would decide. All errors are relative, in the L2 norm.
"""

from __future__ import annotations

import numpy as np
from rich.console import Console
from rich.table import Table

from tinycnn import Trace, backward, forward
from tinycnn.layers import Conv2D
from tinycnn.ops import kernels
from tinycnn.ops.types import Array
from tinycnn.rules import DECONVNET, GRADIENT, GUIDED
from tinycnn.targets import max_logit
from tinycnn.trace import Step
from tinycnn.zoo import vgg16


def error(found: Array, exact: Array) -> float:
    """``|found - exact| / |exact|``."""
    return float(np.linalg.norm(found - exact) / np.linalg.norm(exact))


def halved(step: Step) -> Step:
    """The step with its layer, input and output rounded to float32; what it saved stays."""
    x, y = step.input.astype(np.float32), step.output.astype(np.float32)
    return Step(step.layer.astype(np.float32), x, y, step.saved)


def convolution(step: Step) -> tuple[str, float, float]:
    """A convolution's name, and the relative errors of its float32 output and signal to its input."""
    layer, single = step.layer, halved(step)
    signal = np.random.default_rng(0).standard_normal(step.output.shape)
    size = step.input.shape[2:]
    exact = kernels.conv2d_vjp_input(signal, layer.weight, size, **layer.geometry)
    single_signal = signal.astype(np.float32)
    back = kernels.conv2d_vjp_input(single_signal, single.layer.weight, size, **layer.geometry)
    return layer.name, error(single.layer.forward(single.input)[0], step.output), error(back, exact)


def main() -> None:
    """Print both tables."""
    model = vgg16(seed=0).astype(np.float64)
    trace = forward(model, np.random.default_rng(0).standard_normal((1, 3, 224, 224)))
    layers = Table("layer", "forward", "to input", box=None)
    for step in trace:
        if isinstance(step.layer, Conv2D):
            name, *errors = convolution(step)
            layers.add_row(name, *(f"{value:.1e}" for value in errors))
    seed, single = max_logit()(trace), Trace(map(halved, trace))
    maps = Table("map", "error", box=None)
    for rule in (GRADIENT, DECONVNET, GUIDED):
        found = backward(single, seed.astype(np.float32), rule)[0]
        maps.add_row(rule.name, f"{error(found, backward(trace, seed, rule)[0]):.1e}")
    for table in (layers, maps):
        Console().print(table)


if __name__ == "__main__":
    main()
