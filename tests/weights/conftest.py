"""A cache of its own for every test, and weights on a server on the loopback address."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from servers import DATA, Server, serving, sha256

from tinycnn.weights import Entry


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as running:
        running.files["/weights.npz"] = DATA
        yield running


@pytest.fixture
def entry(server: Server) -> Entry:
    address = f"{server.address}/weights.npz"
    return Entry(
        "own", "vgg16", "tests", "here", "MIT", "weights.npz", len(DATA), f"sha256:{sha256(DATA)}", address
    )


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("TINYCNN_CACHE", str(tmp_path / "cache"))
    for proxy in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(proxy, raising=False)
    return tmp_path / "cache"


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What a hostile file would leave behind, it would leave where the test looks."""
    monkeypatch.chdir(tmp_path)
