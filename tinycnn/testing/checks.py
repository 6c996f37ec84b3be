"""Is a vjp the transpose of its Jacobian? Checks in random directions, for any function of arrays.

They need nothing but arrays in and arrays out, so they serve other frameworks' functions as well.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from tinycnn.errors import CheckError
from tinycnn.ops.types import Array
from tinycnn.testing.code import array_code

STEP = {np.dtype(np.float32): 5e-3, np.dtype(np.float64): 6e-6}
"""Step of the finite differences: the cube root of the machine epsilon, best for central differences."""

TOLERANCE = {np.dtype(np.float32): 2e-4, np.dtype(np.float64): 1e-9}
"""Largest disagreement, relative to the lengths of the vectors in the inner products."""

DIRECTIONS = 3


def check_vjp(
    function: Callable[[Array], Array],
    vjp: Callable[[Array, Array], Array],
    x: Array,
    seed: int = 0,
    tolerance: float | None = None,
) -> None:
    """Compare a vjp with central differences in random directions.

    Parameters
    ----------
    function : x -> y
    vjp : (signal, x) -> signal at x
    x : array
        Where to check. A kink nearer than ``STEP[x.dtype]`` to an entry of x shows as a disagreement.
    seed : int
        Of the random directions.
    tolerance : float, optional
        Relative; by default ``TOLERANCE[x.dtype]``.

    Raises
    ------
    CheckError
        They disagree, the vjp keeps neither shape nor dtype of x, or writes to its arguments.

    Notes
    -----
    ``<u, (f(x + h d) - f(x - h d)) / 2h> = <vjp(u, x), d>`` up to terms of order ``h^2``, for random u, d.

    Examples
    --------
    >>> tc.testing.check_vjp(np.sin, lambda signal, x: signal * np.cos(x), np.ones(3))
    """
    step, rng = STEP[x.dtype], np.random.default_rng(seed)
    y = function(x)
    for _ in range(DIRECTIONS):
        u, d = _like(rng, y), _like(rng, x)
        back = _untouched(vjp, "vjp", u, x)
        _expect_like(back, x, "vjp", "x")
        moved = _slope(function, x, d, step)
        scale = _norm(u) * (_norm(moved) + _norm(y)) + _norm(back) * _norm(d)
        if not _agree(_inner(u, moved), _inner(back, d), scale, tolerance, x):
            entry = _wrong_entry(partial(_sloped, function, x, step, u), back)
            raise CheckError(
                f"the vjp is not the transposed Jacobian: along a direction d, <u, J d> is "
                f"{_inner(u, moved):.9g} by finite differences, but <vjp(u), d> is {_inner(back, d):.9g}"
                f"{entry}\nx = {array_code(x)}\nu = {array_code(u)}"
            )


def check_adjoint(
    linear: Callable[[Array], Array],
    transpose: Callable[[Array], Array],
    x: Array,
    seed: int = 0,
    tolerance: float | None = None,
) -> None:
    """Check the adjoint identity ``<L v, u> = <v, L^T u>`` for random v, u.

    Parameters
    ----------
    linear : x -> y
    transpose : signal at y -> signal at x
    x : array
        Gives the shape and dtype of v; its numbers do not matter.
    seed : int
        Of v and u.
    tolerance : float, optional
        Relative; by default ``TOLERANCE[x.dtype]``.

    Raises
    ------
    CheckError
        The identity fails, the transpose keeps neither shape nor dtype of x, or writes to its argument.

    Examples
    --------
    >>> def transpose(signal):
    ...     return np.cumsum(signal[::-1])[::-1]
    >>> tc.testing.check_adjoint(np.cumsum, transpose, np.ones(3))
    """
    rng = np.random.default_rng(seed)
    for _ in range(DIRECTIONS):
        v = _like(rng, x)
        y = _untouched(linear, "function", v)
        u = _like(rng, y)
        back = _untouched(transpose, "transpose", u)
        _expect_like(back, x, "transpose", "x")
        if not _agree(_inner(y, u), _inner(v, back), _norm(y) * _norm(u), tolerance, x):
            entry = _wrong_entry(partial(_applied, linear, u), back)
            raise CheckError(
                f"not the transpose: <L v, u> is {_inner(y, u):.9g} but <v, L^T u> is {_inner(v, back):.9g}"
                f"{entry}\nv = {array_code(v)}\nu = {array_code(u)}"
            )


def check_weight_vjp(
    function: Callable[[Array, Array], Array],
    vjp: Callable[[Array, Array], Array],
    x: Array,
    weight: Array,
    seed: int = 0,
    tolerance: float | None = None,
) -> None:
    """Check the way back to a weight in which the function is linear.

    Parameters
    ----------
    function : (x, weight) -> y
        Without a bias.
    vjp : (signal, x) -> signal at the weight
    x, weight : array
        Of the weight only shape and dtype matter.
    seed : int
    tolerance : float, optional
        Relative; by default ``TOLERANCE[weight.dtype]``.

    Raises
    ------
    CheckError
        As `check_adjoint`, with the weight in the place of x.

    Examples
    --------
    >>> def vjp(signal, x):
    ...     return signal.T @ x
    >>> x, weight = np.ones((5, 3)), np.ones((2, 3))
    >>> tc.testing.check_weight_vjp(lambda x, w: x @ w.T, vjp, x, weight)
    """
    check_adjoint(lambda v: function(x, v), lambda u: _untouched(vjp, "vjp", u, x), weight, seed, tolerance)


def _like(rng: np.random.Generator, array: Array) -> Array:
    return rng.standard_normal(array.shape).astype(array.dtype)


def _slope(function: Callable[[Array], Array], x: Array, direction: Array, step: float) -> Array:
    """The derivative along a direction, by central differences."""
    h = x.dtype.type(step)
    slope: Array = (function(x + h * direction) - function(x - h * direction)) / (2 * h)
    return slope


def _sloped(function: Callable[[Array], Array], x: Array, step: float, u: Array, direction: Array) -> float:
    return _inner(u, _slope(function, x, direction, step))


def _applied(linear: Callable[[Array], Array], u: Array, direction: Array) -> float:
    return _inner(u, linear(direction))


def _untouched(function: Callable[..., Array], what: str, *arrays: Array) -> Array:
    """Call, and see that the arguments are as before."""
    before = [array.tobytes() for array in arrays]
    found = function(*arrays)
    if before != [array.tobytes() for array in arrays]:
        raise CheckError(f"the {what} wrote to its arguments; work on a copy")
    return found


def _expect_like(found: Any, expected: Array, what: str, name: str) -> None:
    if not isinstance(found, np.ndarray) or (found.shape, found.dtype) != (expected.shape, expected.dtype):
        kind = f"{found.dtype} {found.shape}" if isinstance(found, np.ndarray) else type(found).__name__
        raise CheckError(f"the {what} returns {kind}, expected {expected.dtype} {expected.shape} like {name}")


def _wrong_entry(expected: Callable[[Array], float], back: Array) -> str:
    """Where the signal differs most from what the function says, entry by entry."""
    if back.size == 0 or back.size > 1000:
        return ""
    basis = np.eye(back.size, dtype=back.dtype).reshape(back.size, *back.shape)
    truth = np.array([expected(e) for e in basis])
    worst = int(np.nan_to_num(np.abs(truth - back.reshape(-1)), nan=np.inf).argmax())
    at = tuple(int(i) for i in np.unravel_index(worst, back.shape))
    return f"; worst at index {at}: {truth[worst]:.9g} expected, {back[at]:.9g} found"


def _agree(one: float, other: float, scale: float, tolerance: float | None, x: Array) -> bool:
    bound = (TOLERANCE[x.dtype] if tolerance is None else tolerance) * scale
    return abs(one - other) <= bound


def _inner(a: Array, b: Array) -> float:
    return float(np.sum(np.multiply(a, b, dtype=np.float64)))


def _norm(a: Array) -> float:
    return float(np.sqrt(np.sum(np.square(a, dtype=np.float64))))
