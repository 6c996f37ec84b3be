"""The model parameter randomisation test, and its smooth and efficient forms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from tinycnn.checks.asking import AnyTarget, Explainer, as_rule, fixed, map_of
from tinycnn.checks.cascade import Order, Randomise, Statistics, cascade, randomised
from tinycnn.checks.result import CheckResult
from tinycnn.checks.similarity import Likeness, compare, prepared
from tinycnn.errors import TinycnnError
from tinycnn.model import Model
from tinycnn.ops.types import Array
from tinycnn.rules import Answer, Method, Question
from tinycnn.rules.averages import smoothgrad

IGNORES = "a map that ignores the weights, such as the image itself"

FEWEST, MOST = 10, 200
"""Bins that a rule of thumb may choose."""


def mprt(
    model: Model,
    x: Array,
    rule: Explainer,
    target: AnyTarget = "max",
    *,
    order: Order = "top-down",
    randomise: Randomise = "redraw",
    statistics: Statistics = "reset",
    retarget: bool = False,
    draws: Literal["shared", "each"] = "shared",
    absolute: bool = True,
    similarity: str = "spearman",
    normaliser: str = "max",
    seed: int = 42,
) -> CheckResult:
    """How alike the maps of a model are to those of the model with ever more of its layers random.

    Parameters
    ----------
    model : Model
    x : (n, c, h, w)
    rule : str, Rule, Method or function
        See `tinycnn.checks.asking.Explainer`.
    target : int, str, array or Target
    order : {"top-down", "bottom-up", "independent"}
    randomise : {"redraw", "permute"}
        Draw weights by He's law, with biases 0, or shuffle the numbers of each weight and bias.
    statistics : {"reset", "keep"}
        Whether norms are reset with the layer before them.
    retarget : bool
        Whether "the largest logit" is that of the random net, or stays the one of the model.
    draws : {"shared", "each"}
        One draw of weights for all images, or one for each.
    absolute : bool
        Compare magnitudes.
    similarity : {"spearman", "pearson", "cosine", "ssim", "hog"}
    normaliser : {"max", "rms", "minmax", "none"}
        Only SSIM and HOG depend on it.
    seed : int

    Returns
    -------
    CheckResult
        A row for each layer in the order in which they become random; top-down, the input's is the last.

    Notes
    -----
    Adebayo et al. (2018), with the defaults of Hedström et al.'s Quantus. A map of independent noise has the
    optimum: the check asks whether a map depends on the weights, not whether it explains them.

    Examples
    --------
    >>> model = tc.zoo.digits("digits")
    >>> x = model.preprocess(tc.image.default())
    >>> result = tc.checks.mprt(model, x, "guided")
    >>> result.rows
    ('logits', 'conv2_2', 'conv2_1', 'conv1_2', 'conv1_1')
    >>> result.means.round(1)
    array([0.7, 0.7, 0.6, 0.4, 0.4])
    """
    [found] = mprt_by(
        [Likeness(similarity, absolute, normaliser)], model, x, rule, target, order=order,
        randomise=randomise, statistics=statistics, retarget=retarget, draws=draws, seed=seed,
    )  # fmt: skip
    return found


def mprt_by(
    measures: Sequence[Likeness],
    model: Model,
    x: Array,
    rule: Explainer,
    target: AnyTarget = "max",
    *,
    order: Order = "top-down",
    randomise: Randomise = "redraw",
    statistics: Statistics = "reset",
    retarget: bool = False,
    draws: Literal["shared", "each"] = "shared",
    seed: int = 42,
) -> list[CheckResult]:
    """`mprt` by several measures of the same maps, which are made once; the other parameters are its own.

    Examples
    --------
    >>> model = tc.zoo.digits("digits")
    >>> measures = [tc.checks.Likeness(), tc.checks.Likeness("cosine", absolute=False)]
    >>> x = model.preprocess(tc.image.default())
    >>> results = tc.checks.mprt_by(measures, model, x, "guided")
    >>> [result.choices["similarity"] for result in results]
    ['spearman', 'cosine']
    """
    kept = fixed(model, x, target)
    trained = map_of(model, x, rule, kept)
    each = [slice(i, i + 1) for i in range(len(x))] if draws == "each" else [slice(None)]
    columns: list[Array] = []
    for number, images in enumerate(each):
        nets = cascade(model, randomised(model, randomise, seed + number), order, statistics)
        of_part = fixed(model, x[images], target)
        rows = []
        for net in nets:
            random = map_of(net.model, x[images], rule, target if retarget else of_part)
            rows.append([compare(trained[images], random, *measure) for measure in measures])
        columns.append(np.array(rows))
    layers = tuple(net.layer for net in nets)
    values = np.concatenate(columns, axis=2)
    made = {
        "rule": as_rule(rule).name, "target": kept.label, "order": order, "randomise": randomise,
        "statistics": statistics, "retarget": retarget, "draws": draws,
    }  # fmt: skip
    return [
        CheckResult(
            "mprt", layers, values[:, i], 1.0, IGNORES, 0.0, {**made, **measure._asdict(), "seed": seed},
            "Adebayo et al. 2018",
        )
        for i, measure in enumerate(measures)
    ]  # fmt: skip


def smprt(
    model: Model,
    x: Array,
    rule: Explainer,
    target: AnyTarget = "max",
    *,
    n: int = 50,
    level: float = 0.1,
    order: Order = "bottom-up",
    seed: int = 42,
    **choices: object,
) -> CheckResult:
    """The smooth form of `mprt`: maps are means over noisy images, of which the last has no noise.

    Parameters
    ----------
    model, x, rule, target, order, seed, choices
        As of `mprt`.
    n : int
        How many images, the one without noise included.
    level : float
        Standard deviation of the noise, as a share of the image's range.

    Returns
    -------
    CheckResult

    Notes
    -----
    Hedström et al. (2024). All nets see the same noise.

    Examples
    --------
    >>> model = tc.zoo.digits("digits")
    >>> x = model.preprocess(tc.image.default())
    >>> tc.checks.smprt(model, x, "guided", n=4).means.round(1)
    array([ 0.4, -0.1,  0.2,  0.5,  0.4])
    """
    inner = as_rule(rule)
    if n < 2:
        raise TinycnnError(f"n must be at least 2, one of them without noise, got {n}")
    noisy = smoothgrad(inner, level, n - 1, seed)

    def answer(question: Question) -> Answer:
        mean = ((n - 1) * noisy.answer(question).map + question.map(inner)) / n
        return Answer(mean.astype(question.x.dtype))

    smooth = Method(f"smooth {inner.name}", answer)
    found = mprt(model, x, smooth, target, order=order, seed=seed, **choices)  # type: ignore[arg-type]
    said = {**found.choices, "rule": inner.name, "n": n, "level": level}
    return CheckResult("smprt", found.rows, found.values, 1.0, IGNORES, 0.0, said, "Hedström et al. 2024")


def emprt(
    model: Model,
    x: Array,
    rule: Explainer,
    target: AnyTarget = "max",
    *,
    bins: int | str = 100,
    randomise: Randomise = "redraw",
    statistics: Statistics = "reset",
    retarget: bool = False,
    absolute: bool = True,
    normaliser: str = "rms",
    seed: int = 42,
) -> CheckResult:
    """The efficient form of `mprt`: by how much the entropy of a map grows when all layers become random.

    Parameters
    ----------
    model, x, rule, target, randomise, statistics, retarget, absolute, normaliser, seed
        As of `mprt`.
    bins : int or str
        Of the histogram of a map's entries: how many, or a rule that NumPy knows, such as "fd", "scott",
        "sqrt", "sturges" or "rice", whose number is kept from 10 to 200.

    Returns
    -------
    CheckResult
        One row, ``(H(random) - H(model)) / H(model)``; NaN where the entropy of the model's map is 0.

    Notes
    -----
    Hedström et al. (2024). H is in nats, ``-sum_b p_b log p_b`` over the bins. There is no largest value.

    Examples
    --------
    >>> model = tc.zoo.digits("digits")
    >>> x = model.preprocess(tc.image.default())
    >>> tc.checks.emprt(model, x, "guided").means.round(1)
    array([0.3])
    """
    kept = fixed(model, x, target)
    [*_, last] = cascade(model, randomised(model, randomise, seed), "top-down", statistics)
    before = prepared(map_of(model, x, rule, kept), absolute, normaliser)
    after = prepared(map_of(last.model, x, rule, target if retarget else kept), absolute, normaliser)
    h = np.array([[entropy(map, bins) for map in maps] for maps in (before, after)])
    with np.errstate(invalid="ignore", divide="ignore"):
        rises = np.where(h[:1] > 0, (h[1:] - h[:1]) / h[:1], np.nan)
    choices = {
        "rule": as_rule(rule).name, "target": kept.label, "bins": bins, "randomise": randomise,
        "statistics": statistics, "retarget": retarget, "absolute": absolute,
        "normaliser": normaliser, "seed": seed,
    }  # fmt: skip
    return CheckResult("emprt", ("all layers",), rises, 0.0, IGNORES, np.inf, choices, "Hedström et al. 2024")


def entropy(map: Array, bins: int | str = 100) -> float:
    """Entropy in nats of the histogram of a map's entries."""
    flat = np.ravel(map)
    if isinstance(bins, str):
        bins = int(np.clip(len(np.histogram_bin_edges(flat, bins)) - 1, FEWEST, MOST))
    counts, _ = np.histogram(flat, bins)
    p = counts[counts > 0] / flat.size
    return float(-np.sum(p * np.log(p)))
