"""A claim as data: what is said, what it predicts, how it is measured, and the rule that judges it.

Every measurement is a sample of one number per independent random net. So every verdict comes with an error
bar, and every verdict can fail.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
from scipy.stats import t as student

from tinycnn.ops.types import Array, Pair
from tinycnn.rules import RULES, Rule
from tinycnn.theory.gaussian import gaussian
from tinycnn.zoo.init import Init

Verdict = Literal["holds", "fails"]

POWER = 0.9
"""Chance with which an error is noticed that a claim states as the smallest."""


@dataclass(frozen=True)
class Setting:
    """On which nets, and on which image, a claim is predicted and measured.

    Parameters
    ----------
    nets : int
        How many independent nets.
    image : str
        A sample image: its centre square, minus the ImageNet mean. "digit" is a drawn digit, mostly
        zeros; "noise" has independent pixels.
    size : int
        Height and width that it is brought to.
    filters : int
        N: filters of each convolution, or hidden units if `kernel` is 0.
    kernel : int
        0 stands for a fully connected net.
    stride : int
    pool : (size, stride), optional
    depth : int
        Hidden layers. More than one means circular padding.
    classes : int
        Logits. One is explained unless they are compared.
    bias : float
        Of every filter.
    sd : float
        Standard deviation c of all weights.
    """

    nets: int
    image: str = "coffee"
    size: int = 32
    filters: int = 64
    kernel: int = 3
    stride: int = 1
    pool: Pair | None = None
    depth: int = 1
    classes: int = 1
    bias: float = 0.0
    sd: float = 1.0

    def __str__(self) -> str:
        filters = f"{self.filters} filters of {self.kernel}x{self.kernel}, stride {self.stride}"
        layers = [filters if self.kernel else f"{self.filters} hidden units"]
        layers += [f"{self.depth} times"] * (self.depth > 1)
        layers += [f"biases {self.bias:g}"] * (self.bias != 0)
        layers += [f"weights of deviation {self.sd:g}"] * (self.sd != 1)
        layers += ["max-pool {}x{}, stride {}".format(self.pool[0], *self.pool)] if self.pool else []
        layers += [f"{self.classes} logits"] * (self.classes > 1)
        return f"{self.image} at {self.size}x{self.size}; {', '.join(layers)}; {self.nets} nets"


@dataclass(frozen=True, eq=False)
class Bench:
    """What claims are measured with. Another bench is how a fault is planted, or how a rule is put to test.

    Parameters
    ----------
    rules : mapping from name to Rule
    init : Init
        Draws all weights, whose standard deviation must be 1.
    """

    rules: Mapping[str, Rule] = field(default_factory=lambda: RULES)
    init: Init = gaussian


class VerdictRule(Protocol):
    """Decides, by numbers fixed in advance, whether a sample bears a prediction out."""

    def __call__(self, predicted: float, values: Array) -> bool: ...

    def notices(self, predicted: float, values: Array) -> float:
        """The smallest error of the prediction that such a sample turns into a verdict, 9 times in 10."""
        ...


@dataclass(frozen=True)
class Agrees:
    """The sample's mean is the prediction: a two-sided t test, plus the approximation's own error.

    Squares, such as those in rho, are skewed: a sample without large ones has a low mean and a small error at
    once, and by t alone correct code would fail up to nine times as often as stated. So t is `straightened`.
    The skewness of a few values says little, though: of five normal ones the straightened t exceeds its bound
    three times as often as it should. So the milder of both counts.

    Parameters
    ----------
    slack : float
        Relative error that the formula is allowed; 0 for an exact one.
    level : float
        Chance of rejecting an exact formula.
    """

    slack: float = 0.0
    level: float = 1e-3

    def __call__(self, predicted: float, values: Array) -> bool:
        gap, error = float(np.mean(values)) - predicted, standard_error(values)
        beyond = max(abs(gap) - self.slack * abs(predicted), 0.0)
        if beyond == 0 or error == 0:
            return beyond == 0
        t = math.copysign(beyond, gap) / error
        t = min(t, straightened(t, values), key=abs)
        return abs(t) <= float(student.isf(self.level / 2, len(values) - 1))

    def notices(self, predicted: float, values: Array) -> float:
        """The smallest error that is noticed: the slack, plus what makes t exceed its bound 9 times in 10.

        By t alone: a skewed sample, whose straightened t is milder on one side, notices a little less.
        """
        beyond = float(student.isf(self.level / 2, len(values) - 1) + student.ppf(POWER, len(values) - 1))
        return self.slack * abs(predicted) + beyond * standard_error(values)

    def __str__(self) -> str:
        slack = f" + {100 * self.slack:g} %" if self.slack else ""
        return f"|measured - predicted| <= t({self.level:g}) se{slack}, skewness allowed for"


@dataclass(frozen=True)
class AtLeast:
    """No net falls below the prediction, rounding apart."""

    tolerance: float = 0.0

    def __call__(self, predicted: float, values: Array) -> bool:
        return bool(np.min(values) >= predicted - self.tolerance)

    def notices(self, predicted: float, values: Array) -> float:
        """The smallest error that is noticed: one that puts the lowest net below the prediction."""
        return max(float(np.min(values)) - predicted, 0.0) + self.tolerance

    def __str__(self) -> str:
        return f"every net >= predicted - {self.tolerance:g}"


@dataclass(frozen=True)
class AtMost:
    """No net rises above the prediction, rounding apart."""

    tolerance: float = 0.0

    def __call__(self, predicted: float, values: Array) -> bool:
        return bool(np.max(values) <= predicted + self.tolerance)

    def notices(self, predicted: float, values: Array) -> float:
        """The smallest error that is noticed: one that puts the highest net above the prediction."""
        return max(predicted - float(np.max(values)), 0.0) + self.tolerance

    def __str__(self) -> str:
        return f"every net <= predicted + {self.tolerance:g}"


@dataclass(frozen=True)
class Claim:
    """A statement that random nets can refute.

    Parameters
    ----------
    id : str
        ``"<section>.<name>"``.
    statement : str
        In plain words.
    latex : str
        The same as a formula.
    source : str
        Paper and theorem, or the derivation that corrects it.
    assumptions : str
        Under which the formula holds.
    predict : function of a Setting
    measure : function of a Bench, a Setting and a seed
        One number per net, (nets,). The same arguments give the same numbers.
    quick, full : Setting
        For seconds, and for minutes.
    rule : VerdictRule
        Fixed before anything is measured.
    note : str
        What else there is to know, such as why a published figure differs.
    recorded : {"holds", "fails"}
        The verdict on record. A published statement that is not exact is kept, as one that fails.
    weights : str
        Trained weights that must be fetched before it can be measured; none for most.
    counts : bool
        Whether what is measured are counts, of which many nets may have the same.
    """

    id: str
    statement: str
    latex: str
    source: str
    assumptions: str
    predict: Callable[[Setting], float]
    measure: Callable[[Bench, Setting, int], Array]
    quick: Setting
    full: Setting
    rule: VerdictRule = Agrees()
    note: str = ""
    recorded: Verdict = "holds"
    weights: str = ""
    counts: bool = False

    @property
    def by_error(self) -> bool:
        """Whether the error bar judges it: that of nets which have a value of their own each."""
        return isinstance(self.rule, Agrees) and not self.counts


def of_means(f: Callable[..., float], *samples: Array) -> Array:
    """Values whose mean is a function of several means, and whose standard error is that of the function.

    Parameters
    ----------
    f : function of k numbers
        Smooth, such as the ratio of two means.
    samples : k arrays (nets,)

    Returns
    -------
    (nets,)
        ``f(means) + sum_k (sample_k - mean_k) df / dmean_k``, the delta method: what a ratio's two parts
        have in common drops out, to first order.
    """
    means = [float(np.mean(sample)) for sample in samples]
    values = np.full(len(samples[0]), f(*means))
    for place, sample in enumerate(samples):
        step = 1e-5 * max(abs(means[place]), float(np.std(sample)))
        above, below = ([*means[:place], means[place] + side, *means[place + 1 :]] for side in (step, -step))
        values += (sample - means[place]) * (f(*above) - f(*below)) / (2 * step)
    return values


def straightened(t: float, values: Array) -> float:
    """The t of a sample's mean, transformed so that its law hardly depends on the skewness of the values.

    Notes
    -----
    ``t + s t^2 / 3 + s^2 t^3 / 27 + s / 6`` with s the sample's skewness over the root of its size: P. Hall,
    *On the removal of skewness by transformation*, JRSS B 1992. It grows with t, and is t without skewness.
    """
    apart = values - np.mean(values)
    s = float(np.mean(apart**3) / np.mean(apart**2) ** 1.5) / math.sqrt(len(values))
    return t + s * t**2 / 3 + s**2 * t**3 / 27 + s / 6


NOTHING = "nothing to measure, as in nets that are closed all over"
"""Instead of a number, where the maps of nets are 0 and so have no direction."""


def in_words(measured: float, error: float) -> str:
    """The mean of a sample with its standard error, or that there is none."""
    return NOTHING if math.isnan(measured) else f"{measured:.4g} ± {error:.2g}"


def standard_error(values: Array) -> float:
    """Standard error of the mean of independent values; NaN for fewer than two."""
    if len(values) < 2:
        return math.nan
    return float(np.std(values, ddof=1) / math.sqrt(len(values)))
