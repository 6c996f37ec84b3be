"""The table of a study: means over images, with confidence intervals."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, fields
from itertools import groupby
from operator import itemgetter
from typing import TextIO

import numpy as np
from scipy.special import stdtrit

from tinycnn.experiments.studies.results import Results
from tinycnn.experiments.studies.setting import StudySetting
from tinycnn.theory.noise import deconvnet_logit_cosine
from tinycnn.theory.sensitivity import distance, logit_cosine_deep


@dataclass(frozen=True)
class Line:
    """A line of the table: the mean of one measure over the images.

    Parameters
    ----------
    measure, rule : str
    depth : int
        Layers that are random, from the top; 0 in studies that randomise none.
    layer : str
        The lowest of these.
    images : int
        How many images the measure is defined for.
    mean, low, high : float
        Mean over images of each image's own mean, and its 95 % confidence interval.
    sd : float
        Standard deviation over images.
    undefined : int
        Rows in which the measure is not defined: the map of a logit is zero, or the attack failed.
    predicted : float
        By the theory of random nets; NaN where it is silent.
    """

    measure: str
    rule: str
    depth: int
    layer: str
    images: int
    mean: float
    low: float
    high: float
    sd: float
    undefined: int
    predicted: float


def summary(results: Results) -> list[Line]:
    """Average the rows of a results file.

    Parameters
    ----------
    results : Results

    Returns
    -------
    list of Line
        By measure, then rule, then number of random layers.

    Notes
    -----
    Pairs of logits of one image are not independent, so images are what is counted: Student's t interval of
    the images' means.
    """
    predicted = random_net(results.setting)
    lines = []
    for measure in results.measures:
        for (rule, depth, layer), found in groupby(results.per_image(measure), itemgetter(0, 1, 2)):
            means, undefined = _split(found)
            expected = predicted.get(rule, math.nan) if measure == "distance" else math.nan
            lines.append(Line(measure, rule, depth, layer, *_interval(means), undefined, expected))
    return lines


def random_net(setting: StudySetting) -> Mapping[str, float]:
    """What theory predicts of the distance of two logits' maps in a random net of the same layers, by rule.

    Notes
    -----
    Saliency: sqrt(2). DeconvNet, in three layers: `theory.noise.deconvnet_logit_cosine`. Guided backprop:
    `theory.sensitivity.logit_cosine_deep`, for wide layers. Where there are pools only saliency is predicted:
    run the study with random weights.
    """
    if setting.study != "class-sensitivity":
        return {}
    found = {"saliency": math.sqrt(2)}
    if setting.model == "three_layer_cnn":
        found["deconvnet"] = distance(deconvnet_logit_cosine())
    if len(setting.units) > 1:
        size, *hidden = setting.units
        found["guided"] = distance(logit_cosine_deep(size, hidden))
    return found


def write_csv(lines: Iterable[Line], file: TextIO) -> None:
    """Write a table, one line per mean; numbers with all their digits, NaN as nothing."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(field.name for field in fields(Line))
    for line in lines:
        writer.writerow("" if value != value else value for value in astuple(line))


def _split(found: Iterable[tuple[str, int, str, float | None, int]]) -> tuple[list[float], int]:
    """The means of images that have one, and how many rows have none."""
    means, undefined = [], 0
    for *_, mean, missing in found:
        undefined += missing
        if mean is not None:
            means.append(mean)
    return means, undefined


def _interval(means: list[float]) -> tuple[int, float, float, float, float]:
    """How many, their mean, the ends of its 95 % interval, and their standard deviation."""
    n = len(means)
    mean = float(np.mean(means)) if n else math.nan
    sd = float(np.std(means, ddof=1)) if n > 1 else math.nan
    half = float(stdtrit(n - 1, 0.975)) * sd / math.sqrt(n) if n > 1 else math.nan
    return n, mean, mean - half, mean + half, sd
