"""Laws about methods: averages and products written out, as a user would write laws of his own."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from tinycnn import Model, visualize
from tinycnn.errors import CheckError
from tinycnn.ops.types import Array
from tinycnn.rules import GRADIENT, averages, products
from tinycnn.rules.others import deeplift
from tinycnn.targets import Target
from tinycnn.testing import Case, Law
from tinycnn.testing.law import expect_same
from tinycnn.testing.strategies import cases, chains
from tinycnn.trace import Rows, backward, forward
from tinycnn.visualize import explain

COUNT, SIGMA, SEED, START = 3, 0.2, 1, 0.3


def _averaged(rule: Any, case: Case) -> None:
    x, noise = case.x, np.random.default_rng([SEED, 0])
    maps = [
        _map(case, rule, x + SIGMA * float(np.ptp(x)) * noise.standard_normal(x.shape)) for _ in range(COUNT)
    ]
    mean, square = np.mean(maps, axis=0), np.mean(np.square(maps), axis=0)
    expected = {"smoothgrad": mean, "smoothgrad_squared": square, "vargrad": square - mean**2}
    for name, map_ in expected.items():
        method = getattr(averages, name)(rule, sigma=SIGMA, n=COUNT, seed=SEED)
        expect_same(_found(case, method), map_, f"the map of {name}", float(square.max(initial=0)))
    starts = {"zero": 0.0, "mean": x.mean(axis=(2, 3), keepdims=True), START: START}
    for baseline, start in starts.items():
        line = x - start
        inside = [_map(case, rule, start + np.float64((k + 0.5) / COUNT) * line) for k in range(COUNT)]
        found = _found(case, averages.ig(rule, baseline, COUNT))
        expect_same(found, line * np.mean(inside, axis=0), f"the map of ig from {baseline}")
        _says_what_it_sums_to(rule, case, baseline, np.broadcast_to(start, x.shape))
    _expected_gradients(rule, case)


def _says_what_it_sums_to(rule: Any, case: Case, baseline: Any, start: Array) -> None:
    outputs = [forward(case, at).output for at in (case.x, start)]
    change = float(np.sum(case.seed * (outputs[0] - outputs[1])))
    scale = float(np.abs(case.seed * outputs).sum())
    (answer,) = explain(_model(case), case.x, [averages.ig(rule, baseline, COUNT)], _target(case)).values()
    said = float(answer.note.rpartition(" ")[2])
    if abs(said - change) > 1e-3 * scale:
        raise CheckError(f"ig says that f(x) - f(x') is {said}, expected {change}")


def _expected_gradients(rule: Any, case: Case) -> None:
    x, noise = case.x, np.random.default_rng([SEED, 0])
    references = np.concatenate([x[..., ::-1], 2 * x - 1])
    chosen, place = noise.integers(len(references), size=COUNT), noise.random(COUNT)
    starts = references[chosen][:, None]
    between = [_map(case, rule, b + t * (x - b)) for b, t in zip(starts, place, strict=True)]
    method = averages.expected_gradients(rule, COUNT, SEED, references)
    mean = np.mean([(x - b) * map_ for b, map_ in zip(starts, between, strict=True)], axis=0)
    expect_same(_found(case, method), mean, "the map of expected gradients")


def _multiplied(rule: Any, case: Case) -> None:
    """Class activation maps at the first layer, by the formulas of their docstrings."""
    expect_same(_found(case, rule), case.map(rule), "the map")
    expect_same(_found(case, products.gradient_x_input(rule)), case.x * case.map(rule), "times the image, it")
    trace = case.trace()
    a, g = trace[0].output, backward(trace[1:], case.seed, GRADIENT)[0]
    total, alpha = a.sum(axis=(2, 3), keepdims=True), np.zeros_like(g)
    below = 2 * g**2 + g**3 * total
    alpha[below != 0] = (g**2)[below != 0] / below[below != 0]
    weights: dict[str, Array] = {
        "grad_cam": g.mean(axis=(2, 3), keepdims=True),
        "xgrad_cam": (a * g).sum(axis=(2, 3), keepdims=True) / np.where(total == 0, np.inf, total),
        "grad_cam_plus_plus": (alpha * np.maximum(g, 0)).sum(axis=(2, 3), keepdims=True),
        "layer_cam": np.maximum(g, 0),
    }
    low = {name: np.maximum((weight * a).sum(axis=1), 0) for name, weight in weights.items()}
    for name, map_ in {**low, "hires_cam": (g * a).sum(axis=1)}.items():
        expect_same(_found(case, getattr(products, name)(0)), _stretched(map_, case.x), f"the map of {name}")
    last = (case.seed * trace.output).sum(axis=1)
    expect_same(_found(case, products.hires_cam(-1)), _stretched(last, case.x), "at the last layer, the map")
    guided = _stretched(low["grad_cam"], case.x) * case.map(rule)
    expect_same(_found(case, products.guided_grad_cam(0, rule)), guided, "the map of guided Grad-CAM")


def _complete(rule: Any, case: Case) -> None:
    """What DeepLIFT gives to the pixels is what the image adds to the output of its reference."""
    outputs = [forward(case, x).output for x in (case.x, np.full_like(case.x, START))]
    change, scale = np.sum(case.seed * (outputs[0] - outputs[1])), np.abs(case.seed * outputs).sum()
    map_ = _found(case, deeplift(START))
    expect_same(np.array(map_.sum()), np.array(change), "the sum of the map", scale + np.abs(map_).sum())


def _map(case: Case, rule: Rows, x: Array) -> Array:
    return case.but(x=x).map(rule)


def _found(case: Case, method: Any) -> Array:
    (found,) = visualize(_model(case), case.x, [method], _target(case)).values()
    return found


def _model(case: Case) -> Model:
    return Model("case", case.layers, case.x.shape[1:])


def _target(case: Case) -> Target:
    return Target("the seed", lambda trace: np.repeat(case.seed, len(trace.output), axis=0))


def _stretched(maps: Array, x: Array) -> Array:
    """Maps (n, i, j) as large as the images, with what lies between two centres in proportion."""
    for axis in (1, 2):
        length, to = maps.shape[axis], x.shape[axis + 1]
        places = (np.arange(to) + 0.5) * length / to - 0.5
        maps = np.apply_along_axis(partial(np.interp, places, np.arange(length)), axis, maps)
    return maps[:, None]


AVERAGED = Law("averaged", "Averages are sums over their images.", _averaged, (cases(),))
MULTIPLIED = Law(
    "multiplied",
    "Class activation maps are their formulas.",
    _multiplied,
    (cases(lambda shape: chains(shape, ("relu", "conv", "maxpool", "avgpool"))),),
)
COMPLETE = Law("complete", "DeepLIFT sums to a difference of outputs.", _complete, (cases(),))
