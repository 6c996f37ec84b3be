"""What all claims measure on: photographs, random nets, and the maps of a net by several rules."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
from PIL import Image

from tinycnn.image import sample
from tinycnn.image.preprocess import IMAGENET_MEAN
from tinycnn.model import Model
from tinycnn.ops.geometry import Window, window
from tinycnn.ops.types import Array
from tinycnn.pictures.digit_pictures import draw_digit
from tinycnn.theory.claim import Bench, Setting, of_means
from tinycnn.theory.limit import share
from tinycnn.theory.patches import same, whole
from tinycnn.trace import Trace, backward, forward
from tinycnn.zoo import deep_cnn, three_layer_cnn, three_layer_fcn
from tinycnn.zoo.init import Init, constant

KEPT = 1 << 26
"""How many numbers are kept in memory, of all nets of a setting."""

PART = 64
"""Nets whose maps are looked at together."""

AXES = (-3, -2, -1)
"""Of one map."""


MEAN = (123.68, 116.779, 103.939)
"""Of ImageNet: red, green, blue."""


def photograph(setting: Setting) -> Array:
    """The setting's image, as predictions see it: (c, h, w) float64, read-only.

    A photograph's centre square minus `MEAN`, without the engine's preprocessing, which may be wrong.
    """
    return _photograph(setting.image, setting.size)


@lru_cache(maxsize=16)
def _photograph(image: str, side: int) -> Array:
    x = (
        PICTURES[image](side)
        if image in PICTURES
        else _centre(sample(image), side) - np.reshape(MEAN, (3, 1, 1))
    )
    x.flags.writeable = False
    return x


def _centre(picture: Array, side: int) -> Array:
    """The centre square of a picture (h, w, 3), scaled: (3, side, side)."""
    h, w = (count * side // min(picture.shape[:2]) for count in picture.shape[:2])
    down, right = round((h - side) / 2), round((w - side) / 2)
    small = Image.fromarray(picture).resize((w, h), Image.Resampling.BILINEAR)
    found = np.asarray(small.crop((right, down, right + side, down + side)), np.float64)
    return found.transpose(2, 0, 1)


def _digit(side: int) -> Array:
    """Strokes on black, of a colour of their own: most patches are zero."""
    picture = Image.fromarray(draw_digit(3, np.random.default_rng(0)))
    grey = np.asarray(picture.resize((side, side), Image.Resampling.BILINEAR), np.float64)
    return np.multiply.outer([1.0, 0.7, 0.4], grey)


def _noise(side: int) -> Array:
    """Independent pixels: no two patches are alike."""
    return 64 * np.random.default_rng(side).standard_normal((3, side, side))


PICTURES = {"digit": _digit, "noise": _noise}
"""Pictures that are no photographs, by their names in a `Setting`."""


def network_input(setting: Setting) -> Array:
    """The setting's image as nets get it, (1, c, h, w) float32: photographs by the engine's preprocessing."""
    return _network_input(setting.image, setting.size)


@lru_cache(maxsize=16)
def _network_input(image: str, side: int) -> Array:
    if image in PICTURES:
        return _photograph(image, side)[None].astype(np.float32)
    return replace(IMAGENET_MEAN.at((side, side)), keep=1.0, filter="bilinear")(sample(image))


def geometry(setting: Setting) -> Window:
    """Where the first layer's patches lie."""
    image, kernel = (setting.size, setting.size), (setting.kernel, setting.kernel)
    if setting.kernel == 0:
        return whole(image)
    if setting.depth > 1:
        return window(image, kernel, padding=setting.kernel // 2, circular=True)
    return same(image, kernel, setting.stride)


def hidden_units(setting: Setting) -> list[int]:
    """M of every hidden layer."""
    return [setting.filters * math.prod(geometry(setting).output)] * setting.depth


def net(bench: Bench, setting: Setting, seed: int) -> Model:
    """A random net of the setting, with weights from the bench."""
    common: dict[str, Any] = {
        "image": (setting.size, setting.size),
        "classes": setting.classes,
        "init": bench.init if setting.sd == 1 else scaled(bench.init, setting.sd),
        "bias": constant(setting.bias),
        "seed": seed,
    }
    if setting.kernel == 0:
        return three_layer_fcn(setting.filters, **common)
    if setting.depth > 1:
        return deep_cnn([setting.filters] * setting.depth, setting.kernel, circular=True, **common)
    return three_layer_cnn(setting.filters, setting.kernel, setting.stride, pool=setting.pool, **common)


def scaled(init: Init, sd: float) -> Init:
    """Draws the same weights, times a number."""
    return lambda rng, shape: init(rng, shape) * np.float32(sd)


def seeds(setting: Setting, seed: int) -> Iterator[int]:
    """One seed per net; no two runs share any."""
    return iter(range(seed * 1_000_000, seed * 1_000_000 + setting.nets))


def traces(bench: Bench, setting: Setting, seed: int) -> Iterable[Trace]:
    """The forward pass of each net on the setting's image; if they are small, all are kept."""
    if _numbers(bench, setting) * setting.nets <= KEPT:
        return _kept_traces(bench, setting, seed)
    return new_traces(bench, setting, seed)


def new_traces(bench: Bench, setting: Setting, seed: int) -> Iterator[Trace]:
    """The same, none of which is kept."""
    x = network_input(setting)
    for number in seeds(setting, seed):
        yield forward(net(bench, setting, number), x)


@lru_cache(maxsize=1)
def _kept_traces(bench: Bench, setting: Setting, seed: int) -> list[Trace]:
    return list(new_traces(bench, setting, seed))


@lru_cache(maxsize=256)
def _numbers(bench: Bench, setting: Setting) -> int:
    """How many weights one net has, and how many numbers its layers give."""
    size = net(bench, setting, 0).size
    return size + sum(step.output.size for step in next(new_traces(bench, setting, 0)))


def maps(bench: Bench, trace: Trace, rule: str) -> Array:
    """The maps of all logits of one net by one rule: (classes, c, h, w)."""
    seed = np.eye(trace.output.shape[1], dtype=trace.output.dtype)
    return backward(trace, seed, bench.rules[rule])[0]


Statistic = Callable[[Array, Setting], Array]
"""A number of each net, of the maps of its logits: from (nets, classes, c, h, w) to (nets,)."""


@lru_cache(maxsize=16)
def all_maps(bench: Bench, setting: Setting, seed: int, rule: str) -> Array:
    """The maps of every net, (nets, classes, c, h, w) float32; kept, as several claims ask for the same."""
    return np.stack([maps(bench, trace, rule) for trace in traces(bench, setting, seed)])


def per_net(rule: str, statistic: Statistic) -> Callable[[Bench, Setting, int], Array]:
    """A measurement: a statistic of the maps by one rule, for each net."""

    def measure(bench: Bench, setting: Setting, seed: int) -> Array:
        return in_parts(statistic, all_maps(bench, setting, seed, rule), setting)

    return measure


def in_parts(statistic: Statistic, found: Array, setting: Setting) -> Array:
    """A statistic in double precision, of so many nets at a time that little memory is needed."""
    parts = (found[start : start + PART] for start in range(0, len(found), PART))
    return np.concatenate([statistic(part.astype(np.float64), setting) for part in parts])


def projection(of: Callable[[Setting], Array]) -> Statistic:
    """`share` of a predicted mean m: 1 on average, if m is the mean of the first logit's map."""
    return lambda s, setting: share(s[:, 0], of(setting))


def centred(s: Array) -> Array:
    """Maps (..., c, h, w) without their channels' means."""
    found: Array = s - s.mean(axis=(-2, -1), keepdims=True)
    return found


def of_centred(statistic: Statistic) -> Statistic:
    """The same statistic of maps without their channels' means."""
    return lambda s, setting: statistic(centred(s), setting)


Measure = Callable[[Bench, Setting, int], Array]
"""A number of each net, (nets,), from a bench, a setting and a seed."""


def combined(f: Callable[..., float], *measures: Measure) -> Measure:
    """A measurement: a function of the means over nets of several others, see `claim.of_means`."""

    def measure(bench: Bench, setting: Setting, seed: int) -> Array:
        return of_means(f, *(each(bench, setting, seed) for each in measures))

    return measure


def energy(s: Array, setting: Setting) -> Array:
    """``|s|^2`` of the first logit's map."""
    return np.sum(s[:, 0] ** 2, axis=AXES)


def along(of: Callable[[Setting], Array]) -> Statistic:
    """``<s, m> / |m|`` of the first logit's map and some picture."""

    def statistic(s: Array, setting: Setting) -> Array:
        m = of(setting)
        return np.sum(s[:, 0] * m, axis=AXES) / np.sqrt(np.sum(m**2))

    return statistic


def mean_cosine(along: float, energy: float) -> float:
    """``E<s, m> / (|m| (E|s|^2)^(1/2))``: the cosine with m of an average map, without an approximation."""
    return along / math.sqrt(energy)


def average_cosine(per: Callable[[Statistic], Measure], of: Callable[[Setting], Array]) -> Measure:
    """`mean_cosine` of maps, measured as `per` says, and some picture."""
    return combined(mean_cosine, per(along(of)), per(energy))


def relative_variance(of: Callable[[Setting], Array]) -> Statistic:
    """``|s - m|^2 / |m|^2``: rho on average, if m is the mean of the first logit's map."""

    def statistic(s: Array, setting: Setting) -> Array:
        mean = of(setting)
        return np.sum((s[:, 0] - mean) ** 2, axis=AXES) / np.sum(mean**2)

    return statistic


def likeness(metric: Callable[[Array, Array], Array], of: Callable[[Setting], Array]) -> Statistic:
    """A metric of the first logit's map and some picture."""
    return lambda s, setting: metric(s[:, 0], of(setting))


def between_logits(metric: Callable[[Array, Array], Array]) -> Statistic:
    """A metric of the maps of the first two logits."""
    return lambda s, setting: metric(s[:, 0], s[:, 1])
