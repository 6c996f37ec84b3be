"""Random residual nets: shortcuts let guided backprop recover more than a plain layer does."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from tinycnn.layers import Add, Branches, Dense, Flatten, Layer, ReLU
from tinycnn.ops.types import Array
from tinycnn.pictures.metrics import cosine
from tinycnn.theory.claim import Agrees, Bench, Claim, Setting
from tinycnn.theory.claims.nets import network_input, photograph, seeds
from tinycnn.theory.residual import rectified_cosine, residual_cosine
from tinycnn.trace import Trace, backward, run
from tinycnn.zoo.init import stream

CASES = ((1, 1.0), (2, 1.0), (4, 1.0), (8, 1.0), (4, 0.5), (8, 0.5), (16, 0.25))
"""Blocks, and how strong each is."""

RECTIFIED = (1.0, 0.25)
"""Strengths of one block with a ReLU behind the sum."""


@dataclass(frozen=True)
class ResidualSetting(Setting):
    """Blocks of two dense layers around a ReLU, with a shortcut; `depth` counts them, `filters` their units.

    Parameters
    ----------
    strength : float
        alpha: a block's output over its input.
    rectified : bool
        Whether a ReLU follows each sum.
    """

    strength: float = 1.0
    rectified: bool = False

    def __str__(self) -> str:
        return (
            f"{self.image} at {self.size}x{self.size}; {self.depth} residual blocks of {self.filters} units "
            "and strength "
            f"{self.strength:g}{', a ReLU behind each sum' if self.rectified else ''}; {self.nets} nets"
        )


def blocks(bench: Bench, setting: ResidualSetting, seed: int) -> list[Layer]:
    """The layers of a net."""
    d, units = photograph(setting).size, setting.filters
    scales = 1 / np.sqrt(d), setting.strength * np.sqrt(2 / units)

    def dense(place: int, shape: tuple[int, int], scale: float) -> Dense:
        weight = bench.init(stream(seed, place, shape), shape)
        return Dense(weight * np.float32(scale), None)

    layers: list[Layer] = [Flatten()]
    for block in range(setting.depth):
        inside = dense(2 * block, (units, d), scales[0]), ReLU(), dense(2 * block + 1, (d, units), scales[1])
        layers += [Branches(((), inside), Add()), *[ReLU()] * setting.rectified]
    return [*layers, dense(2 * setting.depth, (1, d), 1.0)]


@lru_cache(maxsize=4)
def _maps(bench: Bench, setting: ResidualSetting, seed: int, rule: str) -> Array:
    def found(trace: Trace) -> Array:
        return backward(trace, np.ones_like(trace.output), bench.rules[rule])[0][0]

    x = network_input(setting)
    maps = [found(run(blocks(bench, setting, number), x)) for number in seeds(setting, seed)]
    return np.array(maps, np.float64)


def _likeness(bench: Bench, setting: Setting, seed: int, rule: str = "guided") -> Array:
    assert isinstance(setting, ResidualSetting)
    return cosine(_maps(bench, setting, seed, rule), photograph(setting))


def _predicted(setting: Setting) -> float:
    assert isinstance(setting, ResidualSetting)
    return residual_cosine(photograph(setting).size, setting.filters, setting.depth, setting.strength)


def _setting(depth: int, strength: float) -> ResidualSetting:
    nets = max(200 // depth, 24)
    return ResidualSetting(nets, "chelsea", 8, 384, 0, depth=depth, strength=strength)


def _claim(depth: int, strength: float) -> Claim:
    quick = _setting(depth, strength)
    return Claim(
        f"residual.{depth}_{round(100 * strength)}",
        f"How much of the image guided backprop recovers through {depth} residual block{'s' * (depth > 1)}, "
        "each of whose "
        f"outputs is {strength:g} times as long as its input.",
        r"S \leftarrow S + |S| \alpha [\sqrt{2M/d} \, m_1(r) \hat x + \sqrt{2 q(r)} \xi], \; r = \sqrt{2d/M} "
        r"\cos(S, \Delta)",
        "derivation: mean-field recursion over blocks",
        "wide blocks, Gaussian weights, no biases; no ReLU behind the sum",
        _predicted,
        _likeness,
        quick,
        replace(quick, nets=2 * quick.nets, size=13, filters=1014),
        Agrees(slack=0.01),
        note="A plain layer of as many units recovers .41 at these widths."
        if (depth, strength) == (8, 1.0)
        else "",
    )


def _rectified(strength: float) -> Claim:
    quick = replace(_setting(1, strength), rectified=True)
    return Claim(
        f"residual.rectified_{round(100 * strength)}",
        "How much of the image guided backprop recovers through one block with a ReLU behind the sum, "
        f"strength {strength:g}: the shortcut sends it squashed, by the chance that an entry is open.",
        r"E S_i \propto \Phi(x_i / \sigma), \; \sigma = \alpha |x| / \sqrt d",
        "derivation: entries of a wide block are normal",
        "one wide block, Gaussian weights, no biases",
        _predicted_rectified,
        _likeness,
        quick,
        replace(quick, nets=2 * quick.nets, size=13, filters=1014),
        Agrees(slack=0.01),
        note="For more blocks no formula is known: the entries of the sums then have a law of their own.",
    )


def _predicted_rectified(setting: Setting) -> float:
    assert isinstance(setting, ResidualSetting)
    return rectified_cosine(photograph(setting), setting.filters, setting.strength)


CLAIMS = (
    *(_claim(depth, strength) for depth, strength in CASES),
    *(_rectified(strength) for strength in RECTIFIED),
    Claim(
        "residual.saliency",
        "Saliency shows nothing of the image in a residual net either.",
        r"E \cos(s, x) = 0",
        "derivation: a signal of saliency changes its sign with V",
        "any weights that do not depend on the last layer's",
        lambda setting: 0.0,
        lambda bench, setting, seed: _likeness(bench, setting, seed, "saliency"),
        _setting(4, 0.5),
        replace(_setting(4, 0.5), nets=200),
    ),
)
