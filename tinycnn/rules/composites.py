"""Relevance rules as tables: one rule for every layer, or a mixture by kind and position of layers.

What all tables share is what zennit and its predecessors do (Kohlbrenner et al. 2020): activations pass
relevance as it comes, max-pools to the winner, sums and averages by the value of the summands. A batch norm
is folded into the convolution before it; where there is none, it shares by value, as any other scale does.
"""

from __future__ import annotations

from collections.abc import Mapping

from tinycnn.errors import TinycnnError
from tinycnn.layers import (
    Activation,
    Add,
    AvgPool2D,
    BatchNorm2D,
    Concatenate,
    Conv2D,
    Dense,
    Flatten,
    GlobalAvgPool2D,
    Layer,
    MaxPool2D,
    Scale,
)
from tinycnn.rules.gate import Gate, derivative, identity
from tinycnn.rules.gradient import GRADIENT
from tinycnn.rules.lrp import AlphaBeta, Flat, Gamma, GammaPlus, Plain, Relevance, WSquare, ZBox, by_value
from tinycnn.rules.options import number
from tinycnn.rules.rule import Rule, passing
from tinycnn.trace import Row

Rows = Mapping[type[Layer], Row]

_EPSILON = 1e-6

_MOVED = (MaxPool2D, Flatten, Concatenate)
"""Layers that only move numbers: so does the gradient."""

_BASE: Rows = {
    Activation: passing,
    Add: by_value,
    **dict.fromkeys((AvgPool2D, GlobalAvgPool2D, BatchNorm2D, Scale), Relevance(Plain())),
    **{kind: GRADIENT.table[kind] for kind in _MOVED},
}


def _rule(
    name: str,
    source: str,
    conv: Relevance,
    dense: Relevance | None = None,
    first: Rows | None = None,
) -> Rule:
    table: Rows = {**_BASE, Conv2D: conv, Dense: dense or conv}
    return Rule(name, table, source, first or {}, folds=True, times_value=True)


def lrp_0() -> Rule:
    """Each input by its contribution; in ReLU networks, gradient x input."""
    return _rule("lrp-0", "Bach et al. 2015, eq. 56", Relevance(Plain()))


def lrp_epsilon(epsilon: float = _EPSILON) -> Rule:
    """The same with denominators moved away from 0; the larger epsilon, the more is absorbed."""
    return _rule("lrp-epsilon", "Bach et al. 2015, eq. 58", Relevance(Plain(), number("epsilon", epsilon, 0)))


def lrp_gamma(gamma: float = 0.25) -> Rule:
    """What speaks for an output counts more, for inputs and outputs of any sign."""
    return _rule("lrp-gamma", "Andeol et al. 2021", Relevance(Gamma(number("gamma", gamma, 0))))


def lrp_gamma_plus(gamma: float = 0.25) -> Rule:
    """Positive weights count more: gamma's first form, for inputs that are not negative."""
    source = "Montavon et al. 2019, section 10.2.1"
    return _rule("lrp-gamma-plus", source, Relevance(GammaPlus(number("gamma", gamma, 0))))


def lrp_alpha_beta(alpha: float = 2.0, beta: float = 1.0) -> Rule:
    """Positive and negative contributions are shared out apart; alpha - beta must be 1."""
    alpha, beta = number("alpha", alpha), number("beta", beta)
    if not (beta >= 0 and abs(alpha - beta - 1) < 1e-9):
        raise TinycnnError(f"alpha - beta must be 1 and beta at least 0, got alpha={alpha:g}, beta={beta:g}")
    return _rule("lrp-alpha-beta", "Bach et al. 2015, eq. 60", Relevance(AlphaBeta(alpha, beta)))


def lrp_alpha2_beta1() -> Rule:
    """Positive and negative contributions are shared out apart, two of one less one of the other."""
    return lrp_alpha_beta(2, 1)


def lrp_zplus() -> Rule:
    """Positive contributions alone."""
    return _rule("lrp-zplus", "Montavon et al. 2017, section 4", _ZPLUS)


