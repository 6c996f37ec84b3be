"""Small weight files of every format; PyTorch's are written by hand, so that the tests need no torch."""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import safetensors.numpy

STORAGE = {
    "<f4": "FloatStorage",
    "<f8": "DoubleStorage",
    "<f2": "HalfStorage",
    "<i8": "LongStorage",
    "|b1": "BoolStorage",
}


def arrays() -> dict[str, np.ndarray]:
    """Two convolutions' worth of arrays, floats and a count."""
    rng = np.random.default_rng(0)
    return {
        "conv_2/kernel": rng.standard_normal((3, 3, 2, 4)).astype(np.float32),
        "conv_2/bias": rng.standard_normal(4).astype(np.float32),
        "conv_10/kernel": np.asfortranarray(rng.standard_normal((2, 5))),
        "conv_10/count": np.array(7, np.int64),
    }


def nested(flat: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Nested dicts from names joined by "/"."""
    tree: dict[str, Any] = {}
    for name, array in flat.items():
        group, _, leaf = name.partition("/")
        tree.setdefault(group, {})[leaf] = array
    return tree


def text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value.encode())) + value.encode()


def integer(value: int) -> bytes:
    return b"\x8a\x08" + struct.pack("<q", value)


def integers(values: tuple[int, ...]) -> bytes:
    return b"(" + b"".join(map(integer, values)) + b"t"


def tensor(
    key: str, dtype: str, count: int, offset: int, size: tuple[int, ...], stride: tuple[int, ...]
) -> bytes:
    """The opcodes by which torch writes a tensor."""
    pid = (
        b"("
        + text("storage")
        + f"ctorch\n{STORAGE[dtype]}\n".encode()
        + text(key)
        + text("cpu")
        + integer(count)
        + b"t"
    )
    hooks = b"\x89ccollections\nOrderedDict\n)R"
    view = b"(" + pid + b"Q" + integer(offset) + integers(size) + integers(stride) + hooks + b"t"
    return b"ctorch._utils\n_rebuild_tensor_v2\n" + view + b"R"


def state_dict(tensors: Mapping[str, bytes]) -> bytes:
    """A pickled OrderedDict of tensors."""
    items = b"".join(text(name) + opcodes for name, opcodes in tensors.items())
    return b"\x80\x02ccollections\nOrderedDict\n)R(" + items + b"u."


def _tensors(flat: Mapping[str, np.ndarray]) -> dict[str, bytes]:
    return {
        name: tensor(
            str(key),
            array.dtype.str,
            array.size,
            0,
            array.shape,
            tuple(s // array.itemsize for s in array.strides),
        )
        for key, (name, array) in enumerate(flat.items())
    }


def torch_zip(flat: Mapping[str, np.ndarray], main: bytes | None = None) -> bytes:
    """A checkpoint as torch writes it today."""
    members = {
        "net/data.pkl": main or state_dict(_tensors(flat)),
        "net/byteorder": b"little",
        "net/version": b"3\n",
    }
    members |= {
        f"net/data/{key}": array.ravel(order="K").tobytes() for key, array in enumerate(flat.values())
    }
    return zipped(members)


def torch_legacy(flat: Mapping[str, np.ndarray], main: bytes | None = None) -> bytes:
    """A checkpoint as torch wrote it before version 1.6."""
    system = {"protocol_version": 1001, "little_endian": True, "type_sizes": {"int": 4}}
    keys = [str(key) for key in range(len(flat))]
    head = [pickle.dumps(part, protocol=2) for part in (0x1950A86A20F9469CFC6C, 1001, system)]
    storages = [struct.pack("<q", array.size) + array.ravel(order="K").tobytes() for array in flat.values()]
    return b"".join((*head, main or state_dict(_tensors(flat)), pickle.dumps(keys, protocol=2), *storages))


def zipped(members: Mapping[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def npz(flat: Mapping[str, np.ndarray], compressed: bool = False) -> bytes:
    file = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(file, **flat)
    return file.getvalue()


def keras_legacy(flat: Mapping[str, np.ndarray], libver: str = "earliest", **storage: Any) -> bytes:
    """HDF5 as Keras wrote it before version 3: names in attributes, ``:0`` after each."""
    file = io.BytesIO()
    with h5py.File(file, "w", libver=libver) as target:
        tree = nested(flat)
        target.attrs["layer_names"] = np.array([name.encode() for name in tree])
        for group, leaves in tree.items():
            layer = target.create_group(group)
            layer.attrs["weight_names"] = [f"{leaf}:0" for leaf in leaves]
            for leaf, array in leaves.items():
                layer.create_dataset(f"{leaf}:0", data=array, **(storage if array.ndim == 4 else {}))
    return file.getvalue()


def keras_3(flat: Mapping[str, np.ndarray]) -> bytes:
    """HDF5 as Keras 3 writes ``.weights.h5``: numbered variables in nested groups."""
    file = io.BytesIO()
    with h5py.File(file, "w") as target:
        for group, leaves in nested(flat).items():
            for number, array in enumerate(leaves.values()):
                target.create_dataset(f"layers/{group}/vars/{number}", data=array)
    return file.getvalue()


def seeds() -> dict[str, bytes]:
    """A small real file of every format."""
    flat = arrays()
    contiguous = {name: np.asarray(array, order="C") for name, array in flat.items()}
    chunks = {"chunks": (2, 3, 2, 3), "compression": "gzip", "shuffle": True}
    return {
        "npz": npz(flat),
        "npz compressed": npz(flat, compressed=True),
        **{f"pickle {protocol}": pickle.dumps(nested(flat), protocol=protocol) for protocol in (2, 3, 4, 5)},
        "torch zip": torch_zip(flat),
        "torch legacy": torch_legacy(flat),
        "safetensors": safetensors.numpy.save(contiguous),
        "Keras legacy": keras_legacy(flat),
        "Keras legacy, chunked": keras_legacy(flat, **chunks),
        "Keras legacy, newest HDF5": keras_legacy(flat, libver="latest"),
        "Keras 3": keras_3(flat),
    }


def checkpoints() -> dict[str, bytes]:
    """What trainers leave beside weights: stand-ins, views, spare arrays, members that are no arrays."""
    views = {
        "part": tensor("0", "<f4", 20, 4, (2, 3), (3, 1)),
        "turned": tensor("0", "<f4", 20, 0, (4, 5), (1, 4)),
        "far": tensor("0", "<f4", 20, 0, (2,), (19,)),
        "expanded": tensor("0", "<f4", 20, 0, (3, 4), (0, 1)),
    }
    storage = {"s": np.arange(20, dtype=np.float32)}
    namespace = b"cargparse\nNamespace\n)\x81}" + text("a") + b"K\1sb"
    inside = state_dict(views)[2:-1]
    neighbours = b"\x80\2}(" + text("state_dict") + inside + text("args") + namespace
    neighbours += text("losses") + b"](" + b"G" + struct.pack(">d", 0.5) + b"e" + b"(K\1K\2tN" + b"u."
    return {
        "checkpoint, zip": torch_zip(storage, neighbours),
        "checkpoint, no CRC": unchecked(torch_zip(storage, neighbours)),
        "checkpoint, legacy": torch_legacy(storage, neighbours),
        "npz of anything": npz({**arrays(), "text": np.array(["x"]), "mask": np.ones(3, bool)}),
        "npz compressed, no CRC": unchecked(npz(arrays(), compressed=True)),
        "HDF5 of anything": _hdf5_of_anything(),
        ".keras, no CRC": unchecked(zipped({"config.json": b"{}", "model.weights.h5": keras_3(arrays())})),
    }


def unchecked(archive: bytes) -> bytes:
    """A zip archive without checksums, so that damage inside its members is met by what reads these."""
    with zipfile.ZipFile(io.BytesIO(archive)) as whole:
        for info in whole.infolist():
            archive = archive.replace(struct.pack("<L", info.CRC), bytes(4)) if info.CRC else archive
    return archive


def _hdf5_of_anything() -> bytes:
    file = io.BytesIO()
    with h5py.File(file, "w", userblock_size=512) as target:
        target.create_dataset("checked", data=np.zeros((7, 5)), chunks=(3, 4), fletcher32=True, shuffle=True)
        target["mask"], target["text"] = np.ones(3, bool), "text"
        target["elsewhere"] = h5py.SoftLink("/mask")
        target.attrs["weight_names"] = ["mask", "checked"]
        target["empty"] = np.zeros((0, 3))
    return file.getvalue()


def names(format: str) -> dict[str, str]:
    """The name of each of `arrays` in a file of `seeds`."""
    numbered = {"kernel": "0", "bias": "1", "count": "1"}
    ours = list(arrays())
    if format.startswith("Keras legacy"):
        return {name: f"{name}:0" for name in ours}
    if format == "Keras 3":
        return {name: f"layers/{name.split('/')[0]}/vars/{numbered[name.split('/')[1]]}" for name in ours}
    return {name: name for name in ours}


def write(folder: Path, data: bytes) -> Path:
    """A file of a name that says nothing."""
    path = folder / "weights.bin"
    path.unlink(missing_ok=True)  # rewriting a file in place waits for the disk
    path.write_bytes(data)
    return path
