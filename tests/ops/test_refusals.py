"""A definition and its twin take the same arguments, give the same numbers, and refuse in the same words."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest
from hypothesis import example, given, settings
from ops.arguments import CASES, drawn
from ops.strategies import normal, seeds

from tinycnn import ops
from tinycnn.errors import ShapeError
from tinycnn.ops import engine, kernels


def outcome(operation: Any, arguments: dict[str, Any]) -> Any:
    """What came out, as a tuple of arrays, or the words of the refusal."""
    try:
        with np.errstate(all="ignore"):
            found = operation(**arguments)
    except (ShapeError, MemoryError) as error:
        return str(error) or "out of memory"
    return found if isinstance(found, tuple) else (found,)


def test_every_operation_has_a_case() -> None:
    assert set(CASES) == set(ops.__all__) == set(kernels.__all__)


@pytest.mark.parametrize("name", CASES)
@settings(max_examples=60)
@given(seeds)
@example(0)
def test_definition_and_twin_agree_on_value_or_refusal(name: str, seed: int) -> None:
    arguments = drawn(name, seed)
    defined, fast = (outcome(getattr(module, name), arguments) for module in (ops, kernels))
    if isinstance(defined, str) or isinstance(fast, str):
        assert fast == defined
        return
    assert [a.dtype for a in fast] == [a.dtype for a in defined]
    for mine, theirs in zip(fast, defined, strict=True):
        bound = 1e-3 if theirs.dtype == np.float32 else 1e-9
        np.testing.assert_allclose(mine, theirs, rtol=bound, atol=bound)


@pytest.mark.parametrize("name", CASES)
def test_good_arguments_are_taken_and_some_spoilt_ones_refused(name: str) -> None:
    results = [outcome(getattr(ops, name), drawn(name, seed)) for seed in range(200)]
    refused = [result for result in results if isinstance(result, str)]
    assert 10 < len(refused) < 150
    assert all(len(result.splitlines()) == 1 for result in refused), refused


def test_several_signals_are_for_one_image_only() -> None:
    two, six = normal(0, (2, 1, 4, 4)), normal(1, (6, 1, 2, 2))
    _, switches = engine.max_pool2d(two, 2, 2)
    for module in (ops, kernels):
        with pytest.raises(ShapeError, match="max_pool2d_vjp: 6 signals for 2 images"):
            module.max_pool2d_vjp(six, switches, (4, 4))
        with pytest.raises(ShapeError, match="relu_vjp: 4 signals for 2 images"):
            module.relu_vjp(normal(0, (4, 3)), normal(1, (2, 3)))


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="NumPy checks every index")
def test_nothing_ends_the_process() -> None:
    """A child process calls every twin with drawn arguments; a wild write would end it by a signal."""
    program = (
        "import numpy as np; from ops.arguments import CASES, drawn; from ops.test_refusals import outcome\n"
        "from tinycnn.ops import kernels\n"
        "[outcome(getattr(kernels, name), drawn(name, seed)) for seed in range(100) for name in CASES]"
    )
    folder = Path(__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
