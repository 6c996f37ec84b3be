"""Reading pickles of nested dicts of NumPy arrays without running anything that is in them.

A pickle is a program. Here it may build dicts and lists, and call three names; each of the three is answered
by a stand-in of our own that only writes down its arguments. Arrays are made from those notes afterwards.
"""

from __future__ import annotations

import math
import pickle
from collections.abc import Iterator
from os import PathLike
from typing import Any

import numpy as np

from tinycnn.errors import WeightFileError
from tinycnn.types import Array

FORMAT = "pickle of arrays"


class _Noted:
    """Stands in for an array or a dtype: notes what it was made from."""

    def __init__(self, *arguments: Any) -> None:
        self.arguments = arguments
        self.state: Any = None

    def __setstate__(self, state: Any) -> None:
        self.state = state


class _ArrayNote(_Noted):
    pass


class _DtypeNote(_Noted):
    pass


ALLOWED: dict[tuple[str, str], Any] = {
    ("numpy.core.multiarray", "_reconstruct"): _ArrayNote,
    ("numpy._core.multiarray", "_reconstruct"): _ArrayNote,
    ("numpy", "ndarray"): None,
    ("numpy", "dtype"): _DtypeNote,
}
"""Everything that a pickle may name."""


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in ALLOWED:
            raise pickle.UnpicklingError(f"it names {module}.{name}, which is not allowed")
        return ALLOWED[module, name]

    def persistent_load(self, pid: Any) -> Any:
        raise pickle.UnpicklingError("it refers to data outside itself")


def read_pickle(path: str | PathLike[str]) -> dict[str, Array]:
    """Read a pickle of nested dicts of arrays.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    dict from name to array
        Names of nested dicts are joined by "/".

    Raises
    ------
    WeightFileError
        The file is damaged, names anything that is not an array, or lies about an array's size.
    """
    try:
        with open(path, "rb") as file:
            tree = _Reader(file).load()
        return dict(_leaves(tree, ()))
    except OSError:
        raise
    except Exception as error:  # damaged pickles fail in every way there is
        raise WeightFileError(path, FORMAT, " ".join(str(error).split()) or type(error).__name__) from error


def _leaves(node: Any, prefix: tuple[str, ...]) -> Iterator[tuple[str, Array]]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _leaves(value, (*prefix, str(key)))
    elif isinstance(node, _ArrayNote):
        yield "/".join(prefix), _array(node)
    else:
        raise ValueError(f"{'/'.join(prefix) or 'the top'} is neither a dict nor an array")


def _array(note: _ArrayNote) -> Array:
    """An array's state is (version, shape, dtype, fortran order, bytes)."""
    _, shape, kind, fortran, data = note.state
    dtype = np.dtype(str(kind.arguments[0])).newbyteorder(kind.state[1] if kind.state else "=")
    if dtype.kind not in "fiu" or not isinstance(data, bytes):
        raise ValueError(f"an array of {dtype} is not of numbers")
    if len(data) != math.prod(shape) * dtype.itemsize:
        raise ValueError(f"an array of shape {shape} and {dtype} has {len(data)} bytes")
    return np.frombuffer(data, dtype).reshape(shape, order="F" if fortran else "C")
