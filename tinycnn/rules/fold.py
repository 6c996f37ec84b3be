"""Batch norm as what it is at inference, a scale and a shift of each channel, taken into a convolution."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from tinycnn.layers import BatchNorm2D, Branches, Conv2D, Layer
from tinycnn.ops.types import Array
from tinycnn.trace import Row, Step


def merged(conv: Conv2D, norm: BatchNorm2D) -> Conv2D:
    """A convolution and the batch norm that follows it, as one convolution.

    Notes
    -----
    With the scale ``s = weight / sqrt(variance + epsilon)`` of the batch norm, kernel and bias become ``s K``
    and ``s (b - mean) + bias``: Jacob et al. 2018, section 3.2. Computed in float64, then rounded to the
    convolution's precision.
    """
    scale, shift = scale_and_shift(norm)
    bias = shift if conv.bias is None else scale * conv.bias + shift
    dtype = conv.weight.dtype
    weight = scale[:, None, None, None] * conv.weight
    return dataclasses.replace(conv, weight=weight.astype(dtype), bias=bias.astype(dtype))


def as_convolution(norm: BatchNorm2D) -> Conv2D:
    """A batch norm by itself, as a convolution of one tap for each channel."""
    scale, shift = (each.astype(norm.weight.dtype) for each in scale_and_shift(norm))
    return Conv2D(scale[:, None, None, None], shift, groups=len(scale), name=norm.name)


def scale_and_shift(norm: BatchNorm2D) -> tuple[Array, Array]:
    """What each channel is multiplied with, and what is then added, (c,) each, in float64."""
    scale = norm.weight / np.sqrt(norm.variance.astype(np.float64) + norm.epsilon)
    return scale, norm.bias - scale * norm.mean


def pairs(layers: Sequence[Layer]) -> dict[Conv2D, BatchNorm2D]:
    """Each convolution whose output goes to one batch norm wherever it stands, and that has it for itself."""
    after, before = defaultdict(set), defaultdict(set)
    for chain in _chains(layers):
        for first, second in pairwise((None, *chain, None)):
            after[first].add(second)
            before[second].add(first)
    return {
        conv: norm
        for conv, (norm, *others) in after.items()
        if isinstance(conv, Conv2D) and isinstance(norm, BatchNorm2D) and not others
        if before[norm] == {conv}
    }


@dataclass(frozen=True)
class Folded:
    """The row of a convolution that has taken in its batch norm: the signal comes from below the norm."""

    row: Row
    layer: Conv2D

    def __call__(self, signal: Array, step: Step) -> Array:
        passed: Array = self.row(signal, self.step(step))
        return passed

    def step(self, step: Step) -> Step:
        """What the convolution and its norm did together."""
        y, saved = self.layer.forward(step.input)
        return Step(self.layer, step.input, y, saved)


def _chains(layers: Sequence[Layer]) -> Iterator[Sequence[Layer]]:
    yield layers
    for layer in layers:
        if isinstance(layer, Branches):
            for branch in layer.branches:
                yield from _chains(branch)
