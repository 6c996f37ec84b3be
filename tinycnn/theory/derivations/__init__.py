"""Derivations of the claims, step by step; every step computes the number that its formula stands for."""

from collections.abc import Mapping
from types import MappingProxyType, ModuleType

from tinycnn.files import submodule
from tinycnn.theory.derivations import (
    any_head,
    authors,
    averaged,
    bank,
    complete,
    convergence,
    depth,
    draws,
    family,
    gradients,
    identity,
    invariance,
    limit,
    noise,
    paths,
    perturbed,
    pooling,
    randomised,
    recovery,
    residual,
    sensitivity,
    smooth,
    smoothing,
    thousand,
    trained_bank,
    trained_head,
    vgg,
)
from tinycnn.theory.derivations.step import Step, Steps

SECTIONS = (
    any_head,
    averaged,
    paths,
    perturbed,
    residual,
    smooth,
    smoothing,
    gradients,
    invariance,
    thousand,
    trained_head,
    limit,
    recovery,
    noise,
    pooling,
    depth,
    vgg,
    sensitivity,
    randomised,
    complete,
    convergence,
    family,
    bank,
    trained_bank,
    authors,
    identity,
    draws,
)

DERIVATIONS: Mapping[str, Steps] = MappingProxyType(
    {id: steps for section in SECTIONS for id, steps in section.STEPS.items()}
)
"""From a claim's id to its steps. The last one computes what the claim predicts."""


def steps_of(id: str) -> Steps:
    """The derivation of a claim; empty for one that has none."""
    return DERIVATIONS.get(id, ())


__all__ = ["DERIVATIONS", "Step", "Steps", "steps_of"]


def __getattr__(name: str) -> ModuleType:
    return submodule(__name__, name)
