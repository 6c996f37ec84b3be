"""Why measurements of some claims are on one side of their prediction: what each formula neglects."""

from collections.abc import Mapping
from types import MappingProxyType

LEANINGS: Mapping[str, str] = MappingProxyType({})
"""A claim's id, and the reason."""
