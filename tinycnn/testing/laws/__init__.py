"""The menu of laws, by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from tinycnn.testing.law import Law
from tinycnn.testing.laws.algebra import ALGEBRA
from tinycnn.testing.laws.contract import CONTRACT
from tinycnn.testing.laws.meaning import MEANING
from tinycnn.testing.laws.rewriting import REWRITING
from tinycnn.testing.laws.symmetry import SYMMETRY

LAWS: Mapping[str, Law] = MappingProxyType(
    {law.name: law for law in (*CONTRACT, *ALGEBRA, *SYMMETRY, *REWRITING, *MEANING)}
)
"""Every law; those of the contract come first, and every rule must obey them."""

__all__ = ["LAWS", "Law"]
