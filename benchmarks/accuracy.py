"""``python -m benchmarks.accuracy``: how far float32 is from float64 in VGG-16, by layer and by map.

Layers are compared on the same input, maps with the masks and switches of the float64 run: with its own, a
handful of units whose pre-activation is almost 0 would decide. All errors are relative, in the L2 norm.
Columns named "exact" are those within `tinycnn.exact`.
"""

from __future__ import annotations

import numpy as np
from rich.console import Console
from rich.table import Table

from tinycnn import Trace, backward, exact, forward, ops
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


def both_ways(layer: Conv2D, x: Array, signal: Array) -> tuple[Array, Array]:
    """A convolution's output, and what arrives at its input."""
    back = kernels.conv2d_vjp_input(signal, layer.weight, x.shape[2:], **layer.geometry)
    return layer.forward(x)[0], back


def convolution(step: Step) -> list[float]:
    """Relative errors, forward and to the input: of float32, of float32 within `exact`, and of float64.

    The first two are against float64, the last against the definition in NumPy.
    """
    layer, single = step.layer, halved(step)
    signal = np.random.default_rng(0).standard_normal(step.output.shape)
    double, arguments = (
        both_ways(layer, step.input, signal),
        (single.layer, single.input, signal.astype("f4")),
    )
    usual = both_ways(*arguments)
    with exact():
        direct = both_ways(*arguments)
    definition = (
        ops.conv2d(step.input, layer.weight, layer.bias, **layer.geometry),
        ops.conv2d_vjp_input(signal, layer.weight, step.input.shape[2:], **layer.geometry),
    )
    pairs = [*zip(usual, double, strict=True), *zip(direct, double, strict=True)]
    return [error(*pair) for pair in (*pairs, *zip(double, definition, strict=True))]


def main() -> None:
    """Print both tables."""
    model = vgg16(seed=0).astype(np.float64)
    trace = forward(model, np.random.default_rng(0).standard_normal((1, 3, 224, 224)))
    ways = ("float32", "exact", "float64")
    layers = Table("layer", *(f"{way}: {to}" for way in ways for to in ("forward", "back")), box=None)
    for step in trace:
        if isinstance(step.layer, Conv2D):
            layers.add_row(step.layer.name, *(f"{value:.1e}" for value in convolution(step)))
    seed, single = max_logit()(trace), Trace(map(halved, trace))
    maps = Table("map", "float32", "exact", box=None)
    for rule in (GRADIENT, DECONVNET, GUIDED):
        double = backward(trace, seed, rule)[0]
        usual = backward(single, seed.astype(np.float32), rule)[0]
        with exact():
            direct = backward(single, seed.astype(np.float32), rule)[0]
        maps.add_row(rule.name, f"{error(usual, double):.1e}", f"{error(direct, double):.1e}")
    for table in (layers, maps):
        Console().print(table)


if __name__ == "__main__":
    main()
