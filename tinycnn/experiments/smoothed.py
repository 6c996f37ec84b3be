"""Guided backprop averaged over noisy images: its mean tends to the image itself, and its noise grows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import chain

import numpy as np

from tinycnn.experiments.experiment import Experiment, Inputs, Number, Result, Statement, above, mean
from tinycnn.experiments.plates import Cell, Chart, Curve, Grid, GridRow, Plate, averaged, map_cell
from tinycnn.model import Model
from tinycnn.ops.geometry import window
from tinycnn.ops.types import Array
from tinycnn.pictures.metrics import cosine
from tinycnn.rules import GUIDED
from tinycnn.rules.averages import smoothgrad
from tinycnn.theory.smoothing import smooth_cosine
from tinycnn.visualize import visualize
from tinycnn.zoo import three_layer_cnn

KERNEL, SIDE = 3, 36
SIGMAS = (1 / 64, 1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0)
"""Noise, as a share of the range of the image."""

MIDDLE, SAMPLES = 1 / 4, (1, 2, 4, 8, 16, 32, 64)
"""Noise with which the number of noisy images is varied, and these numbers."""

MANY = 32
"""Noisy images with which the noise is varied."""


def run(inputs: Inputs) -> Result:
    """Smooth guided backprop of random nets, by more and more noise, and over more and more noisy images."""
    widths = (128, 512) if inputs.quick else (512, 4096)
    seeds = range(inputs.seed, inputs.seed + (3 if inputs.quick else 10))
    x = _net(1, 0).preprocess(inputs.image)[0]
    by_noise = [[(N, sigma, MANY) for sigma in SIGMAS] for N in widths]
    by_samples = [(widths[-1], MIDDLE, n) for n in SAMPLES]
    made = {key: _maps(x, *key, seeds) for key in {*chain.from_iterable(by_noise), *by_samples}}
    arrays = {
        "widths": np.array(widths),
        "noise": np.array([[cosine(made[key], x) for key in keys] for keys in by_noise]),
        "samples": np.array([cosine(made[key], x) for key in by_samples]),
        "noise_predicted": np.array([[_predicted(x, N, sigma, MANY) for sigma in SIGMAS] for N in widths]),
        "samples_predicted": np.array([_predicted(x, widths[-1], MIDDLE, n) for n in SAMPLES]),
        "limit": np.array([_predicted(x, math.inf, sigma, math.inf) for sigma in SIGMAS]),
        "maps": np.array([made[key][0] for key in by_noise[-1][::2]]),
        "input": _net(1, 0).preprocess.inverse(x[None])[0],
    }
    return Result(arrays, _numbers(arrays), _statements(arrays))


def _net(filters: int, seed: int) -> Model:
    return three_layer_cnn(filters, KERNEL, KERNEL, 0, image=(SIDE, SIDE), classes=1, seed=seed)


def _maps(x: Array, filters: int, sigma: float, samples: int, seeds: Sequence[int]) -> Array:
    """One map of each net: (nets, c, h, w)."""
    rules = (smoothgrad(GUIDED, sigma, samples, seed) for seed in seeds)
    nets = (_net(filters, seed) for seed in seeds)
    return np.stack(
        [visualize(net, x[None], rule, 0)[rule.name][0] for net, rule in zip(nets, rules, strict=True)]
    )


def _predicted(x: Array, filters: float, sigma: float, samples: float) -> float:
    at = window((SIDE, SIDE), (KERNEL, KERNEL), KERNEL)
    return smooth_cosine(x, at, filters, sigma * float(x.max() - x.min()), samples)


def _numbers(arrays: dict[str, Array]) -> list[Number]:
    by_noise = [
        mean(f"cosine with the input, N = {N}, noise {sigma:.3g}, {MANY} images", values, predicted)
        for N, of_width, expected in zip(
            arrays["widths"], arrays["noise"], arrays["noise_predicted"], strict=True
        )
        for sigma, values, predicted in zip(SIGMAS, of_width, expected, strict=True)
    ]
    by_samples = [
        mean(
            f"cosine with the input, N = {arrays['widths'][-1]}, noise {MIDDLE:.3g}, {n} images",
            values,
            predicted,
        )
        for n, values, predicted in zip(SAMPLES, arrays["samples"], arrays["samples_predicted"], strict=True)
    ]
    return by_noise + by_samples


def _statements(arrays: dict[str, Array]) -> list[Statement]:
    limit, widest = arrays["limit"], arrays["noise"][-1]
    best = int(arrays["noise_predicted"][-1].argmax())  # not by the maps that are to show it
    return [
        Statement(
            f"the mean map comes closer to the image with every step up in noise ({limit[0]:.3f} to "
            f"{limit[-1]:.3f})",
            bool((np.diff(limit) > 0).all()),
        ),
        Statement(
            f"with {arrays['widths'][-1]} filters some noise brings guided backprop closer to the image, and "
            f"more takes it away again (best at {SIGMAS[best]:.3g} of the range)",
            _rises(widest[0], widest[best]) and _rises(widest[-1], widest[best]),
        ),
        Statement(
            "the more noisy images are averaged, the closer",
            _rises(arrays["samples"][0], arrays["samples"][-1]),
        ),
    ]


def _rises(before: Array, after: Array) -> bool:
    """Whether the second of two measurements of the same nets is larger."""
    return above(after - before, np.zeros_like(before))


def draw(result: Result) -> list[Plate]:
    """Cosines against noise and against noisy images, with their predictions; and the maps of one net."""
    arrays = result.arrays
    curves = []
    for N, samples, law in zip(arrays["widths"], arrays["noise"], arrays["noise_predicted"], strict=True):
        curves += [
            averaged(f"N = {N}", np.array(SIGMAS), samples),
            Curve(f"N = {N}, predicted", SIGMAS, law, dashed=True),
        ]
    curves.append(Curve("the mean map, predicted", SIGMAS, arrays["limit"], dashed=True))
    of_samples = [
        averaged(f"N = {arrays['widths'][-1]}", np.array(SAMPLES), arrays["samples"]),
        Curve("predicted", SAMPLES, arrays["samples_predicted"], dashed=True),
    ]
    maps = [
        map_cell(map, f"noise {sigma:.3g}") for sigma, map in zip(SIGMAS[::2], arrays["maps"], strict=True)
    ]
    row = GridRow(Cell(arrays["input"], "input"), maps, f"N = {arrays['widths'][-1]}, {MANY} noisy images")
    return [
        Chart(curves, "noise, of the image's range", "cosine with the input", log=True),
        Chart(of_samples, f"noisy images, noise {MIDDLE:.3g}", "cosine with the input", log=True),
        Grid([row]),
    ]


EXPERIMENT = Experiment(
    name="smoothed",
    title="Guided backprop, averaged over noisy images",
    claim="Smoothing undoes the contrast normalisation: the mean map tends to the image itself; with a "
    "finite number of filters what is not mean grows beside it.",
    paper="No such experiment. In Theorem 1 every patch counts alike, however dark; with noise a patch "
    "counts by its length over that of patch and noise.",
    caption=f"Random three-layer CNNs, {SIDE}x{SIDE}, {KERNEL}x{KERNEL} filters whose patches do not "
    "overlap, He initialisation, no biases, fixed logit; SmoothGrad around guided backprop; mean over nets "
    "with its standard error. Prediction: tinycnn.theory.smoothing.smooth_cosine, without a free number.",
    run=run,
    draw=draw,
)
