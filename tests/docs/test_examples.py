"""What the reference shows is run: every public function and class has an example, and it is right.

In an example, `np` is NumPy and `tc` is tinycnn; files that it writes lie in a folder of its own.
"""

from __future__ import annotations

import doctest
import inspect
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import tinycnn as tc

MODULES = (tc, tc.checks, tc.testing, tc.zoo, tc.maps, tc.metrics, tc.plot)

NOT_RUN = {
    "from_torch": "needs torch",
    "zoo.paper_cnn": "takes 3.2 GB",
    "zoo.paper_cnn_pool": "takes 3.2 GB",
    "zoo.paper_fcn": "draws 61 million weights",
    "zoo.paper_vgg16": "draws 138 million weights",
}
"""Names whose examples are not run, and why. It only gets shorter."""


def called(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """What users call of a module: its public functions and classes, but for errors, which they catch."""
    for name in getattr(module, "__all__", vars(module)):
        thing = getattr(module, name)
        own = hasattr(module, "__all__") or getattr(thing, "__module__", "") == module.__name__
        error = inspect.isclass(thing) and issubclass(thing, Exception)
        if (
            own
            and not name.startswith("_")
            and (inspect.isfunction(thing) or inspect.isclass(thing))
            and not error
        ):
            place = module.__name__.removeprefix("tinycnn").removeprefix(".pictures").strip(".")
            yield f"{place}.{name}".strip("."), thing


THINGS = dict(entry for module in MODULES for entry in called(module))


def examples(thing: Any) -> list[doctest.DocTest]:
    """The examples of a docstring, and of those of a class's methods."""
    found = doctest.DocTestFinder().find(thing, "example", globs={"np": np, "tc": tc})
    return [test for test in found if any(doctest.SKIP not in each.options for each in test.examples)]


@pytest.mark.parametrize("name", sorted(THINGS.keys() - NOT_RUN.keys()))
def test_there_is_an_example_and_it_is_right(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    tests, told = examples(THINGS[name]), []
    assert tests, f"the docstring of tc.{name} needs an example"
    for test in tests:
        doctest.DocTestRunner().run(test, out=told.append)
    assert not told, "".join(told)


def test_what_has_an_example_that_is_run_is_not_excused() -> None:
    assert [name for name in NOT_RUN if name not in THINGS or examples(THINGS[name])] == []
