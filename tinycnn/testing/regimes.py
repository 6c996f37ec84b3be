"""Arrays in the regimes that matter: exact zeros, ties, tiny and huge scales, and the rest.

Numbers are whole numbers times one power of two per array. Sums of them are exact, so a law that fails does
not fail by rounding, and a counterexample shrinks to something that can be checked by hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from numpy.typing import DTypeLike

from tinycnn.ops.types import Array

LARGEST = {"mixed": 8, "zeros": 1, "ties": 2, "fine": 2**20}
EXPONENT = {
    "halves": (-1, -1),
    "tiny": (-30, -100),
    "huge": (30, 100),
    "denormal": (-149, -1074),
    "fine": (-17, -17),
}
"""Powers of two by regime, for float32 and for float64; ten factors of a rule that multiplies stay finite."""

REGIMES = ("mixed", "zeros", "ties", "halves", "fine", "tiny", "huge")
"""What arrays are like unless told otherwise; "denormal" and "nan" come on request."""


@st.composite
def arrays(
    draw: st.DrawFn,
    shape: tuple[int, ...],
    dtype: DTypeLike = np.float64,
    regimes: Sequence[str] = REGIMES,
    smallest: int | None = None,
) -> Array:
    """An array in one of several regimes.

    Parameters
    ----------
    shape : tuple of int
    dtype : float32 or float64
    regimes : sequence of str
        "mixed" signs (-8..8), mostly exact "zeros", many "ties", "halves" (-2..2), "fine" (21 bits),
        "tiny" and "huge" scales, "denormal" numbers, and "nan" among others.
    smallest : int, optional
        A bound from below, before scaling: 0 for no negative numbers, 1 for positive ones.
    """
    regime = draw(st.sampled_from(regimes))
    largest = LARGEST.get(regime, 4)
    low = -largest if smallest is None else smallest
    whole = draw(_whole(tuple(shape), low, largest, alike=draw(st.sampled_from([True, False]))))
    single = np.dtype(dtype) == np.float32
    power = EXPONENT.get(regime, (0, 0))[0 if single else 1]
    found: Array = np.ldexp(whole.astype(dtype), power).astype(dtype)
    if regime == "nan" and found.size:
        found.flat[draw(st.integers(0, found.size - 1))] = np.nan
    return found


@cache  # as in `strategies`: making a strategy takes longer than drawing from it
def _whole(shape: tuple[int, ...], low: int, largest: int, alike: bool) -> st.SearchStrategy[Array]:
    """Whole numbers: mostly one and the same, which is easy to shrink, or each drawn."""
    fill = None if alike else st.nothing()
    return npst.arrays(np.int32, shape, elements=st.integers(low, largest), fill=fill)
