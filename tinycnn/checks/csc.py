"""Cosine similarity convergence: how soon a rule forgets which signal it was started with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import combinations
from typing import Literal

import numpy as np

from tinycnn.checks.result import CheckResult
from tinycnn.errors import ShapeError, TinycnnError, UnknownNameError
from tinycnn.layers import flat
from tinycnn.model import Model
from tinycnn.ops.types import Array
from tinycnn.rules import Rule, table
from tinycnn.rules.lrp import within
from tinycnn.trace import backward, forward, title

SUMMARIES: Mapping[str, Callable[[Array], np.floating]] = {"median": np.median, "mean": np.mean}
"""What is said of the cosines of many pairs and positions."""


def csc(
    model: Model,
    x: Array,
    rule: str | Rule,
    layer: int | str = -1,
    *,
    signals: int = 5,
    absolute: bool = True,
    summary: Literal["median", "mean"] = "median",
    seed: int = 0,
) -> CheckResult:
    """How alike independent signals become on their way down from a layer.

    Parameters
    ----------
    model : Model
    x : (n, c, h, w)
    rule : str or Rule
        A table: a method has no signals at inner layers.
    layer : int or str
        Signals are drawn for its output.
    signals : int
        How many, each of independent N(0, 1) entries.
    absolute : bool
        Take the magnitudes of the cosines.
    summary : {"median", "mean"}
        Over pairs of signals and positions.
    seed : int

    Returns
    -------
    CheckResult
        A row for each layer with weights from `layer` down: cosine, over channels at each position, of the
        signals at its input. 1 is a rule that has forgotten the signal.

    Notes
    -----
    Sixt, Granz and Landgraf (2020). The optimum is that of independent directions, see `unrelated`; at an
    image of one channel all signals are alike.

    Examples
    --------
    >>> model = tc.zoo.digits("digits")
    >>> x = model.preprocess(tc.image.default())
    >>> result = tc.checks.csc(model, x, "guided")
    >>> result.rows
    ('logits', 'conv2_2', 'conv2_1', 'conv1_2', 'conv1_1')
    >>> result.means.round(2)
    array([0.31, 0.5 , 0.74, 0.86, 1.  ])
    """
    if summary not in SUMMARIES:
        raise UnknownNameError("summary", summary, SUMMARIES)
    if signals < 2:
        raise TinycnnError(f"signals must be at least 2, got {signals}")
    chosen = table(rule) if isinstance(rule, str) else rule
    bounded = within(chosen, *model.preprocess.bounds)
    columns, optima = [], []
    for i, one in enumerate(x[:, None]):
        trace = forward(model, one)
        cut = trace[: trace.index(layer) + 1]
        rng = np.random.default_rng([seed, i])
        start = rng.standard_normal((signals, *cut.output.shape[1:])).astype(cut.output.dtype)
        sent = backward(cut, start, bounded)
        at = [p for p, step in enumerate(cut) if any(list(each.parameters()) for each in flat([step.layer]))]
        if not at:
            raise ShapeError(f"no layer with weights up to {layer}: a signal passes through none")
        at.reverse()
        columns.append([_alike(sent[p], absolute, summary) for p in at])
        optima.append([unrelated(sent[p].shape[1], summary) if absolute else 0.0 for p in at])
    layers = tuple(cut[p].layer.name or title(cut[p].layer) for p in at)
    choices = {
        "rule": chosen.name,
        "layer": layer,
        "signals": signals,
        "absolute": absolute,
        "summary": summary,
        "seed": seed,
    }
    return CheckResult(
        "csc", layers, np.array(columns).T, 1.0, "a rule that forgets the signal", np.array(optima).T,
        choices, "Sixt, Granz and Landgraf 2020",
    )  # fmt: skip


def _alike(signals: Array, absolute: bool, summary: str) -> float:
    """The cosines of all pairs of signals (t, c, ...) at all positions, in one number."""
    taken = np.asarray(signals, np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        unit = taken / np.sqrt(np.square(taken).sum(axis=1, keepdims=True))
    cosines = np.array([(unit[a] * unit[b]).sum(axis=0) for a, b in combinations(range(len(unit)), 2)])
    kept = cosines[np.isfinite(cosines)]
    kept = np.abs(kept) if absolute else kept
    if not kept.size:
        return float("nan")
    return float(SUMMARIES[summary](kept))


def unrelated(channels: int, summary: str = "median") -> float:
    """The magnitude of the cosine of two independent directions: its median or mean.

    Parameters
    ----------
    channels : int
    summary : {"median", "mean"}

    Notes
    -----
    cos^2 has the Beta(1/2, (c - 1)/2) law. For many channels the median is ``.6745 / sqrt(c)``, the mean
    ``sqrt(2 / (pi c))``.
    """
    from scipy.special import betaincinv, gammaln  # a third of a second to import

    if channels == 1:
        return 1.0
    if summary == "median":
        return float(np.sqrt(betaincinv(0.5, (channels - 1) / 2, 0.5)))
    return float(np.exp(gammaln(channels / 2) - gammaln((channels + 1) / 2)) / np.sqrt(np.pi))
