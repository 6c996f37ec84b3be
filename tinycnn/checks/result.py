"""What a check returns: its values, beside what a map that knows nothing gets, and the choices made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike

from tinycnn.ops.types import Array


@dataclass(frozen=True, eq=False)
class CheckResult:
    """The values of one check of one rule.

    Parameters
    ----------
    check : str
        What the check is called.
    rows : tuple of str
        What each row of values is for: a layer, a size, a cell.
    values : (rows, n) float64
        A column for each image; NaN where the check is not defined, as of a map that is zero.
    null : float or array
        What `null_is` gets; a number, or one for each value.
    null_is : str
        A map that knows nothing of what is checked, in words.
    optimum : float or array
        The best value there is; infinite where there is no bound.
    choices : dict
        Every choice that the values depend on.
    source : str
        Where the check was published.

    Examples
    --------
    >>> model = tc.zoo.digits("digits")
    >>> x = model.preprocess(tc.image.default())
    >>> result = tc.checks.deletion(model, x, "saliency")
    >>> result.null_is, result.shares.round(1)
    ('a random order of pixels', array([0.8]))
    """

    check: str
    rows: tuple[str, ...]
    values: Array
    null: float | Array
    null_is: str
    optimum: float | Array
    choices: Mapping[str, object]
    source: str

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[float]:
        """The mean of each row."""
        return map(float, self.means)

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> Array:
        return np.array(self.means, dtype)

    @property
    def means(self) -> Array:
        """The mean over images of each row, (rows,); images for which it is not defined are left out."""
        return _means(self.values)

    @property
    def shares(self) -> Array:
        """How far each mean is on the way from null, 0, to optimum, 1; NaN where the optimum is infinite."""
        null, optimum = self._limits()
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(np.isfinite(optimum), (self.means - null) / (optimum - null), np.nan)

    @property
    def is_better_than_null(self) -> Array:
        """Whether each mean lies on the side of null where the optimum is, (rows,) bool."""
        null, optimum = self._limits()
        return (self.means - null) * np.sign(optimum - null) > 0

    def table(self) -> list[tuple[str, ...]]:
        """The rows as text: name, mean, standard deviation over images, null and optimum."""
        null, optimum = self._limits()
        found = np.isfinite(self.values)
        spread = [
            float(np.std(row[at], ddof=1)) if at.sum() > 1 else np.nan
            for row, at in zip(self.values, found, strict=True)
        ]
        columns = zip(self.rows, self.means, spread, null, optimum, strict=True)
        return [(name, *map(number, numbers)) for name, *numbers in columns]

    def __str__(self) -> str:
        said = ", ".join(f"{name}={value}" for name, value in self.choices.items())
        heads = ("", "value", "sd", "null", "optimum")
        lines = [heads, *self.table()]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        cells = (
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines
        )
        title = f"{self.check} of {self.values.shape[1]} images ({self.source})"
        return "\n".join([title, said, f"null: {self.null_is}", *(line.rstrip() for line in cells)])

    def _limits(self) -> tuple[Array, Array]:
        """Null and optimum of each row, as means over the images."""
        both = (
            np.broadcast_to(np.asarray(limit, np.float64), self.values.shape)
            for limit in (self.null, self.optimum)
        )
        null, optimum = map(_means, both)
        return null, optimum


def number(value: float) -> str:
    """A number of a table: four digits, and a dash where there is none."""
    return "-" if value != value else f"{value:.4g}"


def _means(values: Array) -> Array:
    """Means over the images for which a value is defined, (rows,)."""
    found = ~np.isnan(values)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(found, values, 0).sum(axis=1) / found.sum(axis=1)
