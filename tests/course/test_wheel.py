"""What is installed of the lessons: the students' copies, from which exporting and grading work."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from importlib.util import find_spec
from pathlib import Path

import pytest
from submission import hand_in

import tinycnn

ROOT = Path(tinycnn.__file__).parents[1]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a copy of the tree, which setuptools can write to whatever the tree permits."""
    found = tmp_path_factory.mktemp("built")
    kept = shutil.ignore_patterns(
        ".git", ".venv", "build", "*.egg-info", "__pycache__", ".hypothesis", ".*_cache"
    )
    shutil.copytree(ROOT, found / "tree", ignore=kept, symlinks=True)
    subprocess.run(["chmod", "-R", "u+w", found / "tree"], check=True)
    return found


def setuptools(place: Path, *command: str) -> None:
    """Run a command of setuptools, on which every wheel is built."""
    if find_spec("setuptools") is None:  # not imported: others may have loaded what it would replace
        pytest.skip("setuptools, which builds what is installed, is not there")
    words = [sys.executable, "-c", "from setuptools import setup; setup()", "-q", *command]
    environment = {**os.environ, "PYTHONWARNINGS": ""}  # what it warns of is not ours
    subprocess.run(words, cwd=place / "tree", env=environment, capture_output=True, text=True, check=True)


@pytest.fixture(scope="module")
def installed(place: Path) -> Path:
    """What a wheel holds."""
    setuptools(place, "build", "--build-lib", "../site")
    return place / "site"


def run(installed: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    command = [sys.executable, "-m", "tinycnn", *arguments]
    return subprocess.run(
        command, cwd=installed.parent, env=environment, capture_output=True, text=True, check=False
    )


def test_no_solution_is_installed(installed: Path) -> None:
    lessons = list((installed / "tinycnn" / "notebooks").iterdir())
    assert len(lessons) == len(list((ROOT / "notebooks").glob("[0-9]*.ipynb")))
    for path in installed.rglob("*"):
        if path.is_file() and path.name != "lessons.py":
            assert b"### BEGIN SOLUTION" not in path.read_bytes(), path
            assert b"For teachers" not in path.read_bytes(), path


def test_nothing_but_the_package_is_installed(installed: Path) -> None:
    assert [path.name for path in installed.iterdir()] == ["tinycnn"]
    assert not list(installed.rglob("conf.py"))
    assert not list(installed.rglob("test_*.py"))


def test_the_source_distribution_has_the_solutions_and_all_tests(place: Path) -> None:
    setuptools(place, "sdist", "--dist-dir", "../source")
    (archive,) = (place / "source").iterdir()
    with tarfile.open(archive) as file:
        names = [name.partition("/")[2] for name in file.getnames()]
    wanted = [*(ROOT / "notebooks").glob("[0-9]*"), *(ROOT / "tests").rglob("*.py"), ROOT / "ruff.toml"]
    assert {path.relative_to(ROOT).as_posix() for path in wanted} <= set(names)


def test_the_students_copies_are_exported_and_solutions_are_not(installed: Path, tmp_path: Path) -> None:
    done = run(installed, "course", "export", str(tmp_path / "students"))
    assert (done.returncode, done.stderr) == (0, "")
    assert len(list((tmp_path / "students").iterdir())) == len(
        list((ROOT / "notebooks").glob("[0-9]*.ipynb"))
    )
    done = run(installed, "course", "export", str(tmp_path / "mine"), "--solutions")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("tinycnn: solutions are not installed")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "mine").exists()


def test_grading_works_from_what_is_installed(installed: Path, tmp_path: Path) -> None:
    setup = "import numpy as np\nimport tinycnn as tc\nfrom types import SimpleNamespace"
    right = "def guided_row(signal, step):\n    return signal * (signal > 0) * (step.input > 0)"
    peek = (
        "from pathlib import Path\nfound = [p for p in Path(tc.__file__).parent.rglob('*') if p.is_file()\n"
        "    and p.name != 'lessons.py' and b'### BEGIN SOLUTION' in p.read_bytes()]\nassert not found"
    )
    hand_in(tmp_path / "in" / "ada.ipynb", setup, peek, right)
    done = run(installed, "course", "grade", str(tmp_path / "in"))
    assert "guided_row       passed" in done.stdout
    assert done.stdout.endswith("1 of 3 passed, 1 of 3 points\n")
