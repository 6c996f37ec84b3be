"""Whether a map depends on the class that it is asked about."""

from __future__ import annotations

import numpy as np

from tinycnn.checks.asking import AnyTarget, Explainer, as_rule, fixed, map_of
from tinycnn.checks.result import CheckResult
from tinycnn.checks.similarity import compared
from tinycnn.errors import TinycnnError
from tinycnn.model import Model
from tinycnn.ops.types import Array
from tinycnn.trace import forward


def random_logit(
    model: Model,
    x: Array,
    rule: Explainer,
    target: AnyTarget = "max",
    *,
    absolute: bool = False,
    similarity: str = "ssim",
    normaliser: str = "max",
    seed: int = 42,
) -> CheckResult:
    """How alike the map of a class is to that of another one, drawn evenly for each image.

    Parameters
    ----------
    model, x, rule, absolute, similarity, normaliser, seed
        As of `tinycnn.checks.mprt`.
    target : int or str
        A logit of each image.

    Returns
    -------
    CheckResult
        One row.

    Raises
    ------
    TinycnnError
        The target is not one logit of each image, or the model has one logit only.

    Notes
    -----
    Sixt, Granz and Landgraf (2020), with the defaults of Quantus.

    Examples
    --------
    >>> model = tc.zoo.digits("digits")
    >>> x = model.preprocess(tc.image.default())
    >>> tc.checks.random_logit(model, x, "guided").means.round(2)
    array([0.76])
    """
    kept = fixed(model, x, target)
    trace = forward(model, x)
    one_hot = kept.make(trace) if kept.layer == -1 else np.zeros(1)
    is_logit = one_hot.ndim == 2 and (np.sort(one_hot, axis=1)[:, ::-1] == np.eye(1, one_hot.shape[1])).all()
    if not is_logit or one_hot.shape[1] < 2:
        raise TinycnnError(f"random_logit takes one of several logits for each image, not {kept.label}")
    count = one_hot.shape[1]
    drawn = np.random.default_rng(seed).integers(1, count, len(x))
    others = (one_hot.argmax(axis=1) + drawn) % count
    first = map_of(model, x, rule, kept)
    second = np.concatenate([map_of(model, x[i : i + 1], rule, int(other)) for i, other in enumerate(others)])
    choices = {
        "rule": as_rule(rule).name, "target": kept.label, "absolute": absolute, "similarity": similarity,
        "normaliser": normaliser, "seed": seed,
    }  # fmt: skip
    limits = 1.0, "a map that ignores the class", 0.0
    source = "Sixt, Granz and Landgraf 2020"
    return compared("random_logit", "other logit", (first, second), limits, choices, source)
