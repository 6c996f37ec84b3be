"""Guided backprop converges to the image times a gain, not to the image."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial

from tinycnn.ops.types import Array
from tinycnn.pictures.metrics import cosine
from tinycnn.theory.claim import Claim, Setting
from tinycnn.theory.claims.means import guided_cosine, guided_mean
from tinycnn.theory.claims.nets import (
    average_cosine,
    per_net,
    photograph,
    projection,
)
from tinycnn.theory.limit import share

PAPER = "Nie, Zhang and Patel (2018), Theorem 1"
THREE_LAYERS = "three layers, Gaussian weights, strict mask, no pool"
QUICK, FULL = Setting(nets=450, image="chelsea", size=16), Setting(nets=600, image="chelsea", size=64)
DIGIT = Setting(nets=450, image="digit", size=16)


def beyond(setting: Setting) -> Array:
    """The part of the image that is orthogonal to the limit, as long as the limit."""
    x, m = photograph(setting), guided_mean(setting)
    rest = x - share(x, m) * m
    return rest * math.sqrt((m * m).sum() / (rest * rest).sum())


def _if_it_were_the_image(setting: Setting) -> float:
    """Projection on `beyond` of a map proportional to x whose projection on the limit is 1."""
    cos = float(cosine(guided_mean(setting), photograph(setting)))
    return math.sqrt(1 - cos**2) / cos


def _image_cosine(setting: Setting) -> float:
    return float(cosine(guided_mean(setting), photograph(setting))) * guided_cosine(setting)


IMAGE_COSINE = average_cosine(partial(per_net, "guided"), photograph)

CLAIMS = (
    Claim(
        "limit.mean",
        "The mean map of guided backprop is the image times a local gain, with no free factor.",
        r"E s_k(x) = \frac{N c^2}{2\pi} \sum_j D_j^T \frac{y_j}{|y_j|}",
        f"{PAPER}, exact form",
        THREE_LAYERS,
        lambda setting: 1.0,
        per_net("guided", projection(guided_mean)),
        QUICK,
        FULL,
    ),
    Claim(
        "limit.nothing_else",
        "Of the image, the map holds nothing that the limit does not hold.",
        r"E \langle s_k, x_\perp \rangle = 0",
        f"{PAPER}, exact form",
        THREE_LAYERS,
        lambda setting: 0.0,
        per_net("guided", projection(beyond)),
        QUICK,
        FULL,
    ),
    Claim(
        "limit.is_the_image",
        "The map is proportional to the image.",
        r"s_k(x) \sim x",
        PAPER,
        f"{THREE_LAYERS}; exact only if all patches have the same norm",
        _if_it_were_the_image,
        per_net("guided", projection(beyond)),
        QUICK,
        FULL,
        recorded="fails",
    ),
    Claim(
        "limit.cosine",
        "The map is as like the image as its limit is, less what finitely many filters take.",
        r"E \langle s, x \rangle / (|x| \sqrt{E |s|^2}) = \cos(m, x) (1 + \rho)^{-1/2}",
        f"{PAPER}, exact form",
        THREE_LAYERS,
        _image_cosine,
        IMAGE_COSINE,
        QUICK,
        FULL,
    ),
    Claim(
        "limit.cosine_many",
        "With 256 filters too, the map is as like the image as its limit is, less what so many filters take.",
        r"E \langle s, x \rangle / (|x| \sqrt{E |s|^2}) = \cos(m, x) (1 + \rho)^{-1/2}",
        f"{PAPER}, exact form",
        THREE_LAYERS,
        _image_cosine,
        IMAGE_COSINE,
        Setting(nets=100, image="chelsea", size=16, filters=256),
        Setting(nets=1200, image="chelsea", size=64, filters=256),
    ),
    Claim(
        "limit.strided",
        "With a stride too, padded like TensorFlow's, the mean map is the image times a gain.",
        r"E s_k(x) = \frac{N c^2}{2\pi} \sum_j D_j^T \frac{y_j}{|y_j|}",
        f"{PAPER}, exact form",
        THREE_LAYERS,
        lambda setting: 1.0,
        per_net("guided", projection(guided_mean)),
        replace(QUICK, stride=2),
        replace(FULL, stride=2),
        note="Of the padding's one row, TensorFlow puts none above: a net that does sees other patches.",
    ),
    Claim(
        "limit.zero_patches",
        "Patches of zeros, as around a digit on black, send nothing: the mean map is that of the others.",
        r"E s_k(x) = \frac{N c^2}{2\pi} \sum_{j: y_j \ne 0} D_j^T \frac{y_j}{|y_j|}",
        f"{PAPER}, exact form",
        THREE_LAYERS,
        lambda setting: 1.0,
        per_net("guided", projection(guided_mean)),
        DIGIT,
        replace(DIGIT, size=32, nets=1200),
    ),
    Claim(
        "limit.bias",
        "A bias of either sign lowers the gain where the image is flat.",
        r"G_a = \sum_{j \ni a} e^{-b^2 / 2c^2|y_j|^2} / |y_j|",
        "derivation: mean of a filter on a shifted half-space",
        f"{THREE_LAYERS}, one bias for all filters",
        lambda setting: 1.0,
        per_net("guided", projection(guided_mean)),
        replace(QUICK, image="coffee", nets=700, bias=-300.0),
        replace(FULL, bias=-300.0),
    ),
    Claim(
        "limit.bias_scaled",
        "What a bias does depends on its size relative to the weights' deviation c.",
        r"E s = \frac{N c^2}{2\pi} x \odot G, \; G_a = \sum_{j \ni a} e^{-b^2 / 2c^2|y_j|^2} / |y_j|",
        "derivation: mean of a filter on a shifted half-space",
        f"{THREE_LAYERS}, one bias for all filters, c = .3",
        lambda setting: 1.0,
        per_net("guided", projection(guided_mean)),
        replace(QUICK, image="coffee", nets=700, bias=90.0, sd=0.3),
        replace(FULL, bias=90.0, sd=0.3),
    ),
)
