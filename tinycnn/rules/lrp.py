"""Layer-wise relevance propagation: a row shares what arrives at an output among the inputs that made it.

Every rule of the family is the same four steps (Montavon et al. 2019, section 10.2.2):

1. modify the input and the weights,
2. send the input forward, to denominators z,
3. divide the signal by them, ``s = R / z``,
4. send s back, and multiply it by the input.

The rules differ in the first step alone, and each of them is a class of a few lines here. `Relevance` is the
other three.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any, NamedTuple

import numpy as np

from tinycnn.errors import TinycnnError
from tinycnn.layers import BatchNorm2D, Dense, Layer, Scale
from tinycnn.ops.types import Array
from tinycnn.rules.fold import as_convolution
from tinycnn.rules.gradient import GRADIENT
from tinycnn.rules.rule import Rule
from tinycnn.trace import Row, Step


class Term(NamedTuple):
    """A summand of a denominator: an input, and the layer with the weights that it goes through."""

    input: Array
    layer: Any


class Share(NamedTuple):
    """A part of the relevance, and the terms in proportion to which it is shared out."""

    signal: Array
    terms: tuple[Term, ...]


Shares = Callable[[Array, Step], Iterator[Share]]
"""The first step of a rule: for which part of the relevance which inputs go through which weights."""

_HELD = 1 << 21
"""Numbers of a dense layer's weight that are worked on at once: a part of a last-level cache."""


@dataclass(frozen=True)
class Relevance:
    """The row of a linear layer: ``a_j sum_k w_kj R_k / z_k`` with ``z_k = sum_j w_kj a_j + b_k``, per share.

    Parameters
    ----------
    shares : Shares
    epsilon : float
        Added to the size of each denominator; the sign of 0 is +1. A unit whose denominator is exactly 0
        passes nothing.
    """

    shares: Shares
    epsilon: float = 0.0

    def __call__(self, signal: Array, step: Step) -> Array:
        passed: Array | None = None
        for share, some in _outputs(signal, step):
            for terms, _, s in self.divided(share, some):
                for a, layer in terms:
                    back = GRADIENT[layer](s, Step(layer, step.input, some.output, None))
                    np.multiply(back, a, out=back)
                    passed = back if passed is None else np.add(passed, back, out=passed)
        nothing = (len(signal), *step.input.shape[1:])
        return np.zeros(nothing, step.input.dtype) if passed is None else passed

    def divided(self, signal: Array, step: Step) -> Iterator[tuple[tuple[Term, ...], Array, Array]]:
        """The first three steps: for each share its terms, their sum z, and ``s = factor R / z``."""
        if isinstance(step.layer, BatchNorm2D):
            step = Step(as_convolution(step.layer), step.input, step.output, step.saved)
        for share, terms in self.shares(signal, step):
            z = reduce(np.add, (_forward(term, step) for term in terms))
            yield terms, z, quotient(share, stabilised(z, self.epsilon))

    def absorbed(self, signal: Array, step: Step) -> tuple[float, float]:
        """How much of the signal's sum the biases, and the epsilons, in the denominators take."""
        biases = stabilisers = 0.0
        for terms, z, s in self.divided(signal, step):
            for _, layer in terms:
                if (bias := bias_of(layer, step.output.ndim)) is not None:
                    biases += float(np.sum(s * bias, dtype=np.float64))
            stabilisers += float(np.sum(s * (stabilised(z, self.epsilon) - z), dtype=np.float64))
        return biases, stabilisers

    def __str__(self) -> str:
        return f"{self.shares}, epsilon={self.epsilon:g}" if self.epsilon else str(self.shares)


@dataclass(frozen=True)
class Plain:
    """Input and weights as they are: LRP-0, and with an epsilon LRP-epsilon (Bach et al. 2015, eq. 58)."""

    def __call__(self, signal: Array, step: Step) -> Iterator[Share]:
        yield Share(signal, (Term(step.input, step.layer),))


@dataclass(frozen=True)
class GammaPlus:
    """``w + gamma w+``, for inputs that are not negative (Montavon et al. 2019, section 10.2.1)."""

    gamma: float = 0.25

    def __call__(self, signal: Array, step: Step) -> Iterator[Share]:
        yield Share(signal, (Term(step.input, _more(step.layer, self.gamma, +1, +1)),))


