"""Predicted means and variances of maps of the nets in `nets`."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from tinycnn.ops.geometry import window
from tinycnn.ops.types import Array
from tinycnn.pictures.metrics import centred_cosine
from tinycnn.theory import depth
from tinycnn.theory.claim import Setting
from tinycnn.theory.claims.nets import geometry, hidden_units, photograph
from tinycnn.theory.family import ARMS
from tinycnn.theory.limit import limit_map, mean_scale
from tinycnn.theory.pooled import pooled_limits
from tinycnn.theory.recovery import expected_cosine
from tinycnn.theory.sampled import SampledLimit, sampled_limits
from tinycnn.theory.single_nets import FilterMoments, filter_moments, mean_cosine_of_nets

RELU_MEAN = 1 / np.sqrt(2 * np.pi)
"""``E relu(V)`` for V ~ N(0, 1); c times that for V ~ N(0, c^2)."""


@lru_cache(maxsize=64)
def guided_mean(setting: Setting) -> Array:
    """Mean of guided backprop: ``N c^2 / 2 pi`` times the limit map, biases included."""
    m = limit_map(photograph(setting), geometry(setting), setting.bias, setting.sd)
    return setting.filters * mean_scale(RELU_MEAN * setting.sd, setting.sd) * m


@lru_cache(maxsize=64)
def arm_mean(name: str, setting: Setting) -> Array:
    """Mean of an arm of the family."""
    return setting.filters * ARMS[name].limit(photograph(setting), geometry(setting))


@lru_cache(maxsize=32)
def arm_rho(name: str, setting: Setting) -> float:
    """rho of an arm of the family."""
    return ARMS[name].rho(photograph(setting), geometry(setting), setting.filters)


def guided_rho(setting: Setting) -> float:
    """rho of guided backprop."""
    return arm_rho("guided", setting)


def guided_cosine(setting: Setting) -> float:
    """Cosine of guided backprop with its limit."""
    return expected_cosine(guided_rho(setting))


@lru_cache(maxsize=16)
def guided_moments(setting: Setting) -> FilterMoments:
    """What the map of one filter has, by sampling filters that no measured net uses."""
    return filter_moments(photograph(setting), geometry(setting))


def single_cosine(setting: Setting) -> float:
    """Mean over nets of guided backprop's cosine with its limit."""
    return mean_cosine_of_nets(
        photograph(setting), geometry(setting), setting.filters, guided_moments(setting)
    )


@lru_cache(maxsize=16)
def pooled_means(setting: Setting) -> tuple[Array, Array]:
    """Means of guided backprop and of DeconvNet behind a pool without overlap."""
    at = geometry(setting)
    size, stride = setting.pool or (1, 1)
    pool = window(at.output, (size, size), stride)
    guided, deconvnet = pooled_limits(photograph(setting), at, pool)
    scale = setting.filters * RELU_MEAN
    return scale * guided, scale * deconvnet


def sampled_pool(setting: Setting, mask: bool) -> SampledLimit:
    """The same behind any pool or none, by sampling filters that no measured net uses.

    Of what is known in closed form, only the spread is sampled.
    """
    return _sampled(replace(setting, nets=1, filters=1), mask)


@lru_cache(maxsize=64)
def _sampled(setting: Setting, mask: bool) -> SampledLimit:
    """A limit depends neither on the number of nets nor on that of filters."""
    size, stride = setting.pool or (1, 1)
    found = _both_sampled(setting)[0 if mask else 1]
    if size != stride or not (mask or setting.pool is not None):
        return found
    mean = pooled_means(setting)[0 if mask else 1] if setting.pool else guided_mean(setting)
    return replace(found, mean=mean / RELU_MEAN, filters=np.inf)


@lru_cache(maxsize=8)
def _both_sampled(setting: Setting) -> tuple[SampledLimit, SampledLimit]:
    size, stride = setting.pool or (1, 1)
    batches = 32 if size == stride else 64
    x, at = photograph(setting), geometry(setting)
    return sampled_limits(x, at, (size, stride), batches=batches, seed=1 << 40)


def centred_cosine_with(m: Array, setting: Setting, mask: bool = True) -> float:
    """Predicted cosine of a map and the picture m, both without their channels' means."""
    limit = sampled_pool(setting, mask).centred()
    likeness = float(centred_cosine(limit.mean, m)) / expected_cosine(limit.rho(limit.filters, 1.0))
    return likeness * expected_cosine(limit.rho(setting.filters))


def deep_rho(setting: Setting) -> float:
    """rho of guided backprop in a deep net."""
    return depth.rho_deep(photograph(setting).size, hidden_units(setting))
