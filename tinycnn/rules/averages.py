"""Averages around a rule: over noisy images, along a line, over other images."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from os import PathLike

import numpy as np

from tinycnn.errors import ShapeError, TinycnnError, UnknownNameError
from tinycnn.files import open_file
from tinycnn.layers.sizes import walk
from tinycnn.ops.types import FLOATS, Array
from tinycnn.rules.gradient import GRADIENT
from tinycnn.rules.method import Answer, AnyRule, Method, Question, expect_rule
from tinycnn.rules.options import number, whole
from tinycnn.trace import forward

_HELD = 1 << 30
"""Bytes of activations that one call of the engine may keep."""


def smoothgrad(rule: AnyRule = GRADIENT, sigma: float = 0.15, n: int = 50, seed: int = 0) -> Method:
    """The mean of the maps of noisy images.

    Parameters
    ----------
    rule : Rule or Method
    sigma : float
        Standard deviation of the noise, as a share of the image's range from lowest to highest number.
    n : int
        How many noisy images.
    seed : int
    """
    return _noisy("smoothgrad", rule, sigma, n, seed, lambda mean, square: mean, "Smilkov et al. 2017")


def smoothgrad_squared(rule: AnyRule = GRADIENT, sigma: float = 0.15, n: int = 50, seed: int = 0) -> Method:
    """The mean of the squares of the maps of noisy images, with the parameters of `smoothgrad`."""
    source = "Hooker et al. 2019"
    return _noisy("smoothgrad-squared", rule, sigma, n, seed, lambda mean, square: square, source)


def vargrad(rule: AnyRule = GRADIENT, sigma: float = 0.15, n: int = 50, seed: int = 0) -> Method:
    """The variance, with divisor n, of the maps of noisy images, with the parameters of `smoothgrad`."""
    source = "Adebayo et al. 2018"
    return _noisy("vargrad", rule, sigma, n, seed, lambda mean, square: square - mean**2, source)


def ig(rule: AnyRule = GRADIENT, baseline: Baseline = "zero", steps: int = 50) -> Method:
    """Integrated gradients: ``(x - x') * mean of the map at x' + (k + 1/2)/steps (x - x')``, k from 0 up.

    Parameters
    ----------
    rule : Rule or Method
    baseline : "zero", "mean", number or array
        x', where the line begins: 0, the mean of each channel of the image, a number, or an image.
    steps : int
        Nodes of the midpoint rule. In a ReLU network the error falls as 1 / steps, whatever the rule of
        quadrature: the integrand jumps.

    Notes
    -----
    Sundararajan et al. 2017, eq. 1. The map sums to ``f(x) - f(x')`` up to the error of the quadrature,
    which the note of the answer states.
    """
    expect_rule(rule)
    steps = whole("steps", steps, 1)

    def one(question: Question) -> tuple[Array, float, float]:
        x = question.x
        start = starting_point(x, baseline)
        inside = (start + np.float64((k + 0.5) / steps) * (x - start) for k in range(steps))
        mean, _ = _moments(question, rule, inside, steps)
        map = (x - start) * mean
        values = [question.target.values(forward(question.model, at)) for at in (x, start.astype(x.dtype))]
        return map, float(map.sum()), float(values[0][0] - values[1][0])

    def answer(question: Question) -> Answer:
        found = [one(single) for single in question.each()]
        _, total, change = found[0]
        note = f"{steps} steps from {described(baseline)}: sums to {total:.4g}, f(x) - f(x') is {change:.4g}"
        return Answer(np.concatenate([map for map, _, _ in found]).astype(question.x.dtype), note)

    return Method("ig", answer, "Sundararajan et al. 2017, eq. 1")


def expected_gradients(
    rule: AnyRule = GRADIENT, n: int = 50, seed: int = 0, references: References = None
) -> Method:
    """Integrated gradients averaged over baselines: for each of n samples one of them, and one place.

    Parameters
    ----------
    rule : Rule or Method
    n : int
    seed : int
    references : (m, c, h, w) or path of an .npy file of that
        The baselines: preprocessed images, such as of the training data.

    Notes
    -----
    ``mean of (x - x') * map at x' + t (x - x')``, x' drawn from the references and t evenly from 0 to 1
    (Erion et al. 2021). In the mean it sums to ``f(x) - mean f(x')``.
    """
    expect_rule(rule)
    n, seed = whole("n", n, 1), whole("seed", seed, 0)

    def one(question: Question, index: int, baselines: Array) -> Array:
        rng = np.random.default_rng([seed, index])
        chosen, place = rng.integers(len(baselines), size=n), rng.random(n)
        x, mean = question.x, np.zeros(question.x.shape)
        between = (b + t * (x - b) for b, t in zip(map(baselines.__getitem__, chosen), place, strict=True))
        for at, found in zip(chosen, _maps(question, rule, between, n), strict=True):
            mean += (x - baselines[at]) * found / n
        return mean

    def answer(question: Question) -> Answer:
        baselines = _images(references)
        fit = baselines.ndim == 4 and len(baselines) and baselines.shape[1:] == question.x.shape[1:]
        if not fit or baselines.dtype.kind not in "fiu":
            raise ShapeError(
                f"references are images (m, *{question.x.shape[1:]}), here, "
                f"but got {baselines.dtype} {baselines.shape}"
            )
        found = [one(single, i, baselines) for i, single in enumerate(question.each())]
        note = f"{n} samples of {len(baselines)} references"
        return Answer(np.concatenate(found).astype(question.x.dtype), note)

    return Method("expected-gradients", answer, "Erion et al. 2021")


Baseline = str | float | Array
"""Where integrated gradients begin."""

References = str | PathLike[str] | Array | None
"""Where expected gradients begin: images, or the path of their file."""

_LARGEST = 4 << 30
"""Bytes of a file of images."""


def _noisy(
    name: str,
    rule: AnyRule,
    sigma: float,
    n: int,
    seed: int,
    combine: Callable[[Array, Array], Array],
    source: str,
) -> Method:
    expect_rule(rule)
    n, seed, sigma = whole("n", n, 1), whole("seed", seed, 0), number("sigma", sigma, 0)

    def one(question: Question, index: int) -> Array:
        x, rng = question.x, np.random.default_rng([seed, index])
        sd = sigma * float(x.max() - x.min())
        noisy = (x + sd * rng.standard_normal(x.shape) for _ in range(n))
        return combine(*_moments(question, rule, noisy, n))

    def answer(question: Question) -> Answer:
        found = [one(single, i) for i, single in enumerate(question.each())]
        note = f"{n} images, noise {sigma:g} of the range"
        return Answer(np.concatenate(found).astype(question.x.dtype), note)

    return Method(name, answer, source)


def _moments(question: Question, rule: AnyRule, images: Iterator[Array], count: int) -> tuple[Array, Array]:
    """Mean and mean square of the maps of images that come one by one, (1, c, h, w) float64."""
    mean = np.zeros(question.x.shape)
    square = np.zeros(question.x.shape)
    for map in _maps(question, rule, images, count):
        mean = mean + map / count
        square = square + np.square(map, dtype=np.float64) / count
    return mean, square


def _maps(question: Question, rule: AnyRule, images: Iterator[Array], count: int) -> Iterator[Array]:
    """The maps of images that come one by one; as many as memory allows share one call of the engine."""
    x = question.x
    held = x.itemsize * sum(math.prod(shape) for _, _, shape, _ in walk(question.model.layers, x.shape[1:]))
    together = max(1, _HELD // max(1, held))
    firsts = range(0, count, together)
    for first in question.track(firsts, f"{rule.name} of {count} images", len(firsts)):
        batch = np.concatenate([next(images) for _ in range(min(together, count - first))])
        yield from question.about(batch).map(rule)[:, None]


def starting_point(x: Array, baseline: Baseline) -> Array:
    """The baseline of one image, of its shape."""
    if isinstance(baseline, str):
        if baseline not in BASELINES:
            raise UnknownNameError("baseline", baseline, BASELINES)
        return np.broadcast_to(BASELINES[baseline](x), x.shape)
    start: Array = np.asarray(baseline, x.dtype)
    if start.ndim and start.shape not in (x.shape, x.shape[1:]):
        raise ShapeError(f"a baseline of shape {start.shape} does not fit an image of shape {x.shape[1:]}")
    return np.broadcast_to(start, x.shape)


BASELINES: dict[str, Callable[[Array], Array]] = {
    "zero": np.zeros_like,
    "mean": lambda x: x.mean(axis=(2, 3), keepdims=True),
}
"""Baselines by name."""


def _images(references: References) -> Array:
    """The images that were given, or that are in the file that was named."""
    if references is None:
        raise TinycnnError("expected gradients need preprocessed images to start from: references=FILE.npy")
    if not isinstance(references, str | PathLike):
        return np.asarray(references)
    try:
        open_file(references, _LARGEST).close()
        found = np.load(references, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError, OverflowError) as error:
        raise TinycnnError(f"{references}: no .npy file of images: {' '.join(str(error).split())}") from None
    if not isinstance(found, np.ndarray) or found.dtype not in FLOATS:
        raise TinycnnError(f"{references}: preprocessed images are an .npy file of float32 or float64")
    return np.asarray(found)


def described(baseline: Baseline) -> str:
    """A baseline in words."""
    return "an image" if isinstance(baseline, np.ndarray) else f"{baseline}"
