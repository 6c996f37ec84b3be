"""What is installed is what is here."""

from __future__ import annotations

import configparser
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_setup_names_every_package() -> None:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    named = set(config["options"]["packages"].split())
    found = {".".join(init.parent.relative_to(ROOT).parts) for init in ROOT.glob("tinycnn/**/__init__.py")}
    assert named == found | {"tinycnn.embedded", "tinycnn.notebooks"}


def test_the_embedded_weights_are_installed() -> None:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    assert "tinycnn.embedded = weights" in config["options"]["package_dir"]
    assert {path.name for path in (ROOT / "weights").iterdir()} >= {"digits.npz", "digits-initial.npz"}


def test_the_lessons_are_installed() -> None:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    assert "tinycnn.notebooks = notebooks" in config["options"]["package_dir"]
    assert config["options.package_data"]["tinycnn.notebooks"] == "*.ipynb"


def test_importing_brings_no_more_than_the_engine_needs() -> None:
    heavy = "requests rich matplotlib h5py skimage pooch safetensors hypothesis starlette scipy.stats"
    program = f"import sys, tinycnn; print([name for name in {heavy.split()} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