@dataclass(frozen=True)
class Gamma:
    """Whatever speaks for the sign of the output counts more by gamma (Andeol et al. 2021).

    Where z > 0 the terms are ``a+ (w + gamma w+)`` and ``a- (w + gamma w-)``; where z < 0 the weights are
    exchanged. For inputs that are not negative, and outputs that are positive, this is `GammaPlus`.
    """

    gamma: float = 0.25

    def __call__(self, signal: Array, step: Step) -> Iterator[Share]:
        for side in (+1, -1):
            share = signal * (step.output > 0 if side > 0 else step.output < 0)
            if share.any():  # below a ReLU none is at outputs that are negative
                yield Share(share, tuple(self._terms(step, side)))

    def _terms(self, step: Step, side: int) -> Iterator[Term]:
        for sign, a in _signed(step):
            layer = _more(step.layer, self.gamma, side * sign, side)
            yield Term(a, layer if sign > 0 else _without_bias(layer))


@dataclass(frozen=True)
class AlphaBeta:
    """Positive and negative contributions apart, ``alpha (a w)+ R / z+ - beta (a w)- R / z-``.

    Bach et al. 2015, eq. 60. Conservative for alpha - beta = 1 if contributions of both signs arrive at
    every unit; one that has a single sign passes alpha R, or -beta R. (1, 0) is the z+ rule (Montavon et al.
    2017), here for inputs of any sign; without the bias, the winning probabilities of Zhang et al. 2016.

    Parameters
    ----------
    alpha, beta : float
    bias : bool
        Whether the bias takes its share.
    """

    alpha: float = 2.0
    beta: float = 1.0
    bias: bool = True

    def __call__(self, signal: Array, step: Step) -> Iterator[Share]:
        for side, factor in ((+1, self.alpha), (-1, -self.beta)):
            if factor:
                terms = (Term(a, self._part(step.layer, side, sign)) for sign, a in _signed(step))
                yield Share(signal if factor == 1 else signal * signal.dtype.type(factor), tuple(terms))

    def _part(self, layer: Any, side: int, sign: int) -> Any:
        bias = layer.bias if self.bias and sign > 0 else None
        return reweighted(layer, part(layer.weight, side * sign), None if bias is None else part(bias, side))


@dataclass(frozen=True)
class WSquare:
    """In proportion to the squared weights, whatever the input (Montavon et al. 2017).

    The bias takes nothing.
    """

    def __call__(self, signal: Array, step: Step) -> Iterator[Share]:
        yield Share(signal, (Term(_filled(step, 1), reweighted(step.layer, np.square(step.layer.weight))),))


@dataclass(frozen=True)
class Flat:
    """In equal parts to all inputs that a window has, whatever they are (Lapuschkin et al. 2019)."""

    def __call__(self, signal: Array, step: Step) -> Iterator[Share]:
        yield Share(
            signal, (Term(_filled(step, 1), reweighted(step.layer, np.ones_like(step.layer.weight))),)
        )


@dataclass(frozen=True)
class ZBox:
    """For pixels between two bounds, ``a w - low w+ - high w-`` (Montavon et al. 2017).

    Parameters
    ----------
    low, high : float or (c,), optional
        Of the network's input; `tinycnn.visualize` takes them from the model's preprocessing.
    """

    low: Any = None
    high: Any = None

    def __call__(self, signal: Array, step: Step) -> Iterator[Share]:
        if self.low is None or self.high is None:
            raise TinycnnError("the zB rule needs bounds of the input: lrp-zbox(low=-1, high=1)")
        layer = step.layer
        boxes = ((self.low, +1), (self.high, -1))
        terms = (
            Term(_filled(step, bound), reweighted(layer, -part(layer.weight, sign))) for bound, sign in boxes
        )
        yield Share(signal, (Term(step.input, _without_bias(layer)), *terms))


