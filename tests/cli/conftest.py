"""One way to run commands in this process, and a small model to run them on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cli_outcome import Outcome

from tinycnn.cli import main


@pytest.fixture
def tinycnn(capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Run a command; argparse's own exit counts as an exit status."""

    def run(*arguments: object) -> Outcome:
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as exit:
            status = int(exit.code or 0)
        out, err = capsys.readouterr()
        return Outcome(status, out.splitlines(), err.splitlines())

    return run


@pytest.fixture
def visualize(tinycnn: Callable[..., Outcome], tmp_path: Path) -> Callable[..., Outcome]:
    """``tinycnn visualize`` with the small model, into ``tmp_path / "out"``."""
    start = ("visualize", "--model", "three_layer_cnn", "--out", tmp_path / "out")
    return lambda *arguments: tinycnn(*start, *arguments)
