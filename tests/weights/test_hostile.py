"""Files made to harm are refused with one typed error, before anything runs or much is allocated."""

from __future__ import annotations

import io
import json
import pickle
import struct
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
from refusal import assert_refused
from weight_writers import (
    arrays,
    keras_legacy,
    npz,
    seeds,
    state_dict,
    tensor,
    torch_legacy,
    torch_zip,
    write,
    zipped,
)

import tinycnn as tc
from tinycnn.weights import open_weights


@pytest.mark.parametrize(
    ("count", "offset", "size", "stride"),
    [
        (10, 0, (2, 6), (6, 1)),
        (10, 8, (3,), (1,)),
        (10, 0, (5, 5), (1, 1)),
        (10, 0, (1 << 40,), (0,)),
        (10, 0, (3,), (-1,)),
        (10, -3, (3,), (1,)),
        (10, 0, (-1,), (1,)),
        (10, 0, (2, 2), (1,)),
        (1 << 60, 0, (1 << 60,), (1,)),
        (10, 0, (1 << 62, 1 << 62, 0), (1, 1, 1)),
    ],
)
@pytest.mark.parametrize("container", [torch_zip, torch_legacy])
def test_tensors_that_reach_out_of_their_storage_or_overlap_are_refused(
    tmp_path: Path, container, count: int, offset: int, size: tuple, stride: tuple
) -> None:
    if 0 in size:  # nothing is in it, and nothing is read
        with open_weights(
            write(
                tmp_path,
                container(
                    {"s": np.zeros(10, "<f4")}, state_dict({"a": tensor("0", "<f4", 10, 0, (4, 0), (1, 1))})
                ),
            )
        ) as f:
            assert f["a"].size == 0
        return
    main = state_dict({"a": tensor("0", "<f4", count, offset, size, stride)})
    assert_refused(container({"s": np.zeros(10, np.float32)}, main), tmp_path)


def test_legacy_storages_that_lie_about_their_length_are_refused(tmp_path: Path) -> None:
    whole = torch_legacy({"a": np.ones(100, np.float32)})
    lie = whole.replace(
        struct.pack("<q", 100) + struct.pack("<f", 1), struct.pack("<q", 99) + struct.pack("<f", 1)
    )
    assert lie != whole
    assert_refused(lie, tmp_path, "99 numbers, not 100")


def test_an_object_array_is_refused_in_every_container(tmp_path: Path) -> None:
    objects = np.array([None, 1])
    assert_refused(npz({"a": objects}), tmp_path, "not of numbers")
    assert_refused(pickle.dumps({"a": objects}, 3), tmp_path, "not of numbers")
    file = io.BytesIO()
    with h5py.File(file, "w") as target:
        target["a"] = np.array(["x", "y"], dtype=object)
    assert_refused(file.getvalue(), tmp_path, "not of numbers")


def test_structured_and_complex_arrays_are_refused(tmp_path: Path) -> None:
    for array in (np.zeros(3, "f4,i4"), np.zeros(3, complex), np.zeros(3, "U4"), np.zeros(3, "M8[s]")):
        for data in (npz({"a": array}), pickle.dumps({"a": array}, 3)):
            assert_refused(data, tmp_path)


def npy(shape: str, data: bytes = b"", descr: str = "'<f4'") -> bytes:
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data


@pytest.mark.parametrize(
    "member",
    [
        npy("(1000000000000,)"),
        npy("(-1,)"),
        npy("(3,)", bytes(11)),
        npy("(3,)", bytes(13)),
        npy("(" * 900),
        npy("(3,)", bytes(12), "__import__('os').system('touch ran')"),
        npy("(" + "1," * 40 + ")", bytes(4)),
        npy("(4611686018427387904, 4, 0)", b"x"),
        b"\x93NUMPY\x01\x00\xff\xff{",
        b"\x93NUMPY\x09\x00",
        b"",
    ],
)
def test_an_npz_whose_header_lies_is_refused(tmp_path: Path, member: bytes) -> None:
    assert_refused(zipped({"a.npy": member}), tmp_path)


@pytest.mark.parametrize("name", ["../a.npy", "/a.npy", "b/../../a.npy", "..\\a.npy"])
def test_zip_members_outside_the_folder_are_refused(tmp_path: Path, name: str) -> None:
    assert_refused(zipped({name: npy("(1,)", bytes(4))}), tmp_path, "outside")


def test_a_zip_bomb_is_refused(tmp_path: Path) -> None:
    bomb = zipped({"a.npy": npy("(100000000,)", bytes(400_000_000))}, zipfile.ZIP_DEFLATED)
    assert len(bomb) < 500_000
    assert_refused(bomb, tmp_path, "claim to hold arrays of 400000000 bytes")


def test_a_zip_bomb_in_a_checkpoints_program_is_refused(tmp_path: Path) -> None:
    bomb = zipped({"net/data.pkl": b"\x80\x02" + b"N" * 100_000_000}, zipfile.ZIP_DEFLATED)
    assert_refused(bomb, tmp_path, "has more than")


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_unusual_compression_is_refused(tmp_path: Path, compression: int) -> None:
    assert_refused(zipped({"a.npy": npy("(1,)", bytes(4))}, compression), tmp_path, "unusual")


def test_a_member_there_twice_is_refused(tmp_path: Path) -> None:
    data = zipped({"a.npy": npy("(1,)", bytes(4)), "b.npy": npy("(1,)", bytes(4))})
    assert_refused(data.replace(b"b.npy", b"a.npy"), tmp_path, "twice")


