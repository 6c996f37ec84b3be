"""The gradient of a random dense net as a random vector: its length, its sizes, its memory of the image."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

import numpy as np

from tinycnn.ops.types import Array
from tinycnn.theory.claim import Agrees, Bench, Claim, Setting, Verdict, of_means
from tinycnn.theory.claims.nets import Measure, seeds
from tinycnn.theory.claims.plain import dense_layers, sent, vector, widths
from tinycnn.theory.gradients import energy_spread, length_ratio
from tinycnn.theory.perturbed import saliency_cosine_deep
from tinycnn.trace import backward, run

DENSE = "fully connected, Gaussian weights, no biases"
LONG = Setting(nets=500, image="chelsea", size=4, filters=48, kernel=0, depth=3, classes=16)
WIDE = Setting(nets=200, image="chelsea", size=4, filters=320, kernel=0, classes=4)
RIGHT = math.pi / 2
"""Angle of the images that are compared."""

IMAGES = 16
"""Orthogonal ones, all of whose pairs are compared."""


@lru_cache(maxsize=2)
def _maps(bench: Bench, setting: Setting, seed: int) -> Array:
    """Saliency of every logit: (nets, logits, d)."""
    x, found = vector(setting), []
    for number in seeds(setting, seed):
        trace = run(dense_layers(bench, number, widths(setting)), x)
        found.append(backward(trace, np.eye(setting.classes), bench.rules["saliency"])[0])
    return np.array(found)


def _spread(bench: Bench, setting: Setting, seed: int) -> Array:
    squares = np.sum(_maps(bench, setting, seed) ** 2, axis=2)
    fourth, second = (squares**2).mean(axis=1), squares.mean(axis=1)
    return of_means(lambda one, other: one / other**2, fourth, second)


def _ratio(bench: Bench, setting: Setting, seed: int) -> Array:
    """Sum of sizes over the length, mean over a net's logits."""
    s = _maps(bench, setting, seed)
    return np.asarray((np.abs(s).sum(axis=2) / np.linalg.norm(s, axis=2)).mean(axis=1))


def _memory(bench: Bench, setting: Setting, seed: int) -> Array:
    """``E <s, s'> / E |s|^2`` of the saliency of orthogonal images of one length."""
    size, products, lengths = vector(setting).size, [], []
    for number in seeds(setting, seed):
        images = np.linalg.qr(np.random.default_rng([number, 1]).standard_normal((size, IMAGES)))[0].T
        trace = run(dense_layers(bench, number, widths(setting)), images)
        tables = []
        for row in np.eye(setting.classes):
            s = sent(bench, trace, "saliency", row[None])
            tables.append(s @ s.T)
        table = np.mean(tables, axis=0)
        lengths.append(np.trace(table) / IMAGES)
        products.append((table.sum() - np.trace(table)) / (IMAGES * (IMAGES - 1)))
    return of_means(lambda one, other: one / other, np.array(products), np.array(lengths))


def _claim(
    id: str,
    statement: str,
    latex: str,
    source: str,
    predict: Callable[[Setting], float],
    measure: Measure,
    quick: Setting,
    slack: float,
    note: str = "",
    recorded: Verdict = "holds",
) -> Claim:
    full, rule = replace(quick, nets=6 * quick.nets), Agrees(slack=slack)
    return Claim(
        f"gradient.{id}", statement, latex, source, DENSE, predict, measure, quick, full, rule, note, recorded
    )


def _kept(setting: Setting) -> float:
    return saliency_cosine_deep(RIGHT, setting.depth)


CLAIMS = (
    _claim(
        "energy",
        "How much the squared length of a gradient varies from net to net grows with depth over width.",
        r"E |\nabla f|^4 / (E |\nabla f|^2)^2 = (1 + \tfrac{2}{n})^{L + 1} (1 + \tfrac{3}{n + 2})^L "
        r"\approx e^{5 L / n}",
        "derivation: chi-squared lengths, layer by layer; Hanin (2018) for the sum of reciprocals of widths",
        lambda setting: energy_spread(setting.filters, setting.depth),
        _spread,
        LONG,
        0.0,
    ),
    _claim(
        "sign_step",
        "A small step in the sign of the gradient moves a logit by the sum of the gradient's sizes, this "
        "many times its length.",
        r"E |s|_1 / |s|_2 = d \, \Gamma(\tfrac d2) / (\sqrt \pi \, \Gamma(\tfrac{d + 1}{2})) \approx "
        r"\sqrt{2 d / \pi}",
        "Simon-Gabriel et al. (2019) for the root of d; derivation: a saliency map is white",
        lambda setting: length_ratio(vector(setting).size),
        _ratio,
        LONG,
        0.005,
    ),
    *(
        _claim(
            f"memory_{depth}",
            f"Gradients at two orthogonal images are this alike through {depth} hidden layers.",
            r"E \langle s, s' \rangle / E |s|^2 = \prod_l (1 - \theta_l / \pi), \; \cos \theta_{l+1} = "
            r"\kappa_1(\cos \theta_l)",
            "derivation: arc-cosine map (Cho and Saul 2009), layer by layer",
            _kept,
            _memory,
            replace(WIDE, nets=nets, depth=depth),
            0.02,
        )
        for depth, nets in ((2, 230), (3, 380))
    ),
    _claim(
        "shattered",
        "Gradients shatter: at two orthogonal images they are half as alike with every layer.",
        r"E \langle s, s' \rangle / E |s|^2 = 2^{-L}",
        "Balduzzi et al. (2017), as it is quoted",
        lambda setting: 2.0**-setting.depth,
        _memory,
        replace(WIDE, nets=60, depth=4),
        0.02,
        note="In plain nets images become parallel with depth, so that the likeness falls as a power of "
        "it: .142 "
        "at four layers, where the quoted law has .0625.",
        recorded="fails",
    ),
)
