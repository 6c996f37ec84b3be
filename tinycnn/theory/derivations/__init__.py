"""Derivations of the claims, step by step; every step computes the number that its formula stands for."""

from collections.abc import Mapping
from types import MappingProxyType

from tinycnn.theory.derivations import (
    authors,
    bank,
    depth,
    draws,
    family,
    identity,
    limit,
    noise,
    pooling,
    recovery,
    sensitivity,
    trained_bank,
    vgg,
)
from tinycnn.theory.derivations.step import Step, Steps

SECTIONS = (
    limit,
    recovery,
    noise,
    pooling,
    depth,
    vgg,
    sensitivity,
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

__all__ = ["DERIVATIONS", "Step", "Steps"]
