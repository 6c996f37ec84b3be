"""Small files that were made to take much time or memory, each by another trick; most once did."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping

import h5py
import numpy as np
import safetensors.numpy
from weight_writers import npz, state_dict, tensor, torch_legacy, torch_zip, zipped

MB = 1 << 20


def npy(shape: str, data: bytes = b"", descr: str = "'<f4'") -> bytes:
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data


def zeros(megabytes: int, head: bytes = b"") -> bytes:
    """`head`, then so many megabytes of zeros, deflated: a thousandth of that."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    start = packer.compress(head) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(bytes(MB)) + packer.flush(zlib.Z_FULL_FLUSH)
    return start + block * megabytes + packer.flush()


def member(name: bytes, packed: bytes, size: int, header: int, crc: int = 0) -> tuple[bytes, bytes]:
    """A deflated member that declares `size` bytes: its local part, and its line in the directory."""
    fields = struct.pack("<5H3L2H", 20, 0, 8, 0, 0, crc, len(packed), size, len(name), 0)
    local = b"PK\3\4" + fields + name + packed
    return local, b"PK\1\2\x14\0" + fields + struct.pack("<3H2L", 0, 0, 0, 0, header) + name


def directory(locals_: bytes, lines: bytes, count: int) -> bytes:
    ends = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, len(lines), len(locals_), 0)
    return locals_ + lines + ends


def inflating_member() -> bytes:
    """A member that declares 100 bytes and inflates to 2 GiB."""
    head = npy("(5,)")
    local, line = member(b"a.npy", zeros(2048, head), len(head) + 20, 0)
    return directory(local, line, 1)


def inflating_program() -> bytes:
    """The same in the place of a checkpoint's program."""
    local, line = member(b"net/data.pkl", zeros(2048, b"\x80\x02}."), 100, 0)
    return directory(local, line, 1)


def overlapping_members() -> bytes:
    """Two thousand members that are all the same 16 MB of zeros."""
    local, _ = member(b"a.npy", zeros(16, npy("(4194304,)")), 16 * MB + len(npy("(4194304,)")), 0)
    packed = local[35:]
    lines = b"".join(
        member(b"a.npy", packed, 16 * MB + len(npy("(4194304,)")), 0)[1].replace(b"a.npy", b"%05d" % number)
        for number in range(2000)
    )
    return directory(local, lines, 2000)


def quoted_members(count: int = 500) -> bytes:
    """Members each of which holds the headers of all behind it, so that they share one kernel."""
    kernel, size = zeros(8, npy("(2097152,)")), 8 * MB + len(npy("(2097152,)"))
    header = len(member(b"0000.npy", b"", 0, 0)[0])
    heads, lines = b"", b""
    for number in range(count):
        behind = bytes((count - number - 1) * header) + kernel
        local, line = member(b"%04d.npy" % number, behind, size, number * header)
        heads, lines = heads + local[:header], lines + line
    return directory(heads + kernel, lines, count)


def million_members(count: int = 1_000_000) -> bytes:
    """A directory of a million empty members, as many as it says."""
    line = member(b"a", b"", 0, 0)[1]
    lines = line * count
    start = b"PK\3\4" + bytes(27)
    end64 = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, len(lines), len(start))
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, len(start) + len(lines), 1)
    ends = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return start + lines + end64 + locator + ends


def many_members(count: int = 20_000) -> bytes:
    """As many members as may be, each a real array of one number, deflated."""
    return zipped({f"{number}.npy": npy("(1,)", bytes(4)) for number in range(count)}, zipfile.ZIP_DEFLATED)


def bomb_of_allowed_size() -> bytes:
    """As much as may be claimed, inflated for real."""
    return zipped({"a.npy": npy("(17000000,)", bytes(68_000_000))}, zipfile.ZIP_DEFLATED)


def shared_chunks(count: int = 4000) -> bytes:
    """An array of chunks that are all one deflated blob."""
    file = io.BytesIO()
    with h5py.File(file, "w") as target:
        data = target.create_dataset("a", (count * 64,), "u1", chunks=(64,), compression="gzip")
        blob = zlib.compress(bytes(64), 9)
        for number in range(count):
            data.id.write_direct_chunk((number * 64,), blob)
        places = [data.id.get_chunk_info(number).byte_offset for number in range(count)]
    whole = file.getvalue()
    for number, place in enumerate(places):
        child = struct.pack("<QQQ", number * 64, 0, place)
        assert child in whole
        whole = whole.replace(child, struct.pack("<QQQ", number * 64, 0, places[0]))
    return whole


