"""What an experiment is: what it claims, what the paper says of it, how it is run, and how it is drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy.stats import norm, ttest_ind

from tinycnn.experiments.plates import Plate
from tinycnn.ops.types import Array


@dataclass(frozen=True)
class Inputs:
    """What the experiments are run on, and how large they are.

    Parameters
    ----------
    images : mapping from name to (h, w, 3) uint8
    weights : path, optional
        A file of VGG-16's weights. By default its fetched, trained convolutions, with random dense layers.
    quick : bool
        Smaller sizes and fewer repetitions.
    seed : int
        All random numbers start from it.
    """

    images: Mapping[str, Array]
    weights: Path | None = None
    quick: bool = False
    seed: int = 0

    @property
    def image(self) -> Array:
        """The first image, for experiments on one: (h, w, 3) uint8."""
        return next(iter(self.images.values()))

    def first(self, count: int) -> dict[str, Array]:
        """The first `count` images, or all where there are fewer."""
        return dict(list(self.images.items())[:count])


@dataclass(frozen=True)
class Number:
    """A measured number.

    Parameters
    ----------
    label : str
        What was measured, in words.
    value : float
        The mean over samples.
    error : float
        Standard error of the mean; NaN where there is one sample only.
    count : int
        How many samples.
    predicted : float, optional
        What the theory of `tinycnn.theory` gives.
    """

    label: str
    value: float
    error: float
    count: int
    predicted: float | None = None


@dataclass(frozen=True)
class Statement:
    """A sentence of the paper as a comparison of measured numbers, and whether it came out so."""

    says: str
    holds: bool


@dataclass(frozen=True)
class Result:
    """What an experiment returns.

    Parameters
    ----------
    arrays : dict
        All that its drawing needs, and what a reader may want to look into.
    numbers : sequence of Number
    statements : sequence of Statement
    notes : sequence of str
        What was run in place of the paper's own setting, and what could not be run.
    """

    arrays: dict[str, Array]
    numbers: Sequence[Number]
    statements: Sequence[Statement] = ()
    notes: Sequence[str] = field(default=())


@dataclass(frozen=True)
class Experiment:
    """One figure or table of the paper.

    Parameters
    ----------
    name : str
        What it is called on the command line.
    title : str
    claim : str
        What the experiment shows, in a sentence.
    paper : str
        What the paper says.
    caption : str
        Which nets, sizes, targets and measures the figure shows.
    run : callable
        From `Inputs` to `Result`.
    draw : callable
        From `Result` to the plates of the report.
    """

    name: str
    title: str
    claim: str
    paper: str
    caption: str
    run: Callable[[Inputs], Result]
    draw: Callable[[Result], list[Plate]]


def mean(label: str, samples: Sequence[float] | Array, predicted: float | None = None) -> Number:
    """The mean of samples with its standard error; samples that are not defined (NaN) are left out."""
    values = np.asarray(samples, np.float64).ravel()
    values = values[np.isfinite(values)]
    error = float(values.std(ddof=1) / np.sqrt(values.size)) if values.size > 1 else float("nan")
    return Number(label, float(values.mean()) if values.size else float("nan"), error, values.size, predicted)


LEVEL = 0.01
"""Chance with which one of two equal means is called larger."""


def above(samples: Sequence[float] | Array, others: Sequence[float] | Array) -> bool:
    """Whether the mean of samples is larger than that of others, by Welch's one-sided t test at `LEVEL`."""
    return bool(ttest_ind(samples, others, equal_var=False, alternative="greater").pvalue < LEVEL)


def larger(first: tuple[float, float], second: tuple[float, float]) -> bool:
    """As `above`, for two numbers that come with the standard errors of many samples."""
    return bool(first[0] - second[0] > norm.isf(LEVEL) * np.hypot(first[1], second[1]))


def said(samples: Sequence[float] | Array) -> str:
    """A mean with its standard error, in words."""
    number = mean("", samples)
    return f"{number.value:.3f} ± {number.error:.3f}"


def ratio(label: str, top: Array, bottom: Array) -> Number:
    """The ratio of the means of paired samples; the error is the jackknife's."""
    top, bottom = np.asarray(top, np.float64).ravel(), np.asarray(bottom, np.float64).ravel()
    kept = np.isfinite(top) & np.isfinite(bottom)
    top, bottom = top[kept], bottom[kept]
    n = top.size
    if n == 0:
        return Number(label, float("nan"), float("nan"), 0)
    if n == 1:
        return Number(label, float(top[0] / bottom[0]), float("nan"), 1)
    left_out = (top.sum() - top) / (bottom.sum() - bottom)
    error = float(np.sqrt((n - 1) * np.mean((left_out - left_out.mean()) ** 2)))
    return Number(label, float(top.sum() / bottom.sum()), error, n)
