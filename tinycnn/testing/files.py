"""Rules in Python files: load them, and say how code that is pasted elsewhere gets at what they define."""

from __future__ import annotations

import importlib.util
import keyword
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from tinycnn.errors import TinycnnError, UnknownNameError
from tinycnn.rules import Rule


def load(text: str) -> Any:
    """Load what ``FILE.py::NAME`` names.

    The file may import others that lie beside it.

    Raises
    ------
    TinycnnError
        The file cannot be read or run.
    UnknownNameError
        The file has nothing of that name; the message gives the nearest.

    Examples
    --------
    >>> from pathlib import Path
    >>> _ = Path("mine.py").write_text("number = 7")
    >>> tc.testing.load("mine.py::number")
    7
    """
    file, _, name = text.rpartition("::")
    if not file:
        raise TinycnnError(f"a rule is given as FILE.py::NAME, got {text!r}")
    module = _module(Path(file))
    if not hasattr(module, name):
        raise UnknownNameError("rule", name, _candidates(module))
    return getattr(module, name)


def load_rule(text: str) -> Rule | Callable[[Any, Any], Any]:
    """Load a rule, or a row.

    Raises
    ------
    TinycnnError, UnknownNameError
        As `load` raises them, or what the name stands for is no rule.

    Examples
    --------
    >>> from pathlib import Path
    >>> _ = Path("mine.py").write_text("def row(signal, step): return signal")
    >>> tc.testing.check_rule(tc.testing.load_rule("mine.py::row"), ["shape"], examples=5)
    """
    rule = load(text)
    if not (isinstance(rule, Rule) or callable(rule)):
        file, _, name = text.rpartition("::")
        raise TinycnnError(f"{name} in {Path(file)} is neither a Rule nor a function (signal, step)")
    return rule


def rule_line(text: str) -> str:
    """The statement by which code that is pasted in the file's folder gets a rule, under the name `rule`."""
    file, _, name = text.rpartition("::")
    return import_line(_module_name(Path(file)), name, "rule")


def import_line(module: str, name: str, alias: str = "") -> str:
    """A statement that makes a name of a module known."""
    if module.startswith(_UNNAMED):
        file = f"{module.removeprefix(_UNNAMED)}.py"
        return f"from tinycnn.testing import load; {alias or name} = load({f'{file}::{name}'!r})"
    return f"from {module} import {name}{f' as {alias}' if alias else ''}"


_folders: list[str] = []
"""Folders of rules at the end of Python's path, the last one first."""

_UNNAMED = "_rules_of_"
"""Begins the names of modules whose file's name is that of a library, or is no name in Python."""


def _module_name(path: Path) -> str:
    stem = path.stem
    usable = stem.isidentifier() and not keyword.iskeyword(stem) and stem not in sys.modules
    return stem if usable else f"{_UNNAMED}{stem}"


def _module(path: Path) -> ModuleType:
    """Run a file; its name is known as long as it runs, because dataclasses look their module up."""
    name = _module_name(path)
    spec = importlib.util.spec_from_file_location(name, path)
    if not path.exists():
        raise TinycnnError(f"{path}: no such file; a rule is given as FILE.py::NAME, FILE.py seen from here")
    if spec is None or spec.loader is None or not path.is_file():
        raise TinycnnError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        with _beside(path.resolve().parent):
            spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        said = str(error).partition("\n")[0]
        raise TinycnnError(f"{path} cannot be run: {type(error).__name__}: {said}") from error
    finally:
        del sys.modules[name]
    return module


@contextmanager
def _beside(folder: Path) -> Iterator[None]:
    """Let code import what lies in a folder, after the libraries, and not what lies in folders of before.

    What came from there is forgotten at the end: a file of the same name may lie beside the next rule.
    Imports inside a rule, which run later, look in all these folders, the last one first.
    """
    known, libraries = set(sys.modules), [entry for entry in sys.path if entry not in _folders]
    sys.path[:] = libraries
    if str(folder) not in libraries:
        _folders[:] = dict.fromkeys([str(folder), *_folders])
        sys.path.append(str(folder))  # alone: a folder of before could hide a package of this one
    try:
        yield
    finally:
        sys.path[:] = [entry for entry in sys.path if entry not in _folders] + _folders
        new = set(sys.modules) - known
        ours = {name for name in new if _home(sys.modules[name]) == folder}
        for name in new:
            if name.partition(".")[0] in ours:
                del sys.modules[name]


def _home(module: ModuleType) -> Path | None:
    """The folder in which a module, or a package, lies."""
    for place in getattr(module, "__path__", ()):
        return Path(place).resolve().parent
    file = getattr(module, "__file__", None)
    return None if file is None else Path(file).resolve().parent


def _candidates(module: ModuleType) -> list[str]:
    """Names of the rules of a file and of the functions that it defines itself."""
    return [
        name
        for name, value in vars(module).items()
        if isinstance(value, Rule)
        or (callable(value) and getattr(value, "__module__", None) == module.__name__)
    ]
