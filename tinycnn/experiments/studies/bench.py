"""What each worker builds once: the model, and what the setting makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tinycnn import zoo
from tinycnn.checks.cascade import Randomised, cascade
from tinycnn.errors import TinycnnError
from tinycnn.experiments.studies.setting import StudySetting
from tinycnn.model import Model
from tinycnn.ops.types import Array
from tinycnn.trace import forward


@dataclass(frozen=True, eq=False)
class StudyBench:
    """A study ready to measure images.

    Parameters
    ----------
    setting : StudySetting
    model : Model
        Built as the setting says.
    """

    setting: StudySetting
    model: Model

    @cached_property
    def logits(self) -> int:
        """How many logits the model has."""
        blank = np.zeros((1, *self.model.input_shape), np.float32)
        return forward(self.model, blank).output.shape[1]

    @cached_property
    def unordered_pairs(self) -> tuple[Array, Array]:
        """Every pair of logits k < l: all k, and all l, each (pairs,)."""
        first, second = np.triu_indices(self.logits, 1)
        return first, second

    @cached_property
    def cascades(self) -> dict[int, tuple[Randomised, ...]]:
        """From the seed of a draw to the nets of ever more random layers.

        The seeds are those that follow the setting's own, from which a random net has its weights.
        """
        name = self.setting.model
        return {seed: cascade(self.model, zoo.build(name, "random", seed)) for seed in self.draws}

    @property
    def draws(self) -> Sequence[int]:
        """The seeds of as many draws as the setting has pairs; they follow the setting's own."""
        first = self.setting.seed + 1
        return range(first, first + self.setting.pairs)

    def choose(self, image: str, among: int) -> list[int]:
        """As many different numbers below `among` as the setting has pairs, drawn evenly for this image.

        Raises
        ------
        TinycnnError
            `among` is less than that.
        """
        pairs, seed = self.setting.pairs, self.setting.seed
        if pairs > among:
            raise TinycnnError(f"{pairs} pairs asked for, but {self.logits} logits give only {among}")
        rng = np.random.default_rng([seed, self.logits, int(image, 16)])
        return [int(index) for index in rng.choice(among, pairs, replace=False)]
