"""The names that people import: few at the root, and old ones still there."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import tinycnn as tc


def test_the_root_shows_at_most_24_names() -> None:
    names = [path.name for path in Path(tc.__file__).parent.iterdir() if path.name != "__pycache__"]
    assert len(names) <= 24, names


@pytest.mark.parametrize("old", sorted(tc.MOVED))
def test_a_module_is_the_same_under_its_old_name(old: str) -> None:
    assert import_module(f"tinycnn.{old}") is import_module(f"tinycnn.{tc.MOVED[old]}")
    assert getattr(tc, old) is import_module(f"tinycnn.{old}")


def test_modules_of_a_moved_package_are_not_loaded_twice() -> None:
    from tinycnn.studies.row import StudyRow as Old

    from tinycnn.experiments.studies.row import StudyRow

    assert StudyRow is Old


@pytest.mark.parametrize("package", ["experiments", "experiments.studies", "weights"])
def test_classes_that_were_renamed_are_there_under_their_old_names(package: str) -> None:
    module = import_module(f"tinycnn.{package}")
    assert module.RENAMED
    for old, new in module.RENAMED.items():
        assert getattr(module, old) is getattr(module, new)
        assert new in module.__all__
        assert old not in module.__all__


@pytest.mark.parametrize("name", sorted(tc.LATE))
def test_packages_are_there_when_asked_for(name: str) -> None:
    assert getattr(tc, name) is import_module(f"tinycnn.{name}")


def test_the_kernels_are_there_when_asked_for() -> None:
    pytest.importorskip("numba", reason="kernels are compiled by Numba")
    assert tc.ops.kernels is import_module("tinycnn.ops.kernels")
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        tc.ops.nothing  # noqa: B018


def test_what_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        tc.nothing  # noqa: B018
    with pytest.raises(ModuleNotFoundError):
        import_module("tinycnn.nothing")


def test_every_module_is_reached_from_the_root_by_its_name() -> None:
    """As somebody types it; those of the command line are for the command line."""
    root = Path(tc.__file__).parent
    paths = (path.relative_to(root).with_suffix("") for path in root.glob("*/**/*.py"))
    names = {".".join(path.parts).removesuffix(".__init__") for path in paths if path.parts[0] != "cli"}
    program = """
import sys, types
import tinycnn as tc
from operator import attrgetter
for name in sys.argv[1:]:
    try:
        assert isinstance(attrgetter(name)(tc), types.ModuleType | types.FunctionType), name
    except ModuleNotFoundError as error:  # of an extra
        assert not (error.name or "tinycnn").startswith("tinycnn"), name
"""
    done = subprocess.run([sys.executable, "-c", program, *sorted(names)], capture_output=True, text=True)
    assert done.stderr == ""
