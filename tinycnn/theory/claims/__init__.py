"""The claims that tinycnn verifies on random nets and on trained ones, section by section."""

from collections.abc import Mapping
from types import MappingProxyType, ModuleType

from tinycnn.errors import UnknownNameError
from tinycnn.files import submodule
from tinycnn.theory.claim import Claim
from tinycnn.theory.claims import (
    any_head,
    authors,
    averaged,
    bank,
    complete,
    convergence,
    convolved,
    depth,
    draws,
    enough,
    family,
    gradients,
    invariance,
    limit,
    noise,
    paths,
    perturbed,
    pooled_family,
    pooling,
    randomised,
    recovery,
    residual,
    sensitivity,
    smooth,
    smoothing,
    thousand,
    trained,
    trained_bank,
    trained_head,
    vgg,
)

SECTIONS = (
    limit,
    recovery,
    enough,
    thousand,
    any_head,
    noise,
    pooling,
    pooled_family,
    averaged,
    depth,
    vgg,
    residual,
    sensitivity,
    randomised,
    complete,
    convergence,
    convolved,
    perturbed,
    family,
    smooth,
    smoothing,
    gradients,
    invariance,
    bank,
    trained_bank,
    trained_head,
    paths,
    trained,
    authors,
    draws,
)

CLAIMS: Mapping[str, Claim] = MappingProxyType(
    {claim.id: claim for section in SECTIONS for claim in section.CLAIMS}
)
"""Every claim by its id, in the order of the derivations."""


def get(id: str) -> Claim:
    """The claim of that id.

    Raises
    ------
    UnknownNameError
        There is none; the message names the nearest.
    """
    if id not in CLAIMS:
        raise UnknownNameError("claim", id, CLAIMS)
    return CLAIMS[id]


def __getattr__(name: str) -> ModuleType:
    return submodule(__name__, name)
