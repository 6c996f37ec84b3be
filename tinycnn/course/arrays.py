"""What a check held in its hands when it failed: arrays that are small enough to be looked at."""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import FrameType
from typing import Any

MOST, SIDE, AXES, LONGEST = 4, 32, 8, 40
"""Arrays of a check, and rows and columns of each that are kept; axes of an array, and letters of a name."""


@dataclass(frozen=True)
class Held:
    """An array, and what is shown of it: of more dimensions the first plane, of a large one every k-th pixel.

    Parameters
    ----------
    name : str
        What the check calls it.
    shape : tuple of int
    least, greatest : float
        Of the first plane.
    rows : tuple of tuple of float
        At most 32 of at most 32 finite numbers, all of one length.
    """

    name: str
    shape: tuple[int, ...]
    least: float
    greatest: float
    rows: tuple[tuple[float, ...], ...]

    @property
    def steps(self) -> tuple[int, int]:
        """Which rows and columns are shown: 1 for all of them, 2 for every second, ..."""
        return every(self.shape[-2]), every(self.shape[-1])


def every(side: int) -> int:
    """Which of so many rows or columns are shown."""
    return -(-side // SIDE)


def held(error: BaseException, function: str) -> list[list[Any]]:
    """The last arrays among the variables of a function that an error has passed through.

    Parameters
    ----------
    error : exception
    function : str

    Returns
    -------
    list of [name, shape, least, greatest, rows]
        The fields of `Held`, as JSON has them.
    """
    frame, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_name == function:
            frame = trace.tb_frame
        trace = trace.tb_next
    return [] if frame is None else _planes(frame)[-MOST:]


def _planes(frame: FrameType) -> list[list[Any]]:
    import numpy as np

    found = []
    for name, value in frame.f_locals.items():
        if type(value) is np.ndarray and value.dtype.kind in "biuf" and value.ndim > 1 and value.size:
            plane = value.reshape(-1, *value.shape[-2:])[0].astype(float)
            small = plane[:: every(len(plane)), :: every(plane.shape[1])]
            rows = [[float(f"{number:.4g}") for number in row] for row in small]
            if min(small.shape) > 1 and np.isfinite(plane).all() and np.isfinite(rows).all():
                found.append([name, list(value.shape), float(plane.min()), float(plane.max()), rows])
    return found


def parsed(reported: Any) -> tuple[Held, ...]:
    """What ``held`` gave, once it has come through a file that a student's code can write to.

    Raises
    ------
    ValueError
        It is something else.
    """
    match reported:
        case [*arrays] if len(arrays) <= MOST:
            return tuple(map(_parsed, arrays))
    raise ValueError("no list of arrays")


def _parsed(array: Any) -> Held:
    match array:
        case [str(name), [*shape], least, greatest, [*rows]] if name.isidentifier() and _is_shape(shape):
            h, w = (-(-side // every(side)) for side in shape[-2:])
            if (
                len(rows) == h
                and all(_are_numbers(row, w) for row in rows)
                and _are_numbers([least, greatest], 2)
            ):
                return Held(name[:LONGEST], tuple(shape), least, greatest, tuple(map(tuple, rows)))
    raise ValueError("no array")


def _is_shape(shape: list[Any]) -> bool:
    return 2 <= len(shape) <= AXES and all(type(side) is int and 0 < side < 1 << 40 for side in shape)


def _are_numbers(row: Any, length: int) -> bool:
    return (
        isinstance(row, list)
        and len(row) == length
        and all(type(number) is float and math.isfinite(number) for number in row)
    )
