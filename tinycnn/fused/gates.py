"""What a rule does at an activation, read off its table; and which tables the fused path can follow."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from tinycnn.layers import Activation, Layer
from tinycnn.rules import GRADIENT, Gate, Rule, derivative, everywhere, identity, positive


def gate(rule: Rule, kinds: Collection[type[Layer]]) -> tuple[bool, np.float32] | None:
    """Whether a rule masks at activations, and the least signal that passes; None if that is not all it does.

    Parameters
    ----------
    rule : Rule
    kinds : collection of layer types
        Those that a signal meets. Activations must share one gate; all else must have the gradient's row.
    """
    activations = [kind for kind in kinds if issubclass(kind, Activation)]
    rows = {rule.row(kind) for kind in activations}
    if any(rule.row(kind) is not GRADIENT.row(kind) for kind in kinds if kind not in activations):
        return None
    if not rows:
        return True, np.float32(-np.inf)
    row = rows.pop()
    if rows or not isinstance(row, Gate):
        return None
    if row.mask not in (derivative, everywhere) or row.send not in (identity, positive):
        return None
    return row.mask is derivative, np.float32(0 if row.send is positive else -np.inf)
