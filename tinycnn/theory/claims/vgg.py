"""A random net like VGG: six convolutions of growing width, and a max-pool after every second."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise

import numpy as np

from tinycnn.model import Model
from tinycnn.ops.types import Array
from tinycnn.pictures.metrics import centred_cosine, cosine
from tinycnn.theory.claim import Agrees, AtLeast, Bench, Claim, Setting
from tinycnn.theory.claims.means import guided_mean
from tinycnn.theory.claims.nets import geometry, maps, network_input, photograph, seeds
from tinycnn.theory.patches import cut
from tinycnn.theory.pooled_depth import active_winners, ratios_pooled, rho_pooled, winner_energy
from tinycnn.theory.recovery import expected_cosine
from tinycnn.trace import backward, forward, run
from tinycnn.zoo import deep_cnn
from tinycnn.zoo.build import Builder

PAPER = "Nie, Zhang and Patel (2018), on a deep random net with max-pools (VGG-16)"
NET = (
    "Gaussian weights, no biases, zero padding; 2x2 pools after the second, fourth and sixth of the "
    "convolutions, which are as wide as the setting says, twice and four times that"
)
POOLS = (2, 4, 6)
RIVALRY = (
    "a picture of noise, in which no two patches are alike, and windows that do not overlap; Gaussian weights"
)
NOISE = Setting(nets=80, image="noise", size=72, filters=64, kernel=9, stride=9)
QUICK = Setting(nets=60, image="chelsea")
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


def vgg_net(bench: Bench, setting: Setting, seed: int) -> Model:
    """The net of a seed."""
    image = (setting.size, setting.size)
    return deep_cnn(channels(setting), setting.kernel, POOLS, image, classes=1, init=bench.init, seed=seed)


@lru_cache(maxsize=2)
def _all_maps(bench: Bench, setting: Setting, seed: int) -> dict[str, Array]:
    """The map of every net by each rule: (nets, c, h, w)."""
    x = network_input(setting)
    found: dict[str, list[Array]] = {"saliency": [], "deconvnet": [], "guided": []}
    for number in seeds(setting, seed):
        trace = forward(vgg_net(bench, setting, number), x)
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


def _lead(bench: Bench, setting: Setting, seed: int) -> Array:
    """By how much the image is ahead of the limit, on average over every four nets."""
    maps = _all_maps(bench, setting, seed)["guided"]
    ahead = cosine(maps, photograph(setting)) - cosine(maps, guided_mean(setting))
    return ahead[: len(ahead) // 4 * 4].reshape(-1, 4).mean(axis=1)


def upper(setting: Setting) -> int:
    """Units of the layer above the pool, in the nets whose winners are counted."""
    return 32 * setting.filters


def winners(setting: Setting) -> list[int]:
    """Hidden units of both layers of these nets."""
    return [setting.filters * math.prod(geometry(setting).output), upper(setting)]


@lru_cache(maxsize=2)
def _winners(bench: Bench, setting: Setting, seed: int) -> tuple[Array, Array]:
    """Of each net: the energy behind the pool, and the share of winners with a signal above 0."""
    energies, shares = [], []
    patch = np.mean(np.square(cut(photograph(setting), geometry(setting))).sum(axis=1))
    for number in seeds(setting, seed):
        stack = Builder((3, setting.size, setting.size), number, bench.init)
        stack.conv("conv1", setting.filters, setting.kernel, setting.stride)
        stack.relu("relu1")
        stack.max_pool("pool1", 2, 2)
        stack.conv("conv2", upper(setting), stack.shape[1], padding=0)
        stack.relu("relu2")
        stack.flatten()
        stack.dense("logits", 1)
        trace = run(stack.layers, network_input(setting))
        signals = backward(trace, np.ones_like(trace.output), bench.rules["guided"])
        reached = signals[2][(trace[1].input > 0) & (signals[2] != 0)]
        energies.append(np.mean(np.square(trace[2].output, dtype=np.float64)) / patch)
        shares.append(np.mean(reached > 0))
    return np.array(energies), np.array(shares)


def _active_winners(setting: Setting) -> float:
    return active_winners(ratios_pooled(winners(setting), (1,))[0])


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
        "With three pools guided backprop has the limit that it has without.",
        r"E \cos(s, m) \approx (1 + \rho)^{-1/2}, \; m = \sum_j D_j^T y_j / |y_j|",
        f"{PAPER}, as its readers report it",
        NET,
        lambda setting: expected_cosine(rho(setting)),
        lambda bench, setting, seed: cosine(_all_maps(bench, setting, seed)["guided"], guided_mean(setting)),
        QUICK,
        FULL,
        Agrees(slack=0.05),
        note="Pools weigh patches by how often they win, and the rich in contrast win more often: the map is "
        "more "
        "like the image than like m, which evens out contrast. Its mean is not known in closed form.",
        recorded="fails",
    ),
    Claim(
        "vgg.guided_image",
        "With three pools a map of the cat is more like the photograph than like the limit without pools, "
        "which evens out contrast; of other photographs it may not be.",
        r"E [\cos(s, x) - \cos(s, m)] > 0",
        f"{PAPER}, exact form",
        f"{NET}; that the mean is above 0 is judged on sums of four nets, not how far",
        lambda setting: 0.0,
        _lead,
        QUICK,
        FULL,
        AtLeast(),
    ),
    Claim(
        "vgg.winner_energy",
        "Behind a 2x2 pool of independent units this much energy is left, in units of one unit's.",
        r"E h^2 = 4 E[z^2 1(z > 0) 1(z \text{ wins})]",
        "derivation: order statistics of four Gaussians",
        f"{RIVALRY}; units of a window independent",
        lambda setting: winner_energy(),
        lambda bench, setting, seed: _winners(bench, setting, seed)[0],
        NOISE,
        replace(NOISE, nets=600),
        Agrees(slack=0.005),
    ),
    Claim(
        "vgg.winner_active",
        "With a layer above the pool, this share of the winners lets a signal pass.",
        r"P(R > 0 | z > 0, z \text{ wins}) = E[\Phi(r z) | z > 0, z \text{ wins}]",
        "derivation: mean-field recursion with pools",
        f"{RIVALRY}; wide layers, units of a window independent",
        _active_winners,
        lambda bench, setting, seed: _winners(bench, setting, seed)[1],
        NOISE,
        replace(NOISE, nets=600),
        Agrees(slack=0.01),
        counts=True,
    ),
    Claim(
        "vgg.saliency",
        "Saliency shows nothing of the image in a net like VGG either.",
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
