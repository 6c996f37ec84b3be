"""A random net like VGG: six convolutions of growing width, and a max-pool after every second."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import pairwise

import numpy as np

from tinycnn.model import Model
from tinycnn.ops.types import Array
from tinycnn.pictures.metrics import centred_cosine, cosine
from tinycnn.theory.claim import Agrees, Bench, Claim, Setting
from tinycnn.theory.claims.means import guided_mean
from tinycnn.theory.claims.nets import maps, photograph, seeds
from tinycnn.theory.pooled_depth import rho_pooled
from tinycnn.theory.recovery import expected_cosine
from tinycnn.trace import forward
from tinycnn.zoo import deep_cnn

PAPER = "Nie, Zhang and Patel (2018), on a deep random net with max-pools (VGG-16)"
NET = (
    "Gaussian weights, no biases, zero padding; 2x2 pools after the second, fourth and sixth of the "
    "convolutions, which are as wide as the setting says, twice and four times that"
)
POOLS = (2, 4, 6)
QUICK = Setting(nets=24, image="chelsea")
FULL = Setting(nets=60, image="chelsea", size=64)


def channels(setting: Setting) -> list[int]:
    """Filters of every convolution, the first one's first."""
    return [setting.filters * factor for factor in (1, 1, 2, 2, 4, 4)]


def hidden(setting: Setting) -> list[int]:
    """Hidden units of every layer, before the pool if there is one behind it."""
    sides = [setting.size >> step for step in (0, 0, 1, 1, 2, 2)]
    return [filters * side**2 for filters, side in zip(channels(setting), sides, strict=True)]


def rho(setting: Setting) -> float:
    """rho of guided backprop in this net."""
    return rho_pooled(photograph(setting).size, hidden(setting), POOLS)


def _nets(bench: Bench, setting: Setting, seed: int) -> Iterator[Model]:
    image = (setting.size, setting.size)
    for number in seeds(setting, seed):
        yield deep_cnn(
            channels(setting), setting.kernel, POOLS, image, classes=1, init=bench.init, seed=number
        )


@lru_cache(maxsize=2)
def _all_maps(bench: Bench, setting: Setting, seed: int) -> dict[str, Array]:
    """The map of every net by each rule: (nets, c, h, w)."""
    x = photograph(setting)[None].astype(np.float32)
    found: dict[str, list[Array]] = {"saliency": [], "deconvnet": [], "guided": []}
    for net in _nets(bench, setting, seed):
        trace = forward(net, x)
        for rule, each in found.items():
            each.append(maps(bench, trace, rule)[0].astype(np.float64))
    return {rule: np.stack(each) for rule, each in found.items()}


def _with_image(rule: str, metric: Callable[[Array, Array], Array]) -> Callable[[Bench, Setting, int], Array]:
    def measure(bench: Bench, setting: Setting, seed: int) -> Array:
        return metric(_all_maps(bench, setting, seed)[rule], photograph(setting))

    return measure


def _between_nets(bench: Bench, setting: Setting, seed: int) -> Array:
    """Cosine of the maps of the first net and the second, the third and the fourth, and so on."""
    pairs = list(pairwise(_all_maps(bench, setting, seed)["guided"]))[::2]
    return np.array([float(cosine(*pair)) for pair in pairs])


def _likeness(setting: Setting) -> float:
    """Cosine with the image, if pools left the limit as it is."""
    return float(cosine(guided_mean(setting), photograph(setting))) * expected_cosine(rho(setting))


CLAIMS = (
    Claim(
        "vgg.guided_limit",
        "Through six layers and three pools, guided backprop of any net has one limit, with this much noise.",
        r"\cos(s, s') \approx 1 / (1 + \rho), r_{l-1} = \sqrt{M_l / (n E h^2)} m_1(r_l) / \sqrt{q(r_l)}",
        f"{PAPER}, exact form: mean-field recursion with pools",
        f"{NET}; wide layers, independent rivals in a window",
        lambda setting: 1 / (1 + rho(setting)),
        _between_nets,
        QUICK,
        FULL,
        Agrees(slack=0.05),
    ),
    Claim(
        "vgg.guided",
        "With three pools guided backprop has nearly the limit that it has without, and shows the image.",
        r"\cos(s, x) \approx \cos(m, x) (1 + \rho)^{-1/2}",
        f"{PAPER}, exact form",
        f"{NET}; the limit taken without pools, which weigh patches by how often they win",
        _likeness,
        _with_image("guided", cosine),
        QUICK,
        FULL,
        Agrees(slack=0.05),
    ),
    Claim(
        "vgg.saliency",
        "Saliency shows nothing of the image in this net either.",
        r"E \cos(s, x) = 0",
        f"{PAPER}, exact form",
        f"{NET}; a logit fixed in advance",
        lambda setting: 0.0,
        _with_image("saliency", cosine),
        QUICK,
        FULL,
    ),
    Claim(
        "vgg.deconvnet",
        "Through the switches of its pools, DeconvNet shows the image as guided backprop does.",
        r"E \cos(s_{\mathrm{DeconvNet}}, x) \approx E \cos(s_{\mathrm{GBP}}, x)",
        f"{PAPER}, as its readers report it",
        f"{NET}; channels centred, as a third and more of DeconvNet's energy is flat colour",
        _likeness,
        _with_image("deconvnet", centred_cosine),
        QUICK,
        FULL,
        Agrees(slack=0.05),
        note="It does show the image, but with less than half of that cosine.",
        recorded="fails",
    ),
)
