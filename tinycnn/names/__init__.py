"""Whose names are in a weight file, and how its arrays are laid out."""

from tinycnn.names.families import FAMILIES, Family
from tinycnn.names.layout import LAYOUTS, TENSORFLOW, TORCH, Layout
from tinycnn.names.plan import Plan, plan

__all__ = ["FAMILIES", "LAYOUTS", "TENSORFLOW", "TORCH", "Family", "Layout", "Plan", "plan"]
