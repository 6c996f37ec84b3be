"""Fetching from a server on the loopback address: verified before it is visible, resumed, bounded."""

from __future__ import annotations

import hashlib
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from servers import DATA, Server, files, serving, sha256

import tinycnn as tc
from tinycnn.weights import REGISTRY, Entry, Package, cache_folder, cached, download, fetch


def test_what_is_fetched_is_verified_and_fetched_once(server: Server, entry: Entry, cache: Path) -> None:
    assert fetch(entry).read_bytes() == DATA
    assert fetch(entry) == cached(entry) == cache / "own" / "weights.npz"
    assert len(server.requests) == 1
    assert files(cache) == ["own/weights.npz"]


@pytest.mark.parametrize("hash", [f"md5:{hashlib.md5(DATA).hexdigest()}", f"sha256:{sha256(DATA)[:8]}"])
def test_md5_and_published_leading_digits_do(entry: Entry, hash: str) -> None:
    assert fetch(replace(entry, hash=hash)).read_bytes() == DATA


def test_a_wrong_hash_leaves_nothing_behind_and_says_so(server: Server, entry: Entry, cache: Path) -> None:
    server.files["/weights.npz"] = DATA[:-1] + b"x"
    with pytest.raises(tc.FetchError, match=f"expected {sha256(DATA)}; nothing of it is kept"):
        fetch(entry)
    assert files(cache) == []


def test_a_file_in_the_cache_that_was_changed_is_fetched_again(entry: Entry) -> None:
    fetch(entry).write_bytes(b"changed")
    with pytest.raises(tc.FetchError, match="the file in the cache has sha256"):
        cached(entry)
    assert fetch(entry).read_bytes() == DATA


def test_a_download_that_is_cut_off_is_taken_up_where_it_ended(server: Server, entry: Entry) -> None:
    server.manner = "cut off"
    with pytest.raises(tc.FetchError, match="cut off after"):
        fetch(entry)
    assert len(server.requests) == download.ATTEMPTS
    server.manner = "well"
    assert fetch(entry).read_bytes() == DATA
    starts = [int(asked.removeprefix("bytes=").rstrip("-")) for _, asked in server.requests if asked]
    assert starts == sorted(set(starts))
    assert 0 < starts[0] <= len(DATA) // 2  # less the block that did not come whole


def test_a_server_without_ranges_starts_over(server: Server, entry: Entry) -> None:
    server.manner = "cut off"
    with pytest.raises(tc.FetchError):
        fetch(entry)
    server.manner = "no ranges"
    assert fetch(entry).read_bytes() == DATA


def test_a_download_that_does_not_get_further_is_given_up(server: Server, entry: Entry) -> None:
    server.manner = "cut off at once"
    with pytest.raises(tc.FetchError, match="cut off after 0 bytes"):
        fetch(entry)
    assert len(server.requests) == 1


def test_a_whole_download_that_was_not_yet_verified_is_used(
    server: Server, entry: Entry, cache: Path
) -> None:
    (cache / "own").mkdir(parents=True)
    (cache / "own" / "weights.npz.part").write_bytes(DATA)
    assert fetch(entry).read_bytes() == DATA
    assert files(cache) == ["own/weights.npz"]


@pytest.mark.parametrize("manner", ["silent", "trickle"])
def test_a_server_that_is_too_slow_is_given_up(
    server: Server, entry: Entry, manner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "TIMEOUT", 0.3)
    server.manner = manner
    with pytest.raises(tc.FetchError, match=r"timed out|less than"):
        fetch(entry)


def test_an_endless_answer_is_given_up_and_not_kept(server: Server, entry: Entry, cache: Path) -> None:
    server.manner = "endless"
    with pytest.raises(tc.FetchError, match=f"sends more than {len(DATA) * 11 // 10} bytes"):
        fetch(entry)
    assert files(cache) == []


def test_a_refusal_says_what_to_do_by_hand_in_one_line(server: Server, entry: Entry, cache: Path) -> None:
    server.files.clear()
    with pytest.raises(
        tc.FetchError, match=rf"404.*by hand: get {entry.origin} and put it at {cache}"
    ) as caught:
        fetch(entry)
    assert "\n" not in str(caught.value)
    assert files(cache) == []


def test_without_a_network_the_message_is_the_same_one_line(entry: Entry, cache: Path) -> None:
    with serving() as gone:
        origin = f"{gone.address}/weights.npz"
    with pytest.raises(tc.FetchError, match=f"by hand: get {origin} and put it at {cache}") as caught:
        fetch(replace(entry, origin=origin))
    assert "\n" not in str(caught.value)


def test_offline_only_looks_in_the_cache(server: Server, entry: Entry) -> None:
    with pytest.raises(tc.FetchError, match="not in the cache, and the network is not to be used; by hand"):
        fetch(entry, offline=True)
    assert server.requests == []
    fetch(entry)
    assert fetch(entry, offline=True).read_bytes() == DATA


def test_what_has_no_published_hash_is_not_downloaded_but_may_be_put_there(
    server: Server, entry: Entry, cache: Path
) -> None:
    unverified = replace(entry, hash=None)
    with pytest.raises(tc.FetchError, match="publish no hash"):
        fetch(unverified)
    assert server.requests == []
    (cache / "own").mkdir(parents=True)
    (cache / "own" / "weights.npz").write_bytes(b"by hand")
    assert fetch(unverified).read_bytes() == b"by hand"


@pytest.mark.skipif(
    sys.platform == "win32", reason="folders cannot be locked on Windows: both would download"
)
def test_two_fetches_at_once_download_once(server: Server, entry: Entry) -> None:
    got: list[bytes] = []
    threads = [threading.Thread(target=lambda: got.append(fetch(entry).read_bytes())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [DATA] * 4
    assert len(server.requests) == 1


def test_every_entry_says_where_it_is_from_and_how_it_is_verified() -> None:
    for name, entry in REGISTRY.items():
        assert entry.name == name
        assert entry.task
        assert entry.licence
        assert entry.bytes > 1_000_000
        if isinstance(entry.origin, Package):
            assert len(entry.origin.sha256) == 64
            assert Path(entry.origin.member).name == entry.file
            assert entry.hash is not None
            assert len(entry.hash) == len("sha256:") + 64
        else:
            assert entry.origin.startswith("https://")
            assert entry.origin.endswith(entry.file)
        with pytest.raises(tc.FetchError, match=f"{entry.file}.* and put it at {cache_folder()}"):
            fetch(name, offline=True)


def test_unknown_weights_name_the_nearest() -> None:
    with pytest.raises(tc.UnknownNameError, match="vgg16-features"):
        fetch("vgg16-feature")


def test_the_cache_is_where_the_environment_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TINYCNN_CACHE", str(tmp_path / "elsewhere"))
    assert cache_folder() == tmp_path / "elsewhere"
    monkeypatch.delenv("TINYCNN_CACHE")
    assert cache_folder().name == "tinycnn"
