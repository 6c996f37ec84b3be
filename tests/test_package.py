"""What is installed is what is here."""

from __future__ import annotations

import configparser
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_setup_names_every_package() -> None:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    named = set(config["options"]["packages"].split())
    found = {".".join(init.parent.relative_to(ROOT).parts) for init in ROOT.glob("tinycnn/**/__init__.py")}
    assert named == found | {"tinycnn.embedded"}


def test_the_embedded_weights_are_installed() -> None:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    assert "tinycnn.embedded = weights" in config["options"]["package_dir"]
    assert {path.name for path in (ROOT / "weights").iterdir()} >= {"digits.npz", "digits-initial.npz"}
