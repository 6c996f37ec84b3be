"""Memory is used again, but never while an array or a view of it is alive."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading

import numpy as np
import pytest

from tinycnn.ops.kernels.machine import scratch

LARGE = (300, 400)


def address(array: np.ndarray) -> int:
    return int(array.ctypes.data)


@pytest.mark.parametrize("shape", [(), (3,), LARGE, (7, 129, 513)])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64, np.int64])
def test_it_is_as_numpys(shape, dtype):  # type: ignore[no-untyped-def]
    array = scratch.empty(shape, dtype)
    assert (array.shape, array.dtype) == (shape, dtype)
    assert array.flags.c_contiguous
    assert array.flags.writeable
    assert not scratch.zeros(shape, dtype).any()


def test_large_arrays_begin_at_a_cache_line() -> None:
    assert [address(scratch.empty((100, 100 + i))) % 64 for i in range(8)] == [0] * 8
    assert [address(scratch.lined(length)) % 64 for length in (1, 40, 41)] == [0] * 3
    assert [scratch.lined(length).size for length in (1, 40, 41)] == [1, 40, 41]


def test_memory_is_used_again_when_the_last_view_is_gone() -> None:
    array = scratch.empty(LARGE)
    place, view = address(array), array[3:, ::2]
    del array
    other = scratch.empty(LARGE)
    assert address(other) != place
    del view
    assert address(scratch.empty(LARGE)) == place


def test_an_array_of_another_size_does_not_share_it() -> None:
    array = scratch.empty(LARGE)
    place = address(array)
    del array
    other, same = scratch.empty((400, 400)), scratch.empty(LARGE)
    assert address(same) == place
    assert not np.shares_memory(other, same)


def test_as_much_as_may_be_kept_is_kept() -> None:
    store, quarter = scratch._Store(), scratch._KEPT // 4
    for count in (1, 2, 3, 4, 1):
        store.give(np.empty(quarter, np.uint8).data)
        assert store.bytes == count * quarter
        assert len(store.blocks[quarter]) == count


def test_what_is_kept_is_bounded() -> None:
    held = [scratch.empty((1 << 20, 4), np.uint8) for _ in range(40)]
    large = scratch.empty((scratch._KEPT,), np.uint8)
    del held, large
    kept = sum(size * len(blocks) for size, blocks in scratch._store.blocks.items())
    assert kept == scratch._store.bytes <= scratch._KEPT


def test_a_large_array_is_not_kept_and_drives_out_no_other() -> None:
    scratch.empty(LARGE)
    before = scratch._store.bytes
    scratch.empty((scratch._KEPT // 4 + 1,), np.uint8)
    assert scratch._store.bytes == before > 0


def test_an_array_that_outlives_the_modules_ends_in_silence() -> None:
    script = (
        "import json, sys\nfrom tinycnn.ops.kernels.machine import scratch\n"
        "json.late, sys.kept = scratch.empty((300, 400)), [json, scratch]"  # json is taken apart last
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_collection_may_give_back_memory_while_memory_is_taken(monkeypatch):  # type: ignore[no-untyped-def]
    class Ring:
        """Dies in a collection only."""

        def __init__(self, array: np.ndarray) -> None:
            self.array, self.ring = array, self

    errors: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", errors.append)
    often = gc.get_threshold()
    gc.set_threshold(1)
    try:
        for i in range(1000):
            Ring(scratch.empty((9000 + i,)))
            scratch.empty((20000 + i,))
    finally:
        gc.set_threshold(*often)
    gc.collect()
    assert not errors
    kept = sum(size * len(blocks) for size, blocks in scratch._store.blocks.items())
    assert kept == scratch._store.bytes


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_child_begins_without_what_its_parent_kept() -> None:
    scratch.empty(LARGE)
    with scratch._store.lock:
        child = os.fork()
        if child == 0:
            os._exit(int(bool(scratch._store.blocks) or scratch.zeros(LARGE).any()))
    assert os.waitpid(child, 0)[1] == 0


def test_threads_never_share_an_array() -> None:
    failures = []

    def work(mark: int) -> None:
        for _ in range(300):
            array = scratch.empty((200, 200))
            array[...] = mark
            failures.extend([mark] * int((array != mark).any()))

    every = [threading.Thread(target=work, args=(mark,)) for mark in range(4)]
    for thread in every:
        thread.start()
    for thread in every:
        thread.join()
    assert not failures
