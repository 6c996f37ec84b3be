"""Whether a map says what the model does when the image changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from tinycnn.checks.asking import AnyTarget, Explainer, Single, as_rule, probabilities, singles, values
from tinycnn.checks.result import CheckResult
from tinycnn.checks.robustness import Noise, noise_name
from tinycnn.errors import TinycnnError
from tinycnn.model import Model
from tinycnn.ops.types import Array
from tinycnn.rules.averages import Baseline, described, starting_point


def infidelity(
    model: Model,
    x: Array,
    rule: Explainer,
    target: AnyTarget = "max",
    *,
    level: float = 0.1,
    n: int = 10,
    noise: Noise | None = None,
    scaled: bool = False,
    seed: int = 0,
) -> CheckResult:
    """How wrong a map is as a linear model of changes: ``mean of (<I, R> - (f(x) - f(x - I)))^2``.

    Parameters
    ----------
    model, x, rule, target
        As of `tinycnn.checks.mprt`.
    level : float
        I is normal noise, its standard deviation this share of the image's range.
    n : int
        How many changes.
    noise : function, optional
        Other changes I, see `tinycnn.checks.robustness.Noise`; then the level is not used.
    scaled : bool
        Scale the map by the number that makes it best, ``E[<I, R> df] / E[<I, R>^2]``.
    seed : int

    Returns
    -------
    CheckResult
        One row. Null is the map of zeros, whose infidelity is the mean of ``df^2`` over the same changes.

    Notes
    -----
    Yeh et al. (2019), eq. 1, with captum's n. For normal noise the best map is the gradient averaged over
    that noise, SmoothGrad.

    Examples
    --------
    >>> model = tc.zoo.digits("digits")
    >>> x = model.preprocess(tc.image.default())
    >>> rule = "smoothgrad(saliency, sigma=0.1, n=50)"
    >>> tc.checks.infidelity(model, x, rule, n=100).shares.round(1)
    array([0.2])
    """
    found, nulls = [], []
    for i, one in enumerate(singles(model, x, rule, target)):
        rng = np.random.default_rng([seed, i])
        sd = level * float(one.x.max() - one.x.min())
        changes = sd * rng.standard_normal((n, *x.shape[1:])) if noise is None else noise(rng, one.x, n)
        products = (changes * one.map).reshape(n, -1).sum(axis=1)
        drops = values(model, one.x, one.target) - values(
            model, (one.x - changes).astype(x.dtype), one.target
        )
        squares = float(np.square(products).sum())
        factor = float((products * drops).sum()) / squares if scaled and squares else 1.0
        found.append(np.square(factor * products - drops).mean())
        nulls.append(np.square(drops).mean())
    choices = {
        "rule": as_rule(rule).name,
        "level": level,
        "n": n,
        "noise": noise_name(noise, "normal"),
        "scaled": scaled,
        "seed": seed,
    }
    return CheckResult(
        "infidelity", ("squared error",), np.array([found]), np.array([nulls]), "a map of zeros", 0.0,
        choices, "Yeh et al. 2019, eq. 1",
    )  # fmt: skip


def sensitivity_n(
    model: Model,
    x: Array,
    rule: Explainer,
    target: AnyTarget = "max",
    *,
    sizes: Sequence[int] | None = None,
    n: int = 100,
    baseline: Baseline = "zero",
    seed: int = 0,
) -> CheckResult:
    """Correlation of a map's sum over random pixels with what is lost when these are removed.

    Parameters
    ----------
    model, x, rule, target
        As of `tinycnn.checks.mprt`.
    sizes : sequence of int, optional
        How many pixels are removed; by default six sizes from 1 to .8 of all, evenly in their logarithm.
    n : int
        Random sets of each size.
    baseline : "zero", "mean", number or array
        What a removed pixel becomes, in all its channels.
    seed : int

    Returns
    -------
    CheckResult
        A row for each size; exactly 1 for a linear model and its gradient times input.

    Notes
    -----
    Ancona et al. (2018), definition of Sensitivity-n.

    Examples
    --------
    >>> model = tc.zoo.digits("digits")
    >>> x = model.preprocess(tc.image.default())
    >>> result = tc.checks.sensitivity_n(model, x, "gradient-x-input", sizes=[1, 100])
    >>> result.rows, result.means.round(2)
    (('1 pixels', '100 pixels'), array([0.33, 0.25]))
    """
    pixels = int(np.prod(x.shape[2:]))
    chosen = (
        np.unique(np.rint(np.geomspace(1, 0.8 * pixels, 6)).astype(int)) if sizes is None else np.array(sizes)
    )
    if chosen.min() < 1 or chosen.max() > pixels:
        raise TinycnnError(f"sizes must lie from 1 to {pixels} pixels, got {chosen.min()} to {chosen.max()}")
    columns = []
    for i, one in enumerate(singles(model, x, rule, target)):
        rng = np.random.default_rng([seed, i])
        columns.append([_correlation(model, one, baseline, int(size), n, rng) for size in chosen])
    choices = {"rule": as_rule(rule).name, "n": n, "baseline": described(baseline), "seed": seed}
    return CheckResult(
        "sensitivity_n", tuple(f"{size} pixels" for size in chosen), np.array(columns).T, 0.0,
        "a map unrelated to the model", 1.0, choices, "Ancona et al. 2018",
    )  # fmt: skip


def deletion(
    model: Model,
    x: Array,
    rule: Explainer,
    target: AnyTarget = "max",
    *,
    steps: int = 28,
    baseline: Baseline = "zero",
    score: Literal["probability", "value"] = "probability",
    nulls: int = 4,
    seed: int = 0,
) -> CheckResult:
    """Area under the curve of a score while pixels are removed, those with the largest values first.

    Parameters
    ----------
    model, x, rule, target
        As of `tinycnn.checks.mprt`; a score that is a probability is for targets that are logits.
    steps : int
        Most steps; each removes as many pixels, in all channels.
    baseline : "zero", "mean", number or array
        What a removed pixel becomes.
    score : {"probability", "value"}
        Of the softmax, or the number itself that is explained.
    nulls : int
        Random orders whose mean area is null.
    seed : int
        Of these.

    Returns
    -------
    CheckResult
        One row: trapezoids over the share of pixels removed, both ends included. Less is better.

    Notes
    -----
    Petsiuk et al. (2018); Samek et al. (2017) call it pixel flipping. Pixels are sorted once, by the sum of
    the map over its channels.

    Examples
    --------
    >>> model = tc.zoo.digits("digits")
    >>> x = model.preprocess(tc.image.default())
    >>> tc.checks.deletion(model, x, "saliency").means.round(2)
    array([0.06])
    """
    return _areas("deletion", model, x, rule, target, steps, baseline, score, nulls, seed)


def insertion(
    model: Model,
    x: Array,
    rule: Explainer,
    target: AnyTarget = "max",
    *,
    steps: int = 28,
    baseline: Baseline = "zero",
    score: Literal["probability", "value"] = "probability",
    nulls: int = 4,
    seed: int = 0,
) -> CheckResult:
    """The same as `deletion` from the other side: pixels return, and more is better.

    Parameters
    ----------
    model, x, rule, target, steps, baseline, score, nulls, seed
        As of `deletion`.

    Returns
    -------
    CheckResult

    Notes
    -----
    Petsiuk et al. (2018) start from the blurred image, which can be given as the baseline.

    Examples
    --------
    >>> model = tc.zoo.digits("digits")
    >>> x = model.preprocess(tc.image.default())
    >>> tc.checks.insertion(model, x, "saliency").means.round(2)
    array([0.46])
    """
    return _areas("insertion", model, x, rule, target, steps, baseline, score, nulls, seed)


def curve(
    model: Model, one: Single, order: Array, steps: int, baseline: Baseline, score: str, inserting: bool
) -> tuple[Array, Array]:
    """The share of pixels that have changed, and the score: (steps + 1,) each.

    Parameters
    ----------
    model : Model
    one : Single
    order : (pixels,) int
        Positions in the image, row by row, the first to change first.
    steps, baseline, score
        As of `deletion`.
    inserting : bool
        Whether pixels return, or are removed.
    """
    each = -(-order.size // steps)
    counts = np.minimum(np.arange(0, order.size + each, each), order.size)
    rank = np.empty(order.size, int)
    rank[order] = np.arange(order.size)
    changed = (rank < counts[:, None]).reshape(len(counts), 1, *one.x.shape[2:])
    start = starting_point(one.x, baseline)
    images = np.where(changed ^ inserting, start, one.x).astype(one.x.dtype)
    return counts / order.size, _scores(model, images, one, score)


def _areas(
    check: str, model: Model, x: Array, rule: Explainer, target: AnyTarget,
    steps: int, baseline: Baseline, score: str, nulls: int, seed: int,
) -> CheckResult:  # fmt: skip
    if min(steps, nulls) < 1:
        raise TinycnnError(f"steps and nulls must be at least 1, got {steps} and {nulls}")
    found, random = [], []
    for i, one in enumerate(singles(model, x, rule, target)):
        rng = np.random.default_rng([seed, i])
        pixels = one.map.sum(axis=1).ravel()
        orders = [np.argsort(-pixels, kind="stable"), *(rng.permutation(pixels.size) for _ in range(nulls))]
        curves = (curve(model, one, o, steps, baseline, score, check == "insertion") for o in orders)
        area, *others = (float(np.trapezoid(y, share)) for share, y in curves)
        found.append(area)
        random.append(np.mean(others))
    ends = (0.0, 1.0) if score == "probability" else (-np.inf, np.inf)
    choices = {
        "rule": as_rule(rule).name,
        "steps": steps,
        "baseline": described(baseline),
        "score": score,
        "nulls": nulls,
        "seed": seed,
    }
    return CheckResult(
        check, ("area",), np.array([found]), np.array([random]), "a random order of pixels",
        ends[check == "insertion"], choices, "Petsiuk et al. 2018",
    )  # fmt: skip


def _scores(model: Model, images: Array, one: Single, score: str) -> Array:
    if score == "value":
        return values(model, images, one.target)
    if score != "probability":
        raise TinycnnError(f"score must be probability or value, not {score!r}")
    return probabilities(model, images, one.target)


def _correlation(
    model: Model, one: Single, baseline: Baseline, size: int, n: int, rng: np.random.Generator
) -> float:
    """Pearson's correlation over n random sets of pixels; NaN where one of both does not vary."""
    pixels = one.map.sum(axis=1).ravel()
    sets = rng.permuted(np.tile(np.arange(pixels.size) < size, (n, 1)), axis=1)
    removed = sets.reshape(n, 1, *one.x.shape[2:])
    images = np.where(removed, starting_point(one.x, baseline), one.x).astype(one.x.dtype)
    drops = values(model, one.x, one.target) - values(model, images, one.target)
    a, b = sets @ pixels, drops
    a, b = a - a.mean(), b - b.mean()
    size_of_both = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / size_of_both if size_of_both else float("nan")
