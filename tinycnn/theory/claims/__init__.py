"""The claims that tinycnn verifies on random nets and on trained ones, section by section."""

from collections.abc import Mapping
from types import MappingProxyType

from tinycnn.errors import UnknownNameError
from tinycnn.theory.claim import Claim
from tinycnn.theory.claims import (
    authors,
    bank,
    depth,
    draws,
    enough,
    family,
    limit,
    noise,
    pooled_family,
    pooling,
    recovery,
    sensitivity,
    trained,
    trained_bank,
    vgg,
)

SECTIONS = (
    limit,
    recovery,
    enough,
    noise,
    pooling,
    pooled_family,
    depth,
    vgg,
    sensitivity,
    family,
    bank,
    trained_bank,
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
