"""How much a map changes when the image hardly does."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tinycnn.checks.asking import AnyTarget, Explainer, as_rule, batches, map_of, singles
from tinycnn.checks.result import CheckResult
from tinycnn.model import Model
from tinycnn.ops.types import Array

Noise = Callable[[np.random.Generator, Array, int], Array]
"""``noise(rng, x, n)`` makes n changes (n, c, h, w) of an image x (1, c, h, w)."""


def max_sensitivity(
    model: Model,
    x: Array,
    rule: Explainer,
    target: AnyTarget = "max",
    *,
    radius: float = 0.02,
    n: int = 10,
    noise: Noise | None = None,
    seed: int = 0,
) -> CheckResult:
    """The largest relative change of a map among images near by, ``max |R(x + d) - R(x)| / |R(x)|``.

    Parameters
    ----------
    model, x, rule, target
        As of `tinycnn.checks.mprt`.
    radius : float
        Each pixel changes evenly from -radius to radius, in units of the network's input.
    n : int
        How many images near by.
    noise : function, optional
        Other changes, see `Noise`; then the radius is not used.
    seed : int

    Returns
    -------
    CheckResult
        One row. A map that never changes, such as one of zeros and ones, has the optimum.

    Notes
    -----
    Yeh et al. (2019), eq. 2, with captum's defaults. Sizes are Euclidean norms.

    Examples
    --------
    >>> model = tc.zoo.digits("digits")
    >>> x = model.preprocess(tc.image.default())
    >>> tc.checks.max_sensitivity(model, x, "saliency").means.round(1)
    array([0.5])
    """
    found = []
    for i, one in enumerate(singles(model, x, rule, target)):
        rng = np.random.default_rng([seed, i])
        make = noise or (lambda rng, x, n: rng.uniform(-radius, radius, (n, *x.shape[1:])))
        near = (one.x + make(rng, one.x, n)).astype(x.dtype)
        parts = [map_of(model, part, rule, one.target) for part in batches(near)]
        changes = np.linalg.norm((np.concatenate(parts) - one.map).reshape(n, -1), axis=1)
        size = np.linalg.norm(one.map)
        found.append(changes.max() / size if size else np.nan)
    choices = {
        "rule": as_rule(rule).name,
        "radius": radius,
        "n": n,
        "noise": noise_name(noise, "uniform"),
        "seed": seed,
    }
    return CheckResult(
        "max_sensitivity", ("largest change",), np.array([found]), float(np.sqrt(2)),
        "independent maps of the same size", 0.0, choices, "Yeh et al. 2019, eq. 2",
    )  # fmt: skip


def noise_name(noise: Noise | None, default: str) -> str:
    """What a result calls the changes of an image."""
    return default if noise is None else getattr(noise, "__name__", "own")
