"""Writing the arrays of a weight file in another format."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from tinycnn.errors import OutputError, WeightFileError
from tinycnn.files import atomic_write
from tinycnn.weights.reading import WeightFile, open_weights
from tinycnn.weights.safetensors_file import ORDER

ATTRIBUTE = 60_000
"""Bytes that fit into an attribute of HDF5; a longer list of names is given several, as Keras does."""


def convert(path: str | os.PathLike[str], out: str | os.PathLike[str]) -> None:
    """Write a weight file's arrays, under the same names, as .npz, .h5 or .safetensors.

    The order of the arrays is kept in all of them. What is written is opened again before it appears.

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
        `out` has another suffix, cannot be written, or cannot hold these names so that they are read back;
        .h5 and .safetensors need the extra ``[convert]``.
    """
    write = WRITERS.get(Path(out).suffix)
    if write is None:
        raise OutputError(f"cannot write {os.fspath(out)}: its suffix is none of {', '.join(WRITERS)}")
    with open_weights(path) as arrays:
        unsafe = [name for name in arrays if not _is_safe(name)]
        if unsafe:
            raise OutputError(f"cannot write {os.fspath(out)}: {unsafe[0]!r} does not do as a name there")
        names = list(arrays) if arrays.ordered else sorted(arrays)
        with atomic_write(out) as file:
            write(arrays, names, file)
            file.flush()
            _check(arrays, file.name, out)


def _is_safe(name: str) -> bool:
    parts = name.split("/")
    return bool(name) and not {"", ".", ".."} & {*parts} and not {"\\", "\0"} & {*name} and _encodes(name)


def _encodes(name: str) -> bool:
    try:
        return bool(name.encode())
    except UnicodeEncodeError:
        return False


def _check(arrays: WeightFile, written: str, out: str | os.PathLike[str]) -> None:
    """Refuse what would be read back with other names, shapes or types of numbers."""
    try:
        with open_weights(written) as file:
            found = {name: (stored.shape, _read_as(stored.kind.name)) for name, stored in file.index.items()}
    except WeightFileError as error:
        reason = f"it could not be read back: {error.reason}"
        raise OutputError(f"cannot write {os.fspath(out)}: {reason}") from error
    for name, stored in arrays.index.items():
        if found.get(name) != (stored.shape, _read_as(stored.kind.name)):
            raise OutputError(f"cannot write {os.fspath(out)}: {name!r} would not be read back as it is")


def _read_as(kind: str) -> str:
    return "float32" if kind in ("float16", "bfloat16") else kind


def _write_npz(arrays: WeightFile, names: Sequence[str], file: BinaryIO) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            member = zipfile.ZipInfo(f"{name}.npy")  # of 1980, so that equal arrays give equal files
            with archive.open(member, "w", force_zip64=True) as stream:
                np.lib.format.write_array(stream, arrays[name], allow_pickle=False)


def _write_hdf5(arrays: WeightFile, names: Sequence[str], file: BinaryIO) -> None:
    h5py = _library("h5py")
    with h5py.File(file, "w") as target:
        for name in names:
            if name in target or any(
                isinstance(target.get(str(above)), h5py.Dataset) for above in Path(name).parents
            ):
                raise OutputError(f"cannot write {name!r} to HDF5: it would be a group and an array")
            target.create_dataset(name, data=arrays[name])
        if arrays.ordered:
            for number, part in enumerate(_parts([name.encode() for name in names])):
                target.attrs[f"weight_names{number}"] = np.array(part)


def _parts(names: Sequence[bytes]) -> Iterator[list[bytes]]:
    """Names in runs that fit into an attribute, in which each takes as much as the longest."""
    part: list[bytes] = []
    for name in names:
        if part and (len(part) + 1) * max(map(len, (*part, name))) > ATTRIBUTE:
            yield part
            part = []
        part.append(name)
    yield part


def _write_safetensors(arrays: WeightFile, names: Sequence[str], file: BinaryIO) -> None:
    tensors = {name: np.asarray(arrays[name], order="C") for name in names}
    metadata = {ORDER: json.dumps(names)} if arrays.ordered else None
    file.write(_library("safetensors.numpy").save(tensors, metadata))


def _library(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        package = name.split(".")[0]
        words = f"this format is written by {package}, of an extra: pip install 'tinycnn[convert]'"
        raise OutputError(words) from None


WRITERS: dict[str, Callable[[WeightFile, Sequence[str], BinaryIO], None]] = {
    ".npz": _write_npz,
    ".h5": _write_hdf5,
    ".safetensors": _write_safetensors,
}
"""By the suffix of the file to be written."""
