"""A backward pass, cut into stages: a convolution, the activation behind it, and the signals at both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from tinycnn.layers import Conv2D, ReLU, ReLU6
from tinycnn.ops.types import Array
from tinycnn.rules import derivative
from tinycnn.rules.recorder import Recorder
from tinycnn.trace import Rows, Step, backward


@dataclass(frozen=True, eq=False)
class Stage:
    """A bank of filters w_i with its activation, in one forward and one backward pass.

    Parameters
    ----------
    step : Step
        Of the convolution: its input, and its output ``z_ij = w_i . y_j + b_i``.
    activation : Step
    arriving : (n, k, h', w')
        The signal R at the activation's output.
    gated : (n, k, h', w')
        What the activation lets through: the signal ``a_ij`` at the convolution's output.
    leaving : (n, c, h, w)
        The signal at the convolution's input, ``sum_j D_j^T sum_i a_ij w_i``.
    """

    step: Step
    activation: Step
    arriving: Array
    gated: Array
    leaving: Array

    @property
    def name(self) -> str:
        """Name of the convolution."""
        return str(self.step.layer.name)

    @property
    def layer(self) -> Conv2D:
        """The convolution."""
        layer: Conv2D = self.step.layer
        return layer

    @property
    def mask(self) -> Array:
        """The forward mask, boolean (1, k, h', w'): where the activation has slope 1."""
        ones = np.ones_like(self.activation.input)
        return derivative(ones, self.activation) > 0


def stages(trace: Sequence[Step], seed: Array, rule: Rows) -> list[Stage]:
    """Send a signal back, and keep it at every convolution that an activation follows directly.

    Parameters
    ----------
    trace, seed, rule
        As `tinycnn.backward` takes them.

    Returns
    -------
    list of Stage
        The input's first; those inside branches included. Convolutions of several groups are left out: a
        depthwise one has a single filter for each input, which is no bank.
    """
    passages: list[_Passage] = []
    backward(trace, seed, Recorder(rule, lambda row, *call: passages.append(_Passage(*call))))
    return [
        Stage(conv.step, gate.step, gate.arriving, conv.arriving, conv.leaving)
        for conv, gate in pairwise(reversed(passages))
        if isinstance(conv.step.layer, Conv2D)
        and conv.step.layer.groups == 1
        and isinstance(gate.step.layer, ReLU | ReLU6)
        and gate.step.input is conv.step.output
    ]


@dataclass(frozen=True, eq=False)
class _Passage:
    arriving: Any
    step: Step
    leaving: Any
