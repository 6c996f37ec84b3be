"""What a study writes down: one row for one image, one rule, and what was compared."""

from __future__ import annotations

from typing import NamedTuple


class StudyRow(NamedTuple):
    """One comparison of two maps.

    Parameters
    ----------
    image : str
        SHA-256 of the image's file, in hexadecimal digits.
    rule : str
    classes : str
        The logits whose maps are compared, such as ``"3"`` or ``"3>8"``.
    seed : int
        Seed of the draw of logits or layers that are compared.
    values : tuple of float
        One for each of the study's measures; NaN where it is not defined.
    depth : int
        How many layers were randomised, counted from the top; 0 in studies that randomise none.
    layer : str
        The lowest of these.
    """

    image: str
    rule: str
    classes: str
    seed: int
    values: tuple[float, ...]
    depth: int = 0
    layer: str = ""