def wide_chunks() -> bytes:
    """Chunks of 64 MB of which the array has a number each: a thousand rows."""
    file = io.BytesIO()
    with h5py.File(file, "w") as target:
        data = target.create_dataset(
            "a", (64, 1), "u1", chunks=(1, 60 * MB), compression="gzip", maxshape=(64, None)
        )
        blob = zlib.compress(bytes(60 * MB), 9)
        for number in range(64):
            data.id.write_direct_chunk((number, 0), blob)
    return file.getvalue()


def million_chunks(count: int = 300_000) -> bytes:
    """An array of chunks of one byte."""
    file = io.BytesIO()
    with h5py.File(file, "w") as target:
        target.create_dataset("a", data=np.zeros(count, np.uint8), chunks=(1,))
    return file.getvalue()


def long_header() -> bytes:
    """An object header that goes on and on, through as many messages of no meaning as fit."""
    file = io.BytesIO()
    with h5py.File(file, "w") as target:
        for number in range(3000):
            target.create_group(f"{number:05d}").attrs["x"] = np.zeros(7000, np.uint8)
        target["a"] = np.zeros(3)
    return file.getvalue()


def wide_tuple(width: int = 20_000, calls: int = 60_000) -> bytes:
    """A set made of one wide tuple, again and again."""
    return b"\x80\x02(" + b"N" * width + b"tq\0\x850c__builtin__\nset\nq\1" + b"h\1h\0\x85R0" * calls + b"}."


def wide_call(width: int = 20_000, calls: int = 60_000) -> bytes:
    """A call with twenty thousand arguments, again and again."""
    return b"\x80\x02(" + b"N" * width + b"tq\0c__builtin__\nset\nq\1" + b"0h\1h\0R" * calls + b"."


def ordered_dicts(width: int = 5000, calls: int = 60_000) -> bytes:
    """An OrderedDict made of one long list of pairs, again and again."""
    pairs = b"](" + b"](K\1K\1e" * width + b"eq\0"
    return b"\x80\x02" + pairs + b"ccollections\nOrderedDict\nq\1" + b"0h\1h\0\x85R" * calls + b"."


def wide_string() -> bytes:
    """A string of 100 MB, one letter of which takes four bytes."""
    letters = b"a" * (100 * MB) + "\U0001f600".encode()
    return b"\x80\x02}" + b"U\1sX" + struct.pack("<I", len(letters)) + letters + b"s."


def many_strings(count: int = 7_000) -> bytes:
    """Strings of 4,000 letters, each with one that makes all of them take four bytes."""
    letters = "\U0001f600".encode() + b"a" * 4000
    return b"\x80\x02](" + (b"X" + struct.pack("<I", len(letters)) + letters) * count + b"e."


def many_numbers(size: int, count: int = 249_000) -> bytes:
    """As many integers as there may be things, each of so many bytes."""
    return b"\x80\x02](" + (b"\x8a" + bytes([size]) + b"\x7f" * size) * count + b"e."


def stand_ins(count: int = 70_000) -> bytes:
    """As many objects as may be, none of which is ever built."""
    return b"\x80\x02](cmodule\nclass\nq\0" + b"h\0)R" * count + b"e."


def odd_keys(count: int = 240_000) -> bytes:
    return b"\x80\x02}(" + b")N" * count + b"u."


def doubled_dicts() -> bytes:
    """Dicts that hold one another twice, sixty deep: 2^60 paths."""
    return b"\x80\x02}" + b"q\x00}(U\x01ah\x00U\x01bh\x00u" * 60 + b"."


def text_of_many_arrays(count: int = 10_000) -> bytes:
    """Arrays of Python 2 that are all decoded from one long string."""
    text = b"X" + struct.pack("<I", 4 * MB) + b"a" * (4 * MB) + b"q\0"
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85U\1b\x87R"
        b"(K\1J" + struct.pack("<i", 4 * MB) + b"\x85cnumpy\ndtype\nU\2u1K\0K\1\x87R\x89h\0tb"
    )
    return b"\x80\x02" + text + b"0](" + array * count + b"e."