def test_damage_inside_an_array_of_an_npz_is_noticed(tmp_path: Path) -> None:
    whole = npz({"a": np.ones(1000, np.float32)})
    place = whole.index(bytes(np.ones(10, np.float32)))
    assert_refused(whole[:place] + b"\1" + whole[place + 1 :], tmp_path, "CRC")


def hdf5(build) -> bytes:
    file = io.BytesIO()
    with h5py.File(file, "w") as target:
        build(target)
    return file.getvalue()


def _soft(target: h5py.File) -> None:
    target["a"] = h5py.SoftLink("/real")


def _outside(target: h5py.File) -> None:
    target["a"] = h5py.ExternalLink("/etc/passwd", "/x")


def _storage(target: h5py.File) -> None:
    target.create_dataset("a", (4,), "u1", external=[("/etc/passwd", 0, 4)])


def _virtual(target: h5py.File) -> None:
    layout = h5py.VirtualLayout((4,), "f4")
    layout[:] = h5py.VirtualSource("other.h5", "x", (4,))
    target.create_virtual_dataset("a", layout)


def _cycle(target: h5py.File) -> None:
    target.create_group("a")["b"] = target["/"]


HDF5 = {
    "soft link": _soft,
    "external link": _outside,
    "external storage": _storage,
    "virtual dataset": _virtual,
    "group inside itself": _cycle,
    "never written": lambda f: f.create_dataset("a", (1 << 40,), "f4"),
    "never written chunks": lambda f: f.create_dataset("a", (1 << 40,), "f4", chunks=(1 << 20,)),
    "strings": lambda f: f.create_dataset("a", data=np.array([b"x"])),
    "compound": lambda f: f.create_dataset("a", data=np.zeros(3, "f4,i4")),
    "references": lambda f: f.create_dataset("a", (2,), h5py.ref_dtype),
    "lengths that vary": lambda f: f.create_dataset("a", (2,), h5py.vlen_dtype(np.float32)),
    "lzf": lambda f: f.create_dataset("a", data=np.zeros(999), compression="lzf"),
    "scale-offset": lambda f: f.create_dataset("a", data=np.zeros(999, int), scaleoffset=3),
    "bomb": lambda f: f.create_dataset(
        "a", data=np.zeros(30_000_000, "f4"), compression="gzip", chunks=(1_000_000,)
    ),
    "shared type": lambda f: (
        f.__setitem__("t", np.dtype("f4")),
        f.create_dataset("a", data=[1.0], dtype=f["t"]),
    ),
    "empty": lambda f: f.create_dataset("a", dtype="f4"),
    "nothing": lambda f: None,
}


@pytest.mark.parametrize("trick", HDF5)
def test_hdf5_that_is_more_than_arrays_is_refused(tmp_path: Path, trick: str) -> None:
    assert_refused(hdf5(HDF5[trick]), tmp_path)


def test_an_hdf5_shape_that_claims_terabytes_is_refused(tmp_path: Path) -> None:
    whole = keras_legacy({"g/a": np.zeros((1234, 3), np.float32)})
    lie = whole.replace(struct.pack("<Q", 1234), struct.pack("<Q", 1 << 40))
    assert lie != whole
    assert_refused(lie, tmp_path)


def safe(header: object, data: bytes = b"", length: int | None = None) -> bytes:
    body = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(body) if length is None else length) + body + data


def row(shape: object = (1,), offsets: object = (0, 4), dtype: object = "F32") -> dict:
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


@pytest.mark.parametrize(
    "data",
    [
        safe({"a": row()}, bytes(4), 1 << 62),
        safe({"a": row()}, bytes(3)),
        safe({"a": row()}, bytes(5)),
        safe({"a": row(), "b": row()}, bytes(4)),
        safe({"a": row(), "b": row(offsets=(8, 12))}, bytes(12)),
        safe({"a": row(shape=(1 << 40,), offsets=(0, 1 << 42))}, bytes(4)),
        safe({"a": row(shape=(-1,))}, bytes(4)),
        safe({"a": row(shape=(1.0,))}, bytes(4)),
        safe({"a": row(shape=(True,))}, bytes(4)),
        safe({"a": row(offsets=(4, 0))}, bytes(4)),
        safe({"a": row(offsets=(-4, 0))}, bytes(4)),
        safe({"a": row(offsets="04")}, bytes(4)),
        safe({"a": row(dtype="O")}, bytes(4)),
        safe({"a": row(dtype=["F32"])}, bytes(4)),
        safe({"a": [1]}, bytes(4)),
        safe(b'{"a":' * 100_000),
        safe(b'{"a":' + b"9" * 10_000 + b"}"),
        safe(b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{}}', bytes(4)),
        safe(b"{\xff}"),
        safe({}),
    ],
)
def test_a_safetensors_header_that_lies_is_refused(tmp_path: Path, data: bytes) -> None:
    assert_refused(data, tmp_path)


@pytest.mark.parametrize("format", seeds())
def test_a_file_cut_short_is_refused_or_whole(tmp_path: Path, format: str) -> None:
    whole = seeds()[format]
    for length in range(0, len(whole) - 1, max(1, len(whole) // 150)):
        try:
            with open_weights(write(tmp_path, whole[:length])) as file:
                assert len(dict(file)) <= len(arrays())  # what is cut off may have been padding
        except tc.WeightFileError:
            continue
