"""A derivation as data: steps, each a sentence, a formula, and the function that computes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from tinycnn.theory.claim import Setting

Value: TypeAlias = float | Sequence[float]
"""One number, or a few that belong together, such as those of every layer."""


@dataclass(frozen=True)
class Step:
    """One step of a derivation.

    Parameters
    ----------
    says : str
        What is done, in plain words.
    formula : str
        The same in plain text; its last term is what `value` computes.
    value : function of a Setting
    """

    says: str
    formula: str
    value: Callable[[Setting], Value]

    def number(self, setting: Setting) -> str:
        """The value in words: counts in full, else four digits; commas between several."""
        value = self.value(setting)
        values = value if isinstance(value, Sequence) else [value]
        return ", ".join(f"{each}" if isinstance(each, int) else f"{each:z.4g}" for each in values)


Steps: TypeAlias = tuple[Step, ...]
