"""Opening a weight file: its format is told from its content, never from its name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from os import PathLike

import numpy as np

from tinycnn.errors import WeightFileError
from tinycnn.types import Array
from tinycnn.weights.pickles import read_pickle


@contextmanager
def open_weights(path: str | PathLike[str]) -> Iterator[Mapping[str, Array]]:
    """Open a file of weights: an .npz, or a pickle of nested dicts of arrays.

    Parameters
    ----------
    path : path-like

    Yields
    ------
    mapping from name to array

    Raises
    ------
    WeightFileError
        The file is missing, damaged, or of another format.
    """
    try:
        with open(path, "rb") as file:
            magic = file.read(2)
        if magic == b"PK":
            with np.load(path, allow_pickle=False) as arrays:
                yield arrays
        elif magic[:1] == b"\x80":
            yield read_pickle(path)
        else:
            raise WeightFileError(path, "weight", "it is neither an .npz nor a pickle of arrays")
    except OSError as error:
        raise WeightFileError(path, "weight", error.strerror or str(error)) from error
