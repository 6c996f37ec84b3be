"""A small change of the image, as an attack makes it: by how much either map changes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from tinycnn.ops.types import Array
from tinycnn.theory.claim import Agrees, Bench, Claim, Setting, of_means
from tinycnn.theory.claims.nets import geometry, net, photograph, seeds
from tinycnn.theory.perturbed import guided_change, saliency_change, saliency_cosine_deep
from tinycnn.trace import backward, forward, run
from tinycnn.zoo.build import Builder

PAPER = "Nie, Zhang and Patel (2018), on adversarial attacks, exact form"
THREE_LAYERS = "three layers, Gaussian weights, no biases, no pool; the change is fixed in advance"
CHANGES = (0.05, 0.2, 0.6)
FILTERS = (16, 64, 256)
DEPTHS = (1, 2, 3, 5)


@dataclass(frozen=True)
class ChangedSetting(Setting):
    """Two images.

    Parameters
    ----------
    change : float
        Length of the difference over that of the image; of a dense net, the angle between the two in radians.
    """

    change: float = 0.05

    def __str__(self) -> str:
        return f"{super().__str__()}; changed by {self.change:g}"


def changed(setting: ChangedSetting) -> Array:
    """The second image: noise is added, of the setting's length."""
    x = photograph(setting)
    noise = np.random.default_rng(1).standard_normal(x.shape)
    return x + setting.change * noise * np.linalg.norm(x) / np.linalg.norm(noise)


def turned(setting: ChangedSetting) -> Array:
    """The second image of a dense net: turned by the setting's angle in a direction of noise."""
    x, noise = photograph(setting), np.random.default_rng(1).standard_normal(photograph(setting).shape)
    away = noise - np.sum(noise * x) / np.sum(x * x) * x
    size = np.linalg.norm(x) / np.linalg.norm(away)
    found: Array = np.cos(setting.change) * x + np.sin(setting.change) * size * away
    return found


@lru_cache(maxsize=2)
def _pairs(bench: Bench, setting: ChangedSetting, seed: int) -> dict[str, Array]:
    """The maps of both images by either rule: (nets, 2, c, h, w)."""
    both = np.stack([photograph(setting), changed(setting)]).astype(np.float32)
    found: dict[str, list[Array]] = {"saliency": [], "guided": []}
    for number in seeds(setting, seed):
        trace = forward(net(bench, setting, number), both)
        for rule, maps in found.items():
            maps.append(backward(trace, np.ones_like(trace.output), bench.rules[rule])[0].astype(np.float64))
    return {rule: np.array(maps) for rule, maps in found.items()}


def _change(bench: Bench, setting: Setting, seed: int, rule: str) -> Array:
    """``E |s - s'|^2 / E |s|^2``."""
    assert isinstance(setting, ChangedSetting)
    maps = _pairs(bench, setting, seed)[rule]
    moved, size = (np.sum(each**2, axis=(1, 2, 3)) for each in (maps[:, 0] - maps[:, 1], maps[:, 0]))
    return of_means(lambda above, below: above / below, moved, size)


def _saliency(setting: Setting) -> float:
    assert isinstance(setting, ChangedSetting)
    return saliency_change(photograph(setting), changed(setting), geometry(setting))


def _guided(setting: Setting) -> float:
    assert isinstance(setting, ChangedSetting)
    return guided_change(photograph(setting), changed(setting), geometry(setting), setting.filters)


@lru_cache(maxsize=4)
def _deep_maps(bench: Bench, setting: Setting, seed: int) -> Array:
    """Saliency maps of the image and of its turns by all `CHANGES`, dense net by dense net."""
    turns = [turned(ChangedSetting(1, setting.image, setting.size, change=change)) for change in CHANGES]
    images, found = np.stack([photograph(setting), *turns]).astype(np.float32), []
    for number in seeds(setting, seed):
        stack = Builder((3, setting.size, setting.size), number, bench.init)
        stack.flatten()
        for layer in range(setting.depth):
            stack.dense(f"hidden{layer}", setting.filters)
            stack.relu(f"relu{layer}")
        stack.dense("logits", 1)
        trace = run(stack.layers, images)
        found.append(backward(trace, np.ones_like(trace.output), bench.rules["saliency"])[0])
    return np.array(found, np.float64)


def _deep(bench: Bench, setting: Setting, seed: int) -> Array:
    """``E <s, s'> / (E |s|^2 E |s'|^2)^(1/2)``; both have the same energy on average."""
    assert isinstance(setting, ChangedSetting)
    common = Setting(setting.nets, setting.image, setting.size, setting.filters, 0, depth=setting.depth)
    maps = _deep_maps(bench, common, seed)
    one, two = maps[:, 0], maps[:, 1 + CHANGES.index(setting.change)]
    sums = (np.sum(a * b, axis=(1, 2, 3)) for a, b in ((one, two), (one, one), (two, two)))
    return of_means(lambda product, first, second: product / math.sqrt(first * second), *sums)


def _deep_cosine(setting: Setting) -> float:
    assert isinstance(setting, ChangedSetting)
    return saliency_cosine_deep(setting.change, setting.depth)


def _shallow(rule: str, predict: Callable[[Setting], float], filters: int, change: float) -> Claim:
    quick = ChangedSetting({16: 300, 64: 200, 256: 60}[filters], "chelsea", 16, filters, change=change)
    formulas = {
        "saliency": r"E |s - s'|^2 / E |s|^2 = \tfrac{2}{\pi} \sum_j p_j \theta_j / \sum_j p_j",
        "guided": r"E |s - s'|^2 / E |s|^2 = [2 \pi (\sum_j p_j \theta_j + \Delta X) + (N - 1) |m - m'|^2] / "
        r"[N |m|^2 (1 + \rho)]",
    }
    return Claim(
        f"perturbed.{rule}_{filters}_{round(100 * change)}",
        f"How much of its energy a map of rule {rule} changes by, with {filters} filters, when noise of "
        f"{change:g} "
        "of the image's length is added.",
        formulas[rule],
        PAPER,
        THREE_LAYERS,
        predict,
        lambda bench, setting, seed: _change(bench, setting, seed, rule),
        quick,
        replace(quick, nets=6 * quick.nets, size=32),
    )


def _product(depth: int, change: float) -> Claim:
    quick = ChangedSetting(24, "chelsea", 8, 512, 0, depth=depth, change=change)
    return Claim(
        f"perturbed.deep_{depth}_{round(100 * change)}",
        f"How alike saliency maps of two images at an angle of {change:g} are through {depth} hidden "
        f"layer{'s' * (depth > 1)}.",
        r"E \langle s, s' \rangle / E |s|^2 = \prod_l (1 - \theta_l / \pi), \; \cos \theta_{l+1} = "
        r"\kappa_1(\cos \theta_l)",
        "derivation: arc-cosine map (Cho and Saul 2009), layer by layer",
        "fully connected, wide layers, Gaussian weights, no biases",
        _deep_cosine,
        _deep,
        quick,
        replace(quick, nets=60, filters=1024),
        Agrees(slack=0.01),
    )


CLAIMS = (
    *(
        _shallow(rule, predict, filters, change)
        for filters in FILTERS
        for change in CHANGES
        for rule, predict in (("saliency", _saliency), ("guided", _guided))
    ),
    *(_product(depth, change) for depth in DEPTHS for change in CHANGES),
)