def lrp_wsquare() -> Rule:
    """By squared weights, in every layer."""
    return _rule("lrp-wsquare", "Montavon et al. 2017, section 4", Relevance(WSquare()))


def lrp_flat() -> Rule:
    """In equal parts, in every layer."""
    return _rule("lrp-flat", "Lapuschkin et al. 2019", Relevance(Flat()))


def lrp_zbox(low: float | None = None, high: float | None = None) -> Rule:
    """Deep Taylor decomposition: zB in the first linear layer, z+ in all others."""
    box = _box(low, high)
    source = "Montavon et al. 2017, section 4"
    return _rule("lrp-zbox", source, _ZPLUS, first={Conv2D: box, Dense: box})


def epsilon_plus(epsilon: float = _EPSILON) -> Rule:
    """Convolutions z+, dense layers epsilon."""
    return _composite("epsilon-plus", _ZPLUS, epsilon)


def epsilon_plus_flat(epsilon: float = _EPSILON) -> Rule:
    """The same, the first linear layer flat."""
    return _composite("epsilon-plus-flat", _ZPLUS, epsilon, _FLAT_FIRST)


def epsilon_alpha2_beta1(epsilon: float = _EPSILON) -> Rule:
    """Convolutions alpha2-beta1, dense layers epsilon."""
    return _composite("epsilon-alpha2-beta1", _ALPHA2_BETA1, epsilon)


def epsilon_alpha2_beta1_flat(epsilon: float = _EPSILON) -> Rule:
    """The same, the first linear layer flat."""
    return _composite("epsilon-alpha2-beta1-flat", _ALPHA2_BETA1, epsilon, _FLAT_FIRST)


def epsilon_gamma_box(
    gamma: float = 0.25, epsilon: float = _EPSILON, low: float | None = None, high: float | None = None
) -> Rule:
    """The first convolution zB, others gamma, dense layers epsilon."""
    box: Rows = {Conv2D: _box(low, high)}
    return _composite("epsilon-gamma-box", Relevance(Gamma(number("gamma", gamma, 0))), epsilon, box)


def excitation() -> Rule:
    """Winning probabilities: z+ without biases, from a probability of 1; activations as in the gradient."""
    winning = Relevance(AlphaBeta(1, 0, bias=False))
    table: Rows = {**_BASE, Conv2D: winning, Dense: winning, Activation: Gate(derivative, identity)}
    return Rule("excitation", table, "Zhang et al. 2016", folds=True)


def contrastive_excitation() -> Rule:
    """A class against all that speaks against it: in the last dense layer, z+ of w less z+ of -w."""
    against: Rows = {Dense: Relevance(AlphaBeta(1, 1, bias=False))}
    base = excitation()
    source = "Zhang et al. 2016, the contrastive form"
    return Rule("contrastive-excitation", base.table, source, last=against, folds=True)


_ZPLUS = Relevance(AlphaBeta(1, 0))
_ALPHA2_BETA1 = Relevance(AlphaBeta(2, 1))
_FLAT_FIRST: Rows = dict.fromkeys((Conv2D, Dense), Relevance(Flat()))


def _composite(name: str, conv: Relevance, epsilon: float, first: Rows | None = None) -> Rule:
    dense = Relevance(Plain(), number("epsilon", epsilon, 0))
    return _rule(name, "Kohlbrenner et al. 2020", conv, dense, first)


def _box(low: float | None, high: float | None) -> Relevance:
    """The zB rule for one interval of all pixels; without bounds, those of the model's preprocessing."""
    if low is None and high is None:
        return Relevance(ZBox())
    if None in (low, high):
        raise TinycnnError(f"the zB rule needs both bounds of the input or none, got low={low}, high={high}")
    if not number("low", low) <= number("high", high):
        raise TinycnnError(f"low must be at most high, got low={low:g}, high={high:g}")
    return Relevance(ZBox(low, high))
