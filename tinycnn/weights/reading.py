"""Opening a weight file: its format is told from its content, never from its name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from os import PathLike
from pathlib import Path
from typing import BinaryIO

from tinycnn.errors import ShapeError, WeightFileError
from tinycnn.ops.types import Array
from tinycnn.weights import shards
from tinycnn.weights.formats import recognize
from tinycnn.weights.source import Source
from tinycnn.weights.stored import Index, gather


class WeightFile(Mapping[str, Array]):
    """The arrays of an open file, by name; each is read when it is asked for, and not kept.

    Parameters
    ----------
    path : path-like
    format : str
        Such as ``"torch zip"``.
    found : Index
        Its `arrays`, from name to `Stored` in the order of the file, are here called `index`; its `skipped`
        says what else is in the file, and what that is.
    ordered : bool
        Whether the format keeps the order in which arrays were written. safetensors and plain HDF5 do not.
    """

    def __init__(self, path: str | PathLike[str], format: str, found: Index, ordered: bool = True) -> None:
        self.path, self.format, self.ordered = path, format, ordered
        self.index, self.skipped = found.arrays, found.skipped

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
    """Open a file of weights, of any of these formats:

    .npz and .npy, Keras's HDF5 and .keras, PyTorch's checkpoints, safetensors, a pickle of arrays, or the
    JSON index of a net that is kept in several files beside it.

    Nothing in the file is ever run, and little more memory is taken than by the arrays that are asked for.
    Half precision (float16, bfloat16) becomes float32; integers stay as they are. What is no array of numbers
    is skipped, and listed in ``skipped``.

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
        The file is missing, damaged, of another format, or holds no arrays of numbers.

    Examples
    --------
    >>> with open_weights("vgg16-397923af.pth") as file:  # doctest: +SKIP
    ...     kernel = file["features.0.weight"]
    """
    with ExitStack() as stack:
        file = _opened(path, stack)
        with _typed(path):
            listed = shards.listed(Source(file))
        if listed is None:
            yield _read(path, file)
        else:
            folder = Path(path).parent
            parts = {name: _read(folder / name, _opened(folder / name, stack)) for name in listed.files}
            with _typed(path, "sharded"):
                found = shards.gathered(listed, {name: part.index for name, part in parts.items()})
            yield WeightFile(path, "sharded", found, ordered=False)


def _opened(path: str | PathLike[str], stack: ExitStack) -> BinaryIO:
    try:
        if Path(path).exists() and not Path(path).is_file():  # to open a pipe would wait for ever
            raise WeightFileError(path, "weight", "it is a folder or a device, not a file")
        return stack.enter_context(open(path, "rb"))
    except OSError as error:
        raise WeightFileError(path, "weight", error.strerror or str(error)) from error


def _read(path: str | PathLike[str], file: BinaryIO) -> WeightFile:
    with _typed(path):
        source = Source(file)
        format = recognize(source)
    with _typed(path, format.name):
        found = gather(format.index(), source.size)
    return WeightFile(path, format.name, found, format.ordered())


@contextmanager
def _typed(path: str | PathLike[str], format: str = "weight") -> Iterator[None]:
    """Whatever a damaged file leads to becomes the one typed error."""
    try:
        yield
    except WeightFileError:
        raise
    except Exception as error:  # a damaged file fails in every way there is
        raise WeightFileError(path, format, _reason(error)) from error


def _reason(error: Exception) -> str:
    text = " ".join(str(error).split())[:300]
    return text if isinstance(error, ValueError) and text else f"{type(error).__name__} {text}".strip()