def far_views(count: int = 12_000, container: Callable = torch_zip) -> bytes:
    """Tensors of two elements that are 4 MB apart, over one storage."""
    views = {f"v{number}": tensor("0", "<f4", MB, 0, (2,), (MB - 1,)) for number in range(count)}
    return container({"s": np.zeros(MB, np.float32)}, state_dict(views))


def same_storage(count: int = 12_000) -> bytes:
    """Tensors of one element each, over one storage, which is read and verified once."""
    views = {f"v{number}": tensor("0", "<f4", MB, number, (1,), (1,)) for number in range(count)}
    return torch_zip({"s": np.zeros(MB, np.float32)}, state_dict(views))


def same_deflated_storage(count: int = 12_000) -> bytes:
    """The same, but the storage is deflated, and would be inflated for each."""
    views = {f"v{number}": tensor("0", "<f4", MB, number, (1,), (1,)) for number in range(count)}
    with zipfile.ZipFile(
        io.BytesIO(torch_zip({"s": np.zeros(MB, np.float32)}, state_dict(views)))
    ) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    return zipped(members, zipfile.ZIP_DEFLATED)


def expanded_tensor() -> bytes:
    """A tensor of a terabyte that repeats one number."""
    return torch_zip(
        {"s": np.zeros(1, np.float32)}, state_dict({"a": tensor("0", "<f4", 1, 0, (1 << 38,), (0,))})
    )


def header_of_braces() -> bytes:
    """A safetensors header of 16 MB that is a list of empty tables."""
    header = b'{"a":[' + b"{}," * (16 * MB // 3 - 10) + b"{}]}"
    return struct.pack("<Q", len(header)) + header


def header_of_rows() -> bytes:
    """As many marks as a header may have, each as dear as can be."""
    header = b"{" + b",".join(b'"%06x":{}' % number for number in range(199_000)) + b"}"
    return struct.pack("<Q", len(header)) + header


def list_of_shards() -> bytes:
    """A list of shards with 16 MB of brackets."""
    return b'{"weight_map":' + b"[" * (16 * MB - 100)


def many_arrays(count: int = 40_000) -> bytes:
    """As many arrays as a net may have, none of which is large."""
    return safetensors.numpy.save({f"a{number}": np.zeros(1, np.float32) for number in range(count)})


def huge_but_sound() -> bytes:
    """No trick: 100 MB of numbers that do not compress."""
    rng = np.random.default_rng(0)
    return npz({"a": rng.standard_normal(26_000_000, np.float32)}, compressed=False)


HOSTILE: Mapping[str, Callable[[], bytes]] = {
    "zip member that inflates to 2 GiB and declares 100 bytes": inflating_member,
    "checkpoint's program that inflates to 2 GiB": inflating_program,
    "2,000 zip members that are the same 16 MB": overlapping_members,
    "500 zip members that quote one another": quoted_members,
    "a million zip members": million_members,
    "20,000 zip members": many_members,
    "68 MB of zeros": bomb_of_allowed_size,
    "4,000 HDF5 chunks that are one blob": shared_chunks,
    "HDF5 chunks far wider than their array": wide_chunks,
    "300,000 HDF5 chunks of one byte": million_chunks,
    "HDF5 groups of 20 MB of attributes": long_header,
    "wide tuple, 60,000 times a set": wide_tuple,
    "60,000 calls of 20,000 arguments": wide_call,
    "60,000 OrderedDicts of 5,000 pairs": ordered_dicts,
    "string of 100 MB with one wide letter": wide_string,
    "7,000 strings with a wide letter": many_strings,
    "249,000 integers of 255 bytes": lambda: many_numbers(255),
    "249,000 integers of 8 bytes": lambda: many_numbers(8),
    "70,000 objects of a class of its own": stand_ins,
    "240,000 keys that are no names": odd_keys,
    "dicts doubled sixty times": doubled_dicts,
    "10,000 arrays decoded from one string": text_of_many_arrays,
    "12,000 views that span their storage": far_views,
    "the same, in the legacy format": lambda: far_views(container=torch_legacy),
    "12,000 tensors over one storage": same_storage,
    "12,000 tensors over one deflated storage": same_deflated_storage,
    "tensor that repeats one number to a terabyte": expanded_tensor,
    "safetensors header of empty tables": header_of_braces,
    "safetensors header of 199,000 rows": header_of_rows,
    "list of shards that is all brackets": list_of_shards,
    "40,000 arrays": many_arrays,
    "100 MB of numbers, no trick": huge_but_sound,
}
"""From what a file does to what makes it."""
