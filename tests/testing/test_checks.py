"""The checks of vjps pass on the right ones, and fail on wrong ones with the entry that is wrong."""

from __future__ import annotations

import numpy as np
import pytest

from tinycnn import ops
from tinycnn.errors import CheckError, TinycnnError
from tinycnn.testing import check_adjoint, check_vjp, check_weight_vjp

X = np.array([[1.5, -2.0, 0.5]])
WEIGHT = np.array([[1.0, 2.0, 3.0], [0.0, -1.0, 1.0]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_right_vjps_pass(dtype: type) -> None:
    x, weight = X.astype(dtype), WEIGHT.astype(dtype)
    check_vjp(ops.relu, ops.relu_vjp, x)
    check_vjp(ops.softplus, ops.softplus_vjp, x)
    check_adjoint(lambda v: ops.dense(v, weight), lambda u: ops.dense_vjp_input(u, weight), x)
    check_weight_vjp(ops.dense, ops.dense_vjp_weight, x, weight)


WRONG = {
    "no mask": lambda signal, x: signal,
    "reversed mask": lambda signal, x: signal * (x < 0),
    "mask of the signal": lambda signal, x: signal * (signal > 0),
    "scaled": lambda signal, x: 1.001 * ops.relu_vjp(signal, x),
    "not a number": lambda signal, x: np.full_like(x, np.nan),
}


@pytest.mark.parametrize("vjp", WRONG.values(), ids=WRONG)
def test_wrong_vjps_fail(vjp: object) -> None:
    with pytest.raises(CheckError, match="not the transposed Jacobian"):
        check_vjp(ops.relu, vjp, X)  # type: ignore[arg-type]


def test_the_error_names_the_entry_and_can_be_pasted() -> None:
    with pytest.raises(CheckError) as caught:
        check_vjp(ops.relu, lambda signal, x: signal, X)
    message = str(caught.value)
    assert "worst at index (0, 1): 0 expected" in message
    assert "\nx = np.array([[1.5, -2, 0.5]])\nu = np.array([[" in message.replace("-2.0", "-2")


def test_a_forgotten_transpose_fails() -> None:
    square = np.arange(9.0).reshape(3, 3)
    with pytest.raises(CheckError, match="not the transpose"):
        check_adjoint(lambda v: v @ square.T, lambda u: u @ square.T, X)


def test_an_affine_function_is_not_linear() -> None:
    with pytest.raises(CheckError, match="not the transpose"):
        check_adjoint(lambda v: ops.dense(v, WEIGHT, np.ones(2)), lambda u: u @ WEIGHT, X)


def test_weight_vjps_of_another_input_fail() -> None:
    with pytest.raises(CheckError, match="not the transpose"):
        check_weight_vjp(ops.dense, lambda u, x: ops.dense_vjp_weight(u, 2 * x), X, WEIGHT)


def test_shape_and_dtype_are_part_of_the_answer() -> None:
    with pytest.raises(CheckError, match=r"returns float32 \(1, 3\), expected float64 \(1, 3\) like x"):
        check_vjp(ops.relu, lambda signal, x: ops.relu_vjp(signal, x).astype(np.float32), X)
    with pytest.raises(CheckError, match=r"returns float64 \(3,\), expected float64 \(1, 3\)"):
        check_adjoint(lambda v: 2 * v, lambda u: 2 * u[0], X)


def test_writing_to_an_argument_fails() -> None:
    def in_place(signal: np.ndarray, x: np.ndarray) -> np.ndarray:
        signal[x <= 0] = 0
        return signal

    with pytest.raises(CheckError, match="wrote to its arguments"):
        check_vjp(ops.relu, in_place, X)


def test_a_failed_check_fails_a_test_and_is_an_error_of_tinycnn() -> None:
    assert issubclass(CheckError, AssertionError)
    assert issubclass(CheckError, TinycnnError)
