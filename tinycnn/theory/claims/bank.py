"""Filters that are Gaussian but not isotropic: the limit is the image filtered by the bank."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from tinycnn.layers import Conv2D
from tinycnn.model import Model
from tinycnn.ops.types import Array
from tinycnn.theory.bank import bank_limit, shifted_limit
from tinycnn.theory.claim import Bench, Claim, Setting
from tinycnn.theory.claims.means import RELU_MEAN, guided_mean
from tinycnn.theory.claims.nets import (
    Statistic,
    geometry,
    in_parts,
    maps,
    net,
    network_input,
    photograph,
    projection,
    seeds,
)
from tinycnn.theory.limit import mean_scale, share
from tinycnn.trace import forward

SOURCE = "derivation: mean of a Gaussian vector on a half-space"
SMOOTH = "three layers, filters w ~ N(0, Sigma) with neighbouring taps correlated, no biases, no pool"
QUICK = Setting(nets=300, image="chelsea", size=16, kernel=5)
FULL = Setting(nets=600, image="chelsea", size=64, kernel=5)


@lru_cache(maxsize=4)
def covariance(size: int, channels: int = 3) -> Array:
    """Sigma of colour-opponent smooth filters: ``exp(-distance / 2)`` over taps, -1/3 between channels."""
    taps = np.stack(np.meshgrid(np.arange(size), np.arange(size)), axis=-1).reshape(-1, 2)
    distance = np.linalg.norm(taps[:, None] - taps[None], axis=-1)
    colours = np.eye(channels) * 4 / 3 - 1 / 3
    return np.kron(colours, np.exp(-distance / 2))


def _coloured(model: Model, size: int) -> Model:
    """The model with its isotropic filters multiplied by a root of the covariance."""
    layer = model.layers[0]
    assert isinstance(layer, Conv2D)
    root = np.linalg.cholesky(covariance(size))
    rows = layer.weight.reshape(len(layer.weight), -1) @ root.T
    return model.with_weights({"conv.weight": rows.reshape(layer.weight.shape)}, "smooth filters")


def _shifted(model: Model, size: int) -> Model:
    """The same filters, and one more added to each of them."""
    rows = _coloured(model, size).layers[0]
    assert isinstance(rows, Conv2D)
    weight = rows.weight + offset(size).reshape(rows.weight[0].shape)
    return model.with_weights({"conv.weight": weight}, "smooth filters and an offset")


@lru_cache(maxsize=4)
def offset(size: int) -> Array:
    """The mean that shifted filters have: one that sees bright spots, half as long as a filter."""
    taps = np.abs(np.arange(size) - size // 2)
    spot = np.tile((np.exp(-np.add.outer(taps, taps)) - 0.15).ravel(), 3)
    return 0.5 * np.sqrt(np.trace(covariance(size))) * spot / np.linalg.norm(spot)


def _per_net(
    statistic: Statistic, bank: Callable[[Model, int], Model] = _coloured
) -> Callable[[Bench, Setting, int], Array]:
    def measure(bench: Bench, setting: Setting, seed: int) -> Array:
        x = network_input(setting)
        models = (bank(net(bench, setting, number), setting.kernel) for number in seeds(setting, seed))
        found = np.stack([maps(bench, forward(model, x), "guided") for model in models])
        return in_parts(statistic, found, setting)

    return measure


@lru_cache(maxsize=4)
def bank_mean(setting: Setting) -> Array:
    """E s for filters of covariance Sigma."""
    limit = bank_limit(photograph(setting), geometry(setting), covariance(setting.kernel))
    return setting.filters * mean_scale(RELU_MEAN) * limit


@lru_cache(maxsize=4)
def shifted_mean(setting: Setting) -> Array:
    """The same for filters that have a mean of their own, too."""
    size = setting.kernel
    limit = shifted_limit(photograph(setting), geometry(setting), offset(size), covariance(size))
    return setting.filters * RELU_MEAN * limit


def beyond(setting: Setting) -> Array:
    """The part of the bank's limit that is orthogonal to the isotropic one."""
    mean, m = bank_mean(setting), guided_mean(setting)
    return mean - share(mean, m) * m


CLAIMS = (
    Claim(
        "bank.limit",
        "Filters of covariance Sigma recover the image filtered by Sigma.",
        r"E s = \frac{N c}{2 \pi} \sum_j D_j^T \frac{\Sigma y_j}{\sqrt{y_j^T \Sigma y_j}}",
        SOURCE,
        SMOOTH,
        lambda setting: 1.0,
        _per_net(projection(bank_mean)),
        QUICK,
        FULL,
    ),
    Claim(
        "bank.isotropic",
        "Filters of covariance Sigma recover what isotropic ones recover, and nothing else of the image.",
        r"E s \propto \sum_j D_j^T \frac{y_j}{|y_j|}",
        "Nie, Zhang and Patel (2018), Theorem 1, outside its assumptions",
        SMOOTH,
        lambda setting: 0.0,
        _per_net(projection(beyond)),
        QUICK,
        FULL,
        recorded="fails",
    ),
    Claim(
        "bank.shifted",
        "Filters whose mean is not 0 recover the image filtered by their covariance, plus the mean filter "
        "wherever it opened units.",
        r"E s = N E h \sum_j D_j^T \left(\Phi(a_j) \mu + \varphi(a_j) \frac{\Sigma y_j}{\sigma_j}\right)",
        SOURCE,
        f"{SMOOTH}; plus one filter that all share",
        lambda setting: 1.0,
        _per_net(projection(shifted_mean), _shifted),
        QUICK,
        FULL,
        note="Trained filters are not centred; `tinycnn survey` shows what that means in a trained net.",
    ),
)
