"""What is installed is what is here."""

from __future__ import annotations

import ast
import configparser
import os
import subprocess
import sys
from pathlib import Path

import pytest

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
    names = {"digits.npz", "digits-initial.npz", "digits-patterns.npz"}
    assert {path.name for path in (ROOT / "weights").iterdir()} >= names


def test_the_lessons_are_installed() -> None:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    assert "tinycnn.notebooks = notebooks/students" in config["options"]["package_dir"]
    assert config["options.package_data"]["tinycnn.notebooks"] == "*.ipynb"


HEAVY = [
    "numba",
    "rich",
    "matplotlib",
    "h5py",
    "skimage",
    "requests",
    "safetensors",
    "hypothesis",
    "starlette",
    "scipy",
]


@pytest.mark.parametrize(
    ("module", "needs"), [("tinycnn", []), ("tinycnn.cli", ["rich", "requests"])], ids=["package", "commands"]
)
def test_importing_brings_no_more_than_is_needed(module: str, needs: list[str]) -> None:
    program = f"import sys, {module}; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == str(needs)


def test_libraries_of_extras_are_imported_by_nothing_but_what_needs_them() -> None:
    """Every module, without the libraries that only `weights convert` and benchmarks use."""
    program = """
import importlib, pkgutil, sys, warnings
warnings.simplefilter("ignore")
extras = ("h5py", "safetensors", "threadpoolctl")
sys.modules.update(dict.fromkeys(extras))
import tinycnn
for module in pkgutil.walk_packages(tinycnn.__path__, "tinycnn.", onerror=lambda name: None):
    try:
        importlib.import_module(module.name) if module.name != "tinycnn.__main__" else None
    except ImportError as error:  # other extras, too, may be missing where the tests run
        if error.name is None or error.name.split(".")[0] in extras:
            print(module.name, error)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == ""


@pytest.mark.parametrize("library", ["threadpoolctl", "h5py", "safetensors"])
@pytest.mark.parametrize("program", ["benchmarks", "benchmarks.loading"])
def test_benchmarks_without_their_extra_say_how_to_get_it(program: str, library: str) -> None:
    blocked = f"import runpy, sys; sys.modules[{library!r}] = None"
    command = [sys.executable, "-c", f"{blocked}; runpy.run_module({program!r}, {{}}, '__main__')"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith(f"benchmarks need {library}")
    assert done.stderr.endswith(": pip install 'tinycnn[benchmarks,peers]'\n")
    assert done.stderr.count("\n") == 1


def test_weights_are_kept_in_the_cache_folder_of_the_system() -> None:
    program = "from tinycnn.weights import cache_folder; print(cache_folder())"
    environment = {"PATH": "", "HOME": "/home/someone", "XDG_CACHE_HOME": "/somewhere/cache"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    if sys.platform == "linux":
        assert done.stdout.strip() == "/somewhere/cache/tinycnn"
    assert done.stdout.strip().endswith("tinycnn")


def test_no_check_is_an_assertion() -> None:
    """``python -O`` leaves assertions out; those that are here tell mypy a type, and check nothing."""
    for path in (ROOT / "tinycnn").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Assert):
                said = ast.unparse(node.test)
                assert said.startswith("isinstance(") or said.endswith(" is not None"), f"{path}: {said}"


def test_help_and_refusals_do_without_docstrings_and_assertions() -> None:
    program = (
        "import numpy, tinycnn as tc, tinycnn.cli\n"
        "for words in (['list', 'models'], ['list', 'rules'], ['list', 'targets']):\n"
        "    tinycnn.cli.main(words)\n"
        "try: tc.ops.relu_vjp(numpy.zeros((2, 3)), numpy.zeros((2, 4)))\n"
        "except tc.ShapeError as error: print(error)\n"
    )
    command = [sys.executable, "-OO", "-c", program]
    plain = {
        **os.environ,
        "TINYCNN_PLAIN": "1",
    }  # or the first run compiles all of Numba without docstrings, too
    out = subprocess.run(command, cwd=ROOT, env=plain, capture_output=True, text=True, check=True).stdout
    assert "three_layer_cnn" in out
    assert "lrp-epsilon" in out
    assert "None" not in out
    assert out.splitlines()[-1].startswith("relu_vjp: ")
