"""Claims that say how a number grows: the same prediction and measurement, along one field of the setting."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from tinycnn.theory.claim import Claim, standard_error
from tinycnn.theory.judge import OWN, sample


@dataclass(frozen=True)
class Curve:
    """Where to look at a claim besides its own setting.

    Parameters
    ----------
    axis : str
        A field of `Setting`.
    values : tuple of int
        What it is set to; the rest is the claim's quick setting.
    nets : int
        For each value.
    """

    axis: str
    values: tuple[int, ...]
    nets: int = 24


@dataclass(frozen=True)
class Point:
    """One place on a curve; `error` is the standard error of `measured`."""

    at: int
    predicted: float
    measured: float
    error: float


FILTERS = Curve("filters", (4, 16, 64, 256))
DEPTH = Curve("depth", (1, 2, 3, 5, 8), nets=12)

CURVES: Mapping[str, Curve] = MappingProxyType(
    {
        "limit.cosine": FILTERS,
        "recovery.rho": FILTERS,
        "recovery.rho_sixteen": Curve("kernel", (1, 3, 5, 7, 9), nets=100),
        "recovery.rho_patch_seven": Curve("size", (2, 4, 8, 16), nets=200),
        "recovery.law_dense": Curve("filters", (256, 1024, 4096), nets=60),
        "recovery.cosine": FILTERS,
        "recovery.centred_cosine": FILTERS,
        "recovery.rho_patch": Curve("filters", (16, 64, 256, 1024), nets=200),
        "recovery.dense_cnn": Curve("filters", (1024, 4096, 16_384, 65_536), nets=6),
        "noise.largest_logit": Curve("classes", (2, 10, 50, 200)),
        "pooling.guided_nine_cosine": FILTERS,
        "pooling.deconvnet_nine_cosine": FILTERS,
        "pooling.guided_four_64": FILTERS,
        "pooling.deconvnet_four_64": FILTERS,
        "depth.cosine_3": DEPTH,
        "depth.active_3": DEPTH,
        "depth.constant_3": Curve("depth", (2, 3, 5, 8), nets=60),
        "vgg.guided_limit": Curve("filters", (16, 32, 64)),
        "sensitivity.guided": FILTERS,
        "sensitivity.guided_distance": FILTERS,
        "sensitivity.guided_deep": DEPTH,
        "family.abs_rho": FILTERS,
        "family.constant_rho": FILTERS,
        "family.stein_rho": FILTERS,
        "averaged.rho": FILTERS,
        "perturbed.guided_64_20": FILTERS,
        "residual.4_50": Curve("depth", (1, 2, 4, 8), nets=24),
    }
)
"""From a claim's id to its curve."""


def points(claim: Claim, curve: Curve, seed: int = 0) -> Iterator[Point]:
    """Predict and measure a claim along its curve.

    Parameters
    ----------
    claim : Claim
    curve : Curve
    seed : int
        As for `judge.judge`.
    """
    for value in curve.values:
        changed: dict[str, Any] = {"nets": curve.nets, curve.axis: value}
        setting = replace(claim.quick, **changed)
        values = sample(claim, OWN, setting, seed)
        yield Point(value, claim.predict(setting), float(values.mean()), standard_error(values))
