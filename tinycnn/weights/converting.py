"""Writing the arrays of a weight file in another format."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from tinycnn.errors import OutputError
from tinycnn.files import atomic_write
from tinycnn.weights.reading import WeightFile, open_weights


def convert(path: str | os.PathLike[str], out: str | os.PathLike[str]) -> None:
    """Write a weight file's arrays, under the same names, as .npz, .h5 or .safetensors.

    Parameters
    ----------
    path : path-like
        A file of any format that `open_weights` reads.
    out : path-like
        Its suffix says which format to write. It appears only once it is complete.

    Raises
    ------
    WeightFileError
        `path` cannot be used.
    OutputError
        `out` has another suffix, cannot be written, or cannot hold these names; .h5 and .safetensors need the
        extra ``[convert]``.
    """
    write = WRITERS.get(Path(out).suffix)
    if write is None:
        raise OutputError(f"cannot write {os.fspath(out)}: its suffix is none of {', '.join(WRITERS)}")
    with open_weights(path) as arrays:
        unsafe = [name for name in arrays if not name or {"", ".", ".."} & set(name.split("/"))]
        if unsafe:
            raise OutputError(f"cannot write {os.fspath(out)}: {unsafe[0]!r} does not do as a name there")
        with atomic_write(out) as file:
            write(arrays, file)


def _write_npz(arrays: WeightFile, file: BinaryIO) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            member = zipfile.ZipInfo(f"{name}.npy")  # of 1980, so that equal arrays give equal files
            with archive.open(member, "w", force_zip64=True) as stream:
                np.lib.format.write_array(stream, array, allow_pickle=False)


def _write_hdf5(arrays: WeightFile, file: BinaryIO) -> None:
    h5py = _library("h5py")
    with h5py.File(file, "w") as target:
        for name, array in arrays.items():
            if name in target or any(
                isinstance(target.get(str(above)), h5py.Dataset) for above in Path(name).parents
            ):
                raise OutputError(f"cannot write {name!r} to HDF5: it would be a group and an array")
            target.create_dataset(name, data=array)


def _write_safetensors(arrays: WeightFile, file: BinaryIO) -> None:
    save = _library("safetensors.numpy").save
    file.write(save({name: np.asarray(array, order="C") for name, array in arrays.items()}))


def _library(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        package = name.split(".")[0]
        words = f"this format is written by {package}, of an extra: pip install 'tinycnn[convert]'"
        raise OutputError(words) from None


WRITERS: dict[str, Callable[[WeightFile, BinaryIO], None]] = {
    ".npz": _write_npz,
    ".h5": _write_hdf5,
    ".safetensors": _write_safetensors,
}
"""By the suffix of the file to be written."""
