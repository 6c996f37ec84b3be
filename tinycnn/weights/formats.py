"""Telling a file's format from its first bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from tinycnn.weights import hdf5, npz, pickles, safetensors_file, torch_files, zips
from tinycnn.weights.source import Source
from tinycnn.weights.stored import SPARE, SWELL, Found
from tinycnn.weights.zips import Archive


@dataclass(frozen=True)
class Format:
    """A file's format.

    Parameters
    ----------
    name : str
    index : callable
        Finds what is in the file.
    ordered : callable
        Whether the file keeps the order in which its arrays were written; asked once they are found.
    """

    name: str
    index: Callable[[], Iterable[tuple[str, Found]]]
    ordered: Callable[[], bool] = lambda: True


KNOWN = {
    (0, b"\x1f\x8b"): "a gzip archive; unpack it first",
    (0, b"BZh"): "a bzip2 archive; unpack it first",
    (0, b"\xfd7zXZ\0"): "an xz archive; unpack it first",
    (257, b"ustar"): "a tar archive; unpack it first",
    (0, b"MATLAB 5.0 MAT-file"): "a MATLAB file, as of MatConvNet; save its arrays as .npz",
    (0, b"version https://git-lfs"): "a pointer of Git LFS; get the file itself",
    (0, b"<!DOCTYPE"): "a web page; the download went wrong",
    (0, b"<html"): "a web page; the download went wrong",
    (0, b"<?xml"): "XML, not weights",
    (4, b"TFL3"): "a TensorFlow Lite model; weights of it cannot be read",
    (0, b"GGUF"): "a GGUF file; weights of it cannot be read",
    (0, b"PK\5\6"): "an empty zip archive",
}
"""What a file is that has these bytes at that offset, and is not read."""


USER_BLOCKS = tuple(512 << power for power in range(20))
"""Where HDF5 may begin behind a block of the user's own."""


def recognize(source: Source) -> Format:
    """The format of a file.

    Raises
    ------
    ValueError
        It is of none that is read; says of which, where that is known.
    """
    start = source.read(0, min(512, source.size))
    if start[:4] == zips.SIGNATURE:
        return _zipped(Archive(source), source)
    if start[:8] == hdf5.SIGNATURE:
        return _hdf5("HDF5", source)
    if torch_files.is_legacy(start):
        return Format("torch legacy", partial(torch_files.index_legacy, source))
    if start[8:9] == b"{" and int.from_bytes(start[:8], "little") <= safetensors_file.LONGEST:
        return _safetensors(source)
    if start[: len(npz.MAGIC)] == npz.MAGIC:
        return Format("npy", partial(npz.index_npy, source))
    if start[:1] == b"\x80":
        return Format("pickle", partial(pickles.index, source))
    for (offset, sign), what in KNOWN.items():
        if start[offset : offset + len(sign)] == sign:
            raise ValueError(f"it is {what}")
    for offset in USER_BLOCKS:
        if offset + 8 <= source.size and source.read(offset, 8) == hdf5.SIGNATURE:
            return _hdf5("HDF5", source.part(offset))
    raise ValueError(f"it begins with {start[:16]!r}, as no known format does")


def _safetensors(source: Source) -> Format:
    header = safetensors_file.Header(source)
    return Format("safetensors", header.index, lambda: header.ordered)


def _hdf5(name: str, source: Source) -> Format:
    reader = hdf5.Reader(source)
    return Format(name, reader.index, lambda: reader.ordered)


def _zipped(archive: Archive, source: Source) -> Format:
    names = archive.members
    if any(name.split("/")[1:] == ["constants.pkl"] for name in names):
        raise ValueError("it is TorchScript, a program; save the state_dict() of the model")
    if any(name.split("/")[1:] == ["archive_format"] for name in names):
        raise ValueError("it is an exported program of PyTorch (.pt2); save the state_dict() of the model")
    if any(name.split("/")[1:] == ["data.pkl"] for name in names):
        return Format("torch zip", partial(torch_files.index_zip, archive))
    if "model.weights.h5" in names:
        return _hdf5("Keras", archive.part("model.weights.h5", SPARE + SWELL * source.size))
    return Format("npz", partial(npz.index, archive))
