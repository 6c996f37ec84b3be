"""A check at work: apart from the names of a notebook, and with the modules that a notebook was given."""

from __future__ import annotations

import ast
import builtins
import re
import sys
from contextlib import suppress
from types import ModuleType
from typing import Any

import numpy.linalg
import numpy.random  # both are loaded by NumPy when they are first used  # noqa: F401

from tinycnn.course.plain import plainly

WATCHED = ("builtins", "math", "numpy", "tinycnn")
"""Packages whose functions a notebook may replace for itself, but not for a check."""


class Check:
    """A check, made ready before any code of a student has run.

    Parameters
    ----------
    exercise : str
        The function that it judges.
    ground : str
        Code to run before it, of the lesson.
    source : str
        Its own code; an error says that the function is wrong.
    """

    def __init__(self, exercise: str, ground: str, source: str) -> None:
        self.exercise = exercise
        self.code = compile(source, f"<the check of {exercise}>", "exec")
        self.names: dict[str, Any] = {"__name__": "__main__", "__builtins__": dict(vars(builtins))}
        exec(compile(ground, f"<the ground of {exercise}>", "exec"), self.names)
        for node in ast.walk(ast.parse(source)):  # modules that are loaded when they are first used
            if isinstance(node, ast.Attribute) and re.fullmatch(r"[\w.]+", dotted := ast.unparse(node)):
                with suppress(NameError, AttributeError):
                    eval(dotted, self.names)

    def judge(self, names: dict[str, Any]) -> None:
        """Try the function of that name; what it gives back is made plain."""
        found = {self.exercise: plainly(names[self.exercise])} if self.exercise in names else {}
        exec(self.code, {**self.names, **found})


class Modules:
    """What the modules that are loaded now hold: all that is public, and all that can be called."""

    def __init__(self) -> None:
        self._held = {
            module: {
                name: value
                for name, value in vars(module).items()
                if callable(value) or not name.startswith("_")
            }
            for name, module in list(sys.modules.items())
            if name.partition(".")[0] in WATCHED and isinstance(module, ModuleType)
        }

    def restore(self) -> list[str]:
        """Put back what has been replaced or taken away since, and name it."""
        replaced = []
        for module, held in self._held.items():
            now = vars(module)
            for name, value in held.items():
                if now.get(name) is not value:
                    now[name] = value
                    replaced.append(f"{module.__name__}.{name}")
        return replaced
