"""Pickles that are more than arrays are refused before anything in them runs, in little time and memory."""

from __future__ import annotations

import os
import pickle
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from refusal import assert_refused
from weight_writers import arrays, torch_legacy, torch_zip

import tinycnn as tc

COMMAND = b"touch ran"
CALL = b"cposix\nsystem\n(U\x09" + COMMAND + b"t"
STRING = b"\x8c\x05posix\x8c\x06system"
NDARRAY = b"cnumpy\nndarray\n"

PROGRAMS = {
    "REDUCE": b"\x80\x02" + CALL + b"R.",
    "STACK_GLOBAL": b"\x80\x04" + STRING + b"\x93(\x8c\x09" + COMMAND + b"tR.",
    "INST": b"\x80\x02(U\x09" + COMMAND + b"iposix\nsystem\n.",
    "OBJ": b"\x80\x02(cposix\nsystem\nU\x09" + COMMAND + b"o.",
    "NEWOBJ": b"\x80\x02cposix\nsystem\n(U\x09" + COMMAND + b"t\x81.",
    "NEWOBJ_EX": b"\x80\x04" + STRING + b"\x93)}\x92.",
    "BUILD": b"\x80\x02ccollections\nOrderedDict\n(cposix\nsystem\ntR}b.",
    "EXT1": b"\x80\x02\x82\x01.",
    "EXT2": b"\x80\x02\x83\x01\x00.",
    "EXT4": b"\x80\x02\x84\x01\x00\x00\x00.",
    "eval": b"\x80\x02cbuiltins\neval\n(U\x011tR.",
    "getattr": b"\x80\x02cbuiltins\ngetattr\n" + NDARRAY + b"U\x04dump\x86R.",
    "dotted name": b"\x80\x04\x8c\x05numpy\x8c\x10ndarray.__init__\x93)R.",
    "name through the memo": b"\x80\x02U\x05posixq\x00U\x06systemq\x01h\x00h\x01\x93.",
    "memo that was never written": b"\x80\x02h\x07.",
    "persistent id": b"\x80\x02U\x05/etc/Q.",
    "text persistent id": b"\x80\x02P/etc/passwd\n.",
    "call of a mere name": b"\x80\x02" + NDARRAY + b"K\x05\x85R.",
    "call of a dict": b"\x80\x02})R.",
    "state for a name": b"\x80\x02" + NDARRAY + b"}b.",
    "state for a list": b"\x80\x02]}b.",
    "key that hashes forever": b"\x80\x02})" + b"q\x00h\x00\x86" * 60 + b"K\x01s.",
    "key nested deeply": b"\x80\x02})" + b"\x85" * 400_000 + b"K\x01s.",
    "key that is an object": b"\x80\x02}" + NDARRAY + b"K\x01s.",
    "list into a dict": b"\x80\x02}K\x01a.",
    "memo index that would allocate 32 GB": b"\x80\x02K\x01r\xff\xff\xff\x7f.",
    "bytes of 8 EB": b"\x80\x04\x8e" + struct.pack("<Q", 1 << 63) + b"x.",
    "string of 4 GB": b"\x80\x02X\xff\xff\xff\xffx.",
    "integer of 2 GB": b"\x80\x02\x8b\xff\xff\xff\x7fx.",
    "frame of 8 EB": b"\x80\x04\x95" + struct.pack("<Q", 1 << 63) + b"}",
    "a million steps": b"\x80\x02" + b"]" * 1_000_000 + b".",
    "dicts doubled sixty times": b"\x80\x02}" + b"q\x00}(U\x01ah\x00U\x01bh\x00u" * 60 + b".",
    "OrderedDict made again and again": b"\x80\x02](" + b"]K\x01aK\x01a" * 999 + b"eq\x00"
    + b"ccollections\nOrderedDict\nq\x01" + b"h\x01h\x00\x85R" * 99_999 + b".",
    "dicts doubled twenty times": b"\x80\x02}" + b"q\x00}(U\x01ah\x00U\x01bh\x00u" * 20 + b".",
    "dict inside itself": b"\x80\x02}q\x00U\x01ah\x00s.",
    "array of nothing": b"\x80\x02cnumpy.core.multiarray\n_reconstruct\n)R.",
    "no end": b"\x80\x02}",
    "nothing": b"\x80\x02.",
    "bare end": b"\x80\x02(.",
}  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_pickle_that_is_more_than_arrays_is_refused_before_it_runs(tmp_path: Path, program: str) -> None:
    assert_refused(PROGRAMS[program], tmp_path)


@pytest.mark.parametrize("container", [torch_zip, torch_legacy])
@pytest.mark.parametrize("program", PROGRAMS)
def test_a_checkpoint_that_is_more_than_tensors_is_refused_before_it_runs(
    tmp_path: Path, container, program: str
) -> None:
    assert_refused(container(arrays(), PROGRAMS[program]), tmp_path)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_command_hidden_in_a_dict_of_arrays_is_refused(tmp_path: Path, protocol: int) -> None:
    class Command:
        def __reduce__(self) -> tuple:
            return os.system, (COMMAND.decode(),)

    assert_refused(
        pickle.dumps({"a": np.zeros(3), "b": Command()}, protocol), tmp_path, "system.*not allowed"
    )


@pytest.mark.skipif(sys.platform != "linux", reason="address-space limits are Linux's")
def test_no_small_file_takes_more_than_256_mb(tmp_path: Path) -> None:
    """Each hostile pickle is opened where no more than 256 MB can be had beyond the interpreter's own."""
    for number, program in enumerate(PROGRAMS.values()):
        (tmp_path / f"{number}.pkl").write_bytes(program)
    child = (
        "import pathlib, resource, sys, tinycnn as tc\n"
        "from tinycnn.weights import open_weights\n"
        "base = int(pathlib.Path('/proc/self/statm').read_text().split()[0]) * resource.getpagesize()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (base + (256 << 20),) * 2)\n"
        "for path in sys.argv[1:]:\n"
        "    try:\n"
        "        with open_weights(path): print(path)\n"
        "    except tc.WeightFileError as error:\n"
        "        assert 'MemoryError' not in str(error), error\n"
    )
    paths = [str(path) for path in tmp_path.glob("*.pkl")]
    root = Path(tc.__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", child, *paths], cwd=root, capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
