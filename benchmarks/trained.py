"""MPRT and CSC on crops of photographs, in trained nets and in the same nets with random weights."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import product
from os import PathLike

import numpy as np

from benchmarks.kept import entries
from tinycnn import checks, zoo
from tinycnn.checks.asking import fixed
from tinycnn.checks.similarity import compare
from tinycnn.image import SAMPLES, sample
from tinycnn.model import Model
from tinycnn.ops.types import Array
from tinycnn.theory.predictions import FORMULAS, predicted, units_and_pools
from tinycnn.trace import forward
from tinycnn.visualize import DEFAULT_RULES, visualize

PICTURES = tuple(name for name in SAMPLES if name != "motorcycle_right")
"""All but one half of a pair that shows the same scene."""

CROPS = {"trained": 16, "random": 4}
"""Of each picture; random nets differ more from each other than crops do."""

WAYS = {"angle": checks.Likeness("cosine", absolute=False, normaliser="none"), "ranks": checks.Likeness()}
"""How maps are compared: the cosine, which is predicted, and the published default."""


@dataclass(frozen=True)
class Net:
    """A trained net and what is shown of it.

    Parameters
    ----------
    name : str
    build : callable
        The trained net.
    start : str or int
        Where the signals of CSC begin: at the output of this layer.
    redrawn : tuple of str
        Layers down to which weights are drawn anew for MPRT, from the top.
    inputs : tuple of str
        Layers at whose inputs CSC compares signals, from the top.
    """

    name: str
    build: Callable[[], Model]
    start: str | int
    redrawn: tuple[str, ...]
    inputs: tuple[str, ...]


VGG = Net(
    "VGG-16's convolutions",
    partial(zoo.vgg16, "vgg16-features", image=(96, 96)),
    "pool5",
    ("fc8", "fc6", "conv5_3", "conv5_1", "conv4_1", "conv3_1", "conv2_1", "conv1_1"),
    ("conv5_3", "conv5_2", "conv5_1", "conv4_1", "conv3_1", "conv2_1", "conv1_2", "conv1_1"),
)
EFFICIENTNET = Net(
    "EfficientNet-Lite0",
    partial(zoo.efficientnet_lite0, "efficientnet-lite0"),
    -1,
    (
        "fc", "conv_head", "blocks.15.expand_conv", "blocks.11.expand_conv", "blocks.5.expand_conv",
        "blocks.1.expand_conv", "conv_stem",
    ),
    (
        "conv_head", "blocks.15.expand_conv", "blocks.11.expand_conv", "blocks.5.expand_conv",
        "blocks.1.expand_conv", "conv_stem",
    ),
)  # fmt: skip
NETS: Sequence[Net] = (VGG, EFFICIENTNET)


@dataclass(frozen=True)
class Unit:
    """What is measured at once: the crops of one picture in one net.

    Parameters
    ----------
    net, weights, picture : str
        Of `NETS`, `CROPS` and `PICTURES`.
    values : dict
        From ``"check/rule/layer"`` to the mean over crops.
    """

    net: str
    weights: str
    picture: str
    values: Mapping[str, float]


def crops(picture: str, count: int) -> list[Array]:
    """Squares of a photograph, of a third of its shorter side up to all of it, anywhere in it."""
    whole = sample(picture)
    rng = np.random.default_rng([len(picture), *picture.encode()])
    found = []
    for _ in range(count):
        side = int(min(whole.shape[:2]) * rng.uniform(1 / 3, 1))
        down, right = (int(rng.integers(size - side + 1)) for size in whole.shape[:2])
        found.append(whole[down : down + side, right : right + side])
    return found


@lru_cache(maxsize=1)
def _built(net: Net) -> Model:
    return net.build()


def measured(net: Net, weights: str, picture: str) -> Unit:
    """Both checks of all rules on the crops of one picture; each picture has its own random weights."""
    seed = 2 * PICTURES.index(picture)
    model = _built(net)
    if weights == "random":
        model = checks.randomised(model, seed=seed)
    x = model.preprocess(crops(picture, CROPS[weights]))
    found = {**_mprt(net, model, x, seed + 1), **_csc(net, model, x)}
    return Unit(net.name, weights, picture, found)


def _mprt(net: Net, model: Model, x: Array, seed: int) -> dict[str, float]:
    """`checks.mprt`, of some of its layers, by all rules and ways at once."""
    target = fixed(model, x, "max")
    own = visualize(model, x, DEFAULT_RULES, target)
    found = {}
    for one in checks.cascade(model, checks.randomised(model, seed=seed)):
        if one.layer in net.redrawn:
            maps = visualize(one.model, x, DEFAULT_RULES, target)
            for rule, (way, choices) in product(maps, WAYS.items()):
                found[f"{way}/{rule}/{one.layer}"] = _mean(compare(own[rule], maps[rule], *choices))
    return found


def _csc(net: Net, model: Model, x: Array) -> dict[str, float]:
    found = {}
    for rule in DEFAULT_RULES:
        result = checks.csc(model, x, rule, net.start)
        for layer, value in zip(result.rows, result.values, strict=True):
            if layer in net.inputs:
                found[f"csc/{rule}/{layer}"] = _mean(value)
    return found


def _mean(values: Array) -> float:
    """Over crops whose maps are not zero."""
    kept = values[np.isfinite(values)]
    return float(kept.mean()) if kept.size else float("nan")


def to_do(done: Iterable[Unit]) -> list[tuple[Net, str, str]]:
    """What is missing, net by net."""
    known = {(unit.net, unit.weights, unit.picture) for unit in done}
    every = product(NETS, CROPS, PICTURES)
    return [(net, *rest) for net, *rest in every if (net.name, *rest) not in known]


def recall(path: str | PathLike[str]) -> list[Unit]:
    """The units in a file."""
    return [Unit(**entry) for entry in entries(path)]


def theory(net: Net) -> dict[str, float]:
    """What is predicted of a random net of the same layers, by the keys of `Unit.values`.

    Theory has the cosine of maps, and the cosine of signals of the rules that make them alike.
    """
    model = _built(net)
    trace = forward(model, np.zeros((1, *model.input_shape), np.float32))
    whole, upto = (units_and_pools(cut) for cut in (trace, trace[: trace.index(net.start) + 1]))
    if whole is None or upto is None:
        return {}
    (units, pools), (sent, sent_pools), size = whole, upto, trace.input.size
    names = [one.layer for one in checks.cascade(model, model)]
    layers = {"angle": names, "csc": names[-len(sent) :]}
    hidden = {"angle": (units[:-1], pools), "csc": (sent, sent_pools)}
    return {
        f"{way}/{rule}/{layer}": said.value
        for way, check in {"angle": "mprt", "csc": "csc"}.items()
        for rule in DEFAULT_RULES
        if f"{check} {rule}" in FORMULAS and (way, rule) != ("csc", "saliency")
        for layer, said in zip(layers[way], predicted(check, rule, size, *hidden[way]), strict=True)
    }
