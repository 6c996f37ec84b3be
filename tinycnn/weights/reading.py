"""Opening a weight file: its format is told from its content, never from its name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from os import PathLike

from tinycnn.errors import ShapeError, WeightFileError
from tinycnn.ops.types import Array
from tinycnn.weights import hdf5, npz, pickles, safetensors_file, torch_files
from tinycnn.weights.source import Source
from tinycnn.weights.stored import Stored, gather
from tinycnn.weights.zips import Archive


class WeightFile(Mapping[str, Array]):
    """The arrays of an open file, by name; each is read when it is asked for, and not kept.

    Parameters
    ----------
    path : path-like
    format : str
        Such as ``"torch zip"``.
    index : mapping
        From name to `Stored`: shape and type of every array, in the order of the file.
    """

    def __init__(self, path: str | PathLike[str], format: str, index: Mapping[str, Stored]) -> None:
        self.path, self.format, self.index = path, format, index

    def __getitem__(self, name: str) -> Array:
        stored = self.index[name]
        try:
            return stored.read()
        except Exception as error:  # a damaged file fails in every way there is
            raise WeightFileError(self.path, self.format, f"{name}: {_reason(error)}") from error

    def read_into(self, name: str, out: Array) -> None:
        """Read an array into another of its shape, block by block where the file allows.

        With a transposed view as `out` the layout is changed on the way, and the array is in memory only
        once.

        Raises
        ------
        WeightFileError
            The file is damaged.
        ShapeError
            `out` has another shape.
        """
        stored = self.index[name]
        if out.shape != stored.shape:
            raise ShapeError(f"{self.path}: {name} has shape {stored.shape}, but is read into {out.shape}")
        try:
            stored.read_into(out)
        except Exception as error:
            raise WeightFileError(self.path, self.format, f"{name}: {_reason(error)}") from error

    def __contains__(self, name: object) -> bool:
        return name in self.index

    def __iter__(self) -> Iterator[str]:
        return iter(self.index)

    def __len__(self) -> int:
        return len(self.index)


@contextmanager
def open_weights(path: str | PathLike[str]) -> Iterator[WeightFile]:
    """Open a file of weights: .npz, Keras's HDF5, PyTorch's checkpoints, safetensors, or a pickle of arrays.

    Nothing in the file is ever run, and little more memory is taken than by the arrays that are asked for.
    Half precision (float16, bfloat16) becomes float32; integers stay as they are.

    Parameters
    ----------
    path : path-like

    Yields
    ------
    WeightFile
        A mapping from name to array. Arrays are read on access.

    Raises
    ------
    WeightFileError
        The file is missing, damaged, of another format, or holds anything but arrays of numbers.

    Examples
    --------
    >>> with open_weights("vgg16-397923af.pth") as file:  # doctest: +SKIP
    ...     kernel = file["features.0.weight"]
    """
    try:
        file = open(path, "rb")  # noqa: SIM115
    except OSError as error:
        raise WeightFileError(path, "weight", error.strerror or str(error)) from error
    with file:
        yield _open(path, Source(file))


def _open(path: str | PathLike[str], source: Source) -> WeightFile:
    format = "weight"
    try:
        format, index = _recognize(source)
        return WeightFile(path, format, gather(index(), source.size))
    except Exception as error:  # a damaged file fails in every way there is
        raise WeightFileError(path, format, _reason(error)) from error


def _recognize(source: Source) -> tuple[str, Callable[[], Iterable[tuple[str, Stored]]]]:
    """The format of a file, and what finds the arrays in it."""
    start = source.read(0, min(16, source.size))
    if start[:4] == b"PK\3\4":
        archive = Archive(source)
        if any(name.endswith("/data.pkl") for name in archive.names):
            return "torch zip", partial(torch_files.index_zip, archive, source)
        return "npz", partial(npz.index, archive)
    if start[:8] == hdf5.SIGNATURE:
        return "HDF5", partial(hdf5.index, source)
    if start[: len(torch_files.LEGACY)] == torch_files.LEGACY:
        return "torch legacy", partial(torch_files.index_legacy, source)
    if start[8:9] == b"{" and int.from_bytes(start[:8], "little") <= safetensors_file.LONGEST:
        return "safetensors", partial(safetensors_file.index, source)
    if start[:1] == b"\x80":
        return "pickle", partial(pickles.index, source)
    raise ValueError(f"it begins with {start!r}, as no known format does")


def _reason(error: Exception) -> str:
    text = " ".join(str(error).split())[:300]
    return text if type(error) is ValueError and text else f"{type(error).__name__} {text}".strip()
