"""Nets whose layers are drawn anew: `tinycnn.checks.cascade`, under the name that it had."""

from tinycnn.checks.cascade import Randomised, cascade

__all__ = ["Randomised", "cascade"]
