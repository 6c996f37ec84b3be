"""What holds of guided backprop and of the gradient whatever the weights: products of the map and the input.

With ``a_ij >= 0`` the signal behind the first activation, a map of guided backprop is
``s = sum_j D_j^T sum_i a_ij w_i``. As ``w_i . y_j = z_ij - b_i`` and a unit sends only where ``z_ij > 0``,

    <s, x> = sum_ij a_ij z_ij - sum_ij a_ij b_i,  and the first sum is never negative.

So ``<s, x> >= 0`` for every logit and any weights if the first layer has no biases, or none above 0. With
positive biases only ``<s, x> + sum_ij a_ij b_i >= 0`` is left. Nothing is asked of the layers above.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tinycnn.layers import Conv2D, Dense
from tinycnn.ops.types import Array
from tinycnn.theory.trained.stages import Stage
from tinycnn.trace import Rows, Step, backward


@dataclass(frozen=True)
class Product:
    """The two sides of the identity, for one map at one stage; all of them over ``|s| |h|``.

    Parameters
    ----------
    product : float
        ``<s, h>``: the cosine of the signal that leaves with the stage's input.
    open : float
        ``sum_ij a_ij z_ij``, never negative in guided backprop.
    biases : float
        ``sum_ij a_ij b_i``.
    """

    product: float
    open: float
    biases: float


def products(stage: Stage) -> list[Product]:
    """The identity ``product = open - biases`` at a stage, for each of its n maps.

    Parameters
    ----------
    stage : Stage

    Returns
    -------
    list of n Product
        Not a number where a map is zero.
    """
    s, h, a, z = (
        np.asarray(each, np.float64)
        for each in (stage.leaving, stage.step.input, stage.gated, stage.step.output)
    )
    bias = 0.0 if stage.layer.bias is None else stage.layer.bias[:, None, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        sums = [_total(s * h), _total(a * z), _total(a * bias)] / (_norm(s) * _norm(h))
    return [Product(*map(float, column)) for column in sums.T]


def completeness_gap(trace: Sequence[Step], seed: Array, rule: Rows) -> Array:
    """How far a map is from saying where a logit comes from: ``<s, x> + sum_l <s_l, b_l> - f``.

    Parameters
    ----------
    trace, seed, rule
        As `tinycnn.backward` takes them; of convolutions, dense layers, ReLUs, max-pools and flattenings.

    Returns
    -------
    (n,)
        Over the sum of the sizes of its terms; for the gradient 0 up to rounding, as the net is linear
        around x.
    """
    signals = backward(trace, seed, rule)
    terms = [
        _total(np.multiply(signals[0], trace[0].input, dtype=np.float64)),
        *bias_products(trace, signals),
        -_total(np.multiply(seed, trace[-1].output, dtype=np.float64)),
    ]
    return np.sum(terms, axis=0) / np.abs(terms).sum(axis=0)


def bias_products(trace: Sequence[Step], signals: Sequence[Array]) -> list[Array]:
    """What the biases of each layer add to what is explained: ``<s_l, b_l>``.

    Parameters
    ----------
    trace : sequence of Step
    signals : sequence of arrays
        As `tinycnn.backward` gives them for this trace: the first is the map.

    Returns
    -------
    list of (n,) float64
        One for each convolution or dense layer that has biases, the input's first.
    """
    return [
        signal.reshape(*signal.shape[:2], -1).sum(axis=2, dtype=np.float64) @ step.layer.bias
        for step, signal in zip(trace, signals[1:], strict=True)
        if isinstance(step.layer, Conv2D | Dense) and step.layer.bias is not None
    ]


def _total(values: Array) -> Array:
    return values.reshape(len(values), -1).sum(axis=1)


def _norm(values: Array) -> Array:
    return np.sqrt(_total(np.square(values)))
