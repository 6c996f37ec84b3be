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
    for mine, theirs in zip(fast[:10], defined[:10], strict=True):  # a million copies of a signal are alike
        bound = 1e-3 if theirs.dtype == np.float32 else 1e-9
        np.testing.assert_allclose(mine, theirs, rtol=bound, atol=bound)


@pytest.mark.parametrize("name", CASES)
def test_good_arguments_are_taken_and_some_spoilt_ones_refused(name: str) -> None:
    results = [outcome(getattr(ops, name), drawn(name, seed)) for seed in range(200)]
    refused = [result for result in results if isinstance(result, str)]
    assert 10 < len(refused) < 150
    assert all(len(result.splitlines()) == 1 for result in refused), refused


@pytest.mark.parametrize("name", CASES)
def test_arrays_without_axes_or_entries_are_taken_alike_or_refused_by_name(name: str) -> None:
    """Each array in turn, and all at once, as one number and without entries along each axis."""
    good = CASES[name](np.random.default_rng(0))
    arrays = {key: value for key, value in good.items() if isinstance(value, np.ndarray)}

    def without(array: np.ndarray, axis: int | None) -> np.ndarray:
        return array.ravel()[0].reshape(()) if axis is None else np.take(array, [], axis % array.ndim)

    for axis in (None, 0, 1, -1):
        for keys in (*([key] for key in arrays), arrays):
            arguments = good | {key: without(arrays[key], axis) for key in keys}
            defined, fast = (outcome(getattr(module, name), arguments) for module in (ops, kernels))
            if isinstance(defined, str) or isinstance(fast, str):
                assert fast == defined
                assert fast.startswith((f"{name}: ", "a window of ", "size ("))
            else:
                assert [(a.shape, a.dtype) for a in fast] == [(a.shape, a.dtype) for a in defined]


def test_a_convolution_has_filters_and_channels() -> None:
    for k, c in ((0, 3), (3, 0)):
        x, weight, signal = np.ones((2, c, 5, 4)), np.ones((k, c, 2, 2)), np.ones((2, k, 4, 3))
        for module in (ops, kernels):
            with pytest.raises(ShapeError, match=f"conv2d: {c} channels in and {k} out"):
                module.conv2d(x, weight)
            with pytest.raises(ShapeError, match=f"conv2d_vjp_input: {c} channels in and {k} out"):
                module.conv2d_vjp_input(signal, weight, (5, 4))
            with pytest.raises(ShapeError, match=f"conv2d_vjp_weight: {c} channels in and {k} out"):
                module.conv2d_vjp_weight(signal, x, (2, 2))


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
