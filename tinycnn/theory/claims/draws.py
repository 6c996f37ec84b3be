"""That the nets which claims are measured on are independent: their weights share nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from tinycnn.layers import Conv2D, Dense
from tinycnn.ops.types import Array
from tinycnn.theory.claim import Bench, Claim, Setting
from tinycnn.theory.claims.nets import Measure, net, seeds

COMPARED = 200
"""Weights of each layer that are compared: fewer than the smallest layer has."""


def _weights(bench: Bench, setting: Setting, number: int, kind: type[Conv2D] | type[Dense]) -> Array:
    """The first weights of a net's convolution, or of its dense layer, in units of their deviation."""
    (layer,) = (each for each in net(bench, setting, number).layers if isinstance(each, kind))
    return layer.weight.ravel()[:COMPARED].astype(np.float64) / setting.sd


def _wide(bench: Bench, setting: Setting, number: int) -> Array:
    return _weights(bench, replace(setting, filters=4 * setting.filters), number, Conv2D)


def _next(bench: Bench, setting: Setting, number: int) -> Array:
    return _weights(bench, setting, number, Dense)


def _shared(other: Callable[[Bench, Setting, int], Array]) -> Measure:
    """Correlation of squares: those of weights from one stream may share their size only, not their sign."""

    def measure(bench: Bench, setting: Setting, seed: int) -> Array:
        pairs = (
            (_weights(bench, setting, n, Conv2D), other(bench, setting, n)) for n in seeds(setting, seed)
        )
        return np.array([np.mean((one**2 - 1) * (two**2 - 1)) / 2 for one, two in pairs])

    return measure


CLAIMS = tuple(
    Claim(
        f"draws.{name}",
        statement,
        r"\mathrm{Corr}(w_i^2, w_i'^2) = 0",
        "derivation: layers and widths have streams of their own",
        "three layers, Gaussian weights",
        lambda setting: 0.0,
        _shared(other),
        Setting(nets=200, size=8, filters=16),
        Setting(nets=1000, size=8, filters=16),
    )
    for name, statement, other in (
        ("widths", "Nets of one seed and two widths share no weights.", _wide),
        ("layers", "The two layers of a net share no weights.", _next),
    )
)
