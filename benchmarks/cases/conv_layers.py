"""Single convolutions, forward and to the input: those of VGG-16, and the kinds in other nets."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from benchmarks.case import Case, Job, Work


@dataclass(frozen=True)
class Shape:
    """A convolution of one image of h x h."""

    c: int
    k: int
    h: int
    size: int = 3
    stride: int = 1
    padding: int = 1
    groups: int = 1

    def arrays(self) -> tuple[Any, Any, Any, Any]:
        """Normal numbers for its input, weight and bias, and for a signal at its output."""
        rng = np.random.default_rng(0)
        out = (self.h + 2 * self.padding - self.size) // self.stride + 1
        weight = (self.k, self.c // self.groups, self.size, self.size)
        shapes = (1, self.c, self.h, self.h), weight, (self.k,), (1, self.k, out, out)
        return tuple(rng.standard_normal(shape, dtype=np.float32) for shape in shapes)  # type: ignore[return-value]

    def work(self) -> Work:
        """The products of all taps, channels and outputs, and the weight."""
        _, weight, _, signal = self.arrays()
        return 2.0 * weight[0].size * signal.size, 4.0 * weight.size


SHAPES = {
    "conv1_1": Shape(3, 64, 224),
    "conv1_2": Shape(64, 64, 224),
    "conv2_1": Shape(64, 128, 112),
    "conv2_2": Shape(128, 128, 112),
    "conv3_1": Shape(128, 256, 56),
    "conv3_2": Shape(256, 256, 56),
    "conv4_1": Shape(256, 512, 28),
    "conv4_2": Shape(512, 512, 28),
    "conv5_1": Shape(512, 512, 14),
    "alexnet 11x11/4": Shape(3, 64, 224, 11, 4, 2),
    "alexnet 5x5": Shape(64, 192, 27, 5, 1, 2),
    "resnet 7x7/2": Shape(3, 64, 224, 7, 2, 3),
    "resnet 1x1": Shape(256, 64, 56, 1, 1, 0),
    "resnet 1x1 deep": Shape(512, 2048, 7, 1, 1, 0),
    "resnet 3x3/2": Shape(128, 128, 56, 3, 2, 1),
    "depthwise 3x3": Shape(96, 96, 112, 3, 1, 1, 96),
    "depthwise 3x3/2": Shape(96, 96, 112, 3, 2, 1, 96),
    "depthwise 5x5": Shape(240, 240, 28, 5, 1, 2, 240),
}


def _ours(shape: Shape, back: bool) -> Job:
    from tinycnn.ops import kernels

    x, weight, bias, signal = shape.arrays()
    geometry = {"stride": shape.stride, "padding": shape.padding, "groups": shape.groups}
    if back:
        return partial(kernels.conv2d_vjp_input, signal, weight, (shape.h, shape.h), **geometry)
    return partial(kernels.conv2d, x, weight, bias, **geometry)


def _theirs(shape: Shape, back: bool) -> Job:
    import torch

    x, weight, bias, signal = map(torch.from_numpy, shape.arrays())
    geometry = {"stride": shape.stride, "padding": shape.padding, "groups": shape.groups}
    if back:
        return partial(torch.nn.grad.conv2d_input, x.shape, weight, signal, **geometry)
    return partial(torch.nn.functional.conv2d, x, weight, bias, **geometry)


CASES = [
    Case(
        f"{name} {'to input' if back else 'forward'}",
        partial(_ours, shape, back),
        partial(_theirs, shape, back),
        shape.work,
        quick=name == "conv5_1",
    )
    for name, shape in SHAPES.items()
    for back in (False, True)
]