def within(rule: Rule, low: Array, high: Array) -> Rule:
    """The rule with bounds of the network's input, wherever a row of it needs them and has none."""

    def bounded(row: Row) -> Row:
        if isinstance(row, Relevance) and isinstance(row.shares, ZBox) and row.shares.low is None:
            return dataclasses.replace(row, shares=ZBox(low, high))
        return row

    def all_bounded(rows: Mapping[type[Layer], Row]) -> dict[type[Layer], Row]:
        return {kind: bounded(row) for kind, row in rows.items()}

    table, first, last = map(all_bounded, (rule.table, rule.first, rule.last))
    return dataclasses.replace(rule, table=table, first=first, last=last)


def by_value(signal: Array, step: Step) -> tuple[Array, ...]:
    """The row of a sum of branches: each gets its share of the sum, ``a_i R / sum a``."""
    s = quotient(signal, step.output)
    return tuple(a * s for a in step.input)


def bias_of(layer: Any, axes: int) -> Array | None:
    """What a layer adds to an output of so many axes; only a `Scale` may add another number to each entry."""
    bias: Array | None = getattr(layer, "bias", None)
    return bias if bias is None or isinstance(layer, Scale) else bias.reshape(-1, *(1,) * (axes - 2))


def stabilised(z: Array, epsilon: float) -> Array:
    """``z + epsilon sign(z)``, where the sign of 0 is +1."""
    return z + np.where(z < 0, -epsilon, epsilon).astype(z.dtype) if epsilon else z


def quotient(signal: Array, z: Array) -> Array:
    """``signal / z``, and 0 where z is 0; infinite where it is beyond the dtype."""
    divisor = z if z.all() else np.where(z == 0, z.dtype.type(np.inf), z)
    with np.errstate(over="ignore"):
        divided: Array = signal / divisor
    return divided


def part(array: Array, sign: int) -> Array:
    """The positive part of an array, or the negative one, which is not positive anywhere."""
    zero = array.dtype.type(0)
    return np.maximum(array, zero) if sign > 0 else np.minimum(array, zero)


def reweighted(layer: Any, weight: Array, bias: Array | None = None) -> Any:
    """The layer with other weights."""
    return dataclasses.replace(layer, weight=weight, bias=bias)


def _without_bias(layer: Any) -> Any:
    return reweighted(layer, layer.weight)


def _more(layer: Any, gamma: float, weights: int, biases: int) -> Any:
    """The layer with ``w + gamma w+`` or ``w + gamma w-``, and a bias likewise."""
    factor = layer.weight.dtype.type(gamma)
    bias = None if layer.bias is None else layer.bias + factor * part(layer.bias, biases)
    return reweighted(layer, layer.weight + factor * part(layer.weight, weights), bias)


def _signed(step: Step) -> Iterator[tuple[int, Array]]:
    """The positive part of the input and, where there is any, the negative one."""
    x = step.input
    mixed = bool((x < 0).any())
    yield +1, part(x, +1) if mixed else x
    if mixed:
        yield -1, part(x, -1)


def _filled(step: Step, value: Any) -> Array:
    """An input that is one number everywhere, or one for each channel."""
    shape = step.input.shape[1:]
    numbers = np.asarray(value, step.input.dtype)
    if numbers.ndim:
        numbers = numbers.reshape(-1, *(1,) * (len(shape) - 1))
    return np.broadcast_to(numbers, (1, *shape))


def _outputs(signal: Array, step: Step) -> Iterator[tuple[Array, Step]]:
    """The outputs of a dense layer some at a time, without those that no signal came to; others' at once.

    A weight, and what is made of it, is then read from a cache; the whole of it fits into none.
    """
    layer = step.layer
    if not isinstance(layer, Dense):
        yield signal, step
        return
    together = max(1, _HELD // layer.weight.shape[1])
    for first in range(0, len(layer.weight), together):
        at = slice(first, first + together)
        if signal[:, at].any():
            bias = None if layer.bias is None else layer.bias[at]
            yield (
                signal[:, at],
                Step(reweighted(layer, layer.weight[at], bias), step.input, step.output[:, at], None),
            )


def _forward(term: Term, step: Step) -> Array:
    """What a term sums up to; the engine has done it already where nothing was modified."""
    if term.layer is step.layer and term.input is step.input:
        return step.output
    y: Array = term.layer.forward(term.input)[0]
    return y
