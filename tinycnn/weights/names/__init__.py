"""Whose names are in a weight file, and how its arrays are laid out."""

from tinycnn.weights.names.families import FAMILIES, Family
from tinycnn.weights.names.layout import LAYOUTS, TENSORFLOW, TORCH, Layout
from tinycnn.weights.names.plan import Plan, Wish, plan

__all__ = ["FAMILIES", "LAYOUTS", "TENSORFLOW", "TORCH", "Family", "Layout", "Plan", "Wish", "plan"]
