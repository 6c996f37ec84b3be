"""A file appears whole or not at all."""

from __future__ import annotations

import os

import numpy as np
import pytest

from tinycnn.errors import OutputError, TinycnnError
from tinycnn.files import atomic_write


def test_the_file_holds_what_was_written(tmp_path):
    with atomic_write(tmp_path / "maps.npz") as file:
        np.savez(file, saliency=np.arange(3))
    with np.load(tmp_path / "maps.npz") as maps:
        assert maps["saliency"].tolist() == [0, 1, 2]
    assert os.listdir(tmp_path) == ["maps.npz"]


def test_missing_folders_are_made(tmp_path):
    with atomic_write(tmp_path / "a" / "b" / "c.txt") as file:
        file.write(b"x")
    assert (tmp_path / "a" / "b" / "c.txt").read_bytes() == b"x"


def test_nothing_has_the_name_before_the_end(tmp_path):
    with atomic_write(tmp_path / "out") as file:
        file.write(b"half")
        file.flush()
        assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt, TinycnnError])
def test_a_failure_leaves_the_older_file_and_no_other(tmp_path, error):
    (tmp_path / "out").write_bytes(b"old")
    with pytest.raises(error), atomic_write(tmp_path / "out") as file:
        file.write(b"new")
        raise error
    assert (tmp_path / "out").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["out"]


def test_a_full_disk_is_an_output_error(tmp_path):
    with pytest.raises(OutputError, match="No space left"), atomic_write(tmp_path / "out") as file:
        file.write(b"half")
        raise OSError(28, "No space left on device")
    assert os.listdir(tmp_path) == []


def test_a_folder_in_the_way_is_an_output_error(tmp_path):
    with pytest.raises(OutputError, match="folder of that name"), atomic_write(tmp_path):
        pass
    assert os.listdir(tmp_path) == []


def test_a_file_where_a_folder_is_needed_is_an_output_error(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="cannot write") as caught, atomic_write(tmp_path / "file" / "out"):
        pass
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="permissions do not bind this user")
def test_a_folder_without_permission_is_an_output_error(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="Permission denied"), atomic_write(tmp_path / "out"):
        pass


@pytest.mark.skipif(os.name != "posix", reason="file modes and links are those of POSIX")
def test_a_new_file_has_the_usual_mode_and_a_link_is_written_through(tmp_path):
    (tmp_path / "usual").write_bytes(b"")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    with atomic_write(tmp_path / "link") as file:
        file.write(b"x")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_bytes() == b"x"
    assert (tmp_path / "target").stat().st_mode == (tmp_path / "usual").stat().st_mode
