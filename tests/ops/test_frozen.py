"""The one form in which kernels take arrays."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tinycnn.ops.types import frozen


def test_any_array_becomes_plain_contiguous_and_read_only_and_is_wrapped_once(tmp_path: Path) -> None:
    x = np.arange(6.0).reshape(2, 3)
    np.save(tmp_path / "x.npy", x)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    for array in (x, x.T, x[:, ::2], np.array(1.0), mapped):
        found = frozen(array)
        assert type(found) is np.ndarray
        assert found.ndim >= 1
        assert found.flags.c_contiguous
        assert not found.flags.writeable
        np.testing.assert_array_equal(found.reshape(array.shape), array)
        assert frozen(found) is found
    assert x.flags.writeable
