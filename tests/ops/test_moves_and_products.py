"""Operations whose definitions are their kernels: each vjp is the transposed Jacobian."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ops.strategies import normal, seeds

from tinycnn import ops
from tinycnn.errors import ShapeError
from tinycnn.testing import check_adjoint, check_vjp

sides = st.integers(1, 5)
shapes = st.tuples(st.integers(0, 2), sides, sides, sides)


@given(shapes, seeds, st.permutations([1, 2, 3]))
def test_reshape_and_transpose_move_each_number_once(
    shape: tuple[int, ...], seed: int, axes: list[int]
) -> None:
    x = normal(seed, shape)
    row = (math.prod(shape[1:]),)
    check_adjoint(lambda v: ops.reshape(v, row), lambda s: ops.reshape_vjp(s, shape[1:]), x)
    check_adjoint(lambda v: ops.transpose(v, tuple(axes)), lambda s: ops.transpose_vjp(s, tuple(axes)), x)
    if x.size:
        np.testing.assert_array_equal(
            np.sort(ops.transpose(x, tuple(axes)), axis=None), np.sort(x, axis=None)
        )


@given(shapes, seeds, st.data())
def test_take_vjp_puts_the_part_back(shape: tuple[int, ...], seed: int, data: st.DataObject) -> None:
    ranges = []
    for side in shape[1:]:
        first = data.draw(st.integers(0, side - 1))
        ranges.append((first, data.draw(st.integers(first + 1, side)), data.draw(st.integers(1, 3))))
    x = normal(seed, shape)
    check_adjoint(lambda v: ops.take(v, ranges), lambda s: ops.take_vjp(s, shape[1:], ranges), x)
    expected = x[:, *(slice(*each) for each in ranges)]
    np.testing.assert_array_equal(ops.take(x, ranges), expected)


@pytest.mark.parametrize("border", ["constant", "reflect", "edge"])
@given(shapes, seeds, st.tuples(*[st.integers(-1, 3)] * 4))
def test_pad2d_is_numpys(
    border: str, shape: tuple[int, ...], seed: int, edges: tuple[int, int, int, int]
) -> None:
    x, padding = normal(seed, shape), (edges[:2], edges[2:])
    (h, w) = shape[2:]
    far = border == "reflect" and (max(edges[:2]) >= h or max(edges[2:]) >= w)
    if far or min(h + sum(edges[:2]), w + sum(edges[2:])) < 1:
        with pytest.raises(ShapeError):
            ops.pad2d(x, padding, border)
        return
    check_adjoint(
        lambda v: ops.pad2d(v, padding, border), lambda s: ops.pad2d_vjp(s, (h, w), padding, border), x
    )
    if min(edges) >= 0:
        options = {"constant_values": 7} if border == "constant" else {}
        expected = np.pad(x, ((0, 0), (0, 0), *padding), border, **options)
        np.testing.assert_array_equal(ops.pad2d(x, padding, border, 7), expected)


@pytest.mark.parametrize(
    "padding", [1, (1, 2), ((1, 2, 3), (0, 1)), ((1,), (0, 1)), ((1, 2),), (range(2), 3)]
)
def test_pad2d_refuses_what_are_no_two_pairs(padding: object) -> None:
    with pytest.raises(ShapeError, match="padding is"):
        ops.pad2d(normal(0, (1, 1, 2, 2)), padding)


@given(shapes, seeds, sides, sides)
def test_resample2d_vjp_is_its_transpose(shape: tuple[int, ...], seed: int, v: int, u: int) -> None:
    rows, columns = normal(seed, (v, shape[2])), normal(seed + 1, (u, shape[3]))
    x = normal(seed + 2, shape)
    check_adjoint(
        lambda a: ops.resample2d(a, rows, columns), lambda s: ops.resample2d_vjp(s, rows, columns), x
    )


@given(shapes, seeds, st.tuples(st.booleans(), st.booleans(), st.booleans()))
def test_scale_meets_shared_and_own_numbers(shape: tuple[int, ...], seed: int, shared: tuple) -> None:
    own = tuple(1 if one else side for one, side in zip(shared, shape[1:], strict=True))
    x, weight, bias = normal(seed, shape), normal(seed + 1, own), normal(seed + 2, own)
    check_adjoint(lambda v: ops.scale(v, weight, 0 * bias), lambda s: ops.scale_vjp(s, weight), x)
    np.testing.assert_array_equal(ops.scale(x, weight, bias), x * weight + bias)


@given(st.tuples(st.integers(1, 2), sides, sides, sides), seeds, st.integers(2, 3))
def test_multiply_has_the_product_rule(shape: tuple[int, ...], seed: int, count: int) -> None:
    gate = (*shape[:2], 1, 1)
    others = [normal(seed + i, gate if i == 1 else shape) for i in range(1, count)]
    for place in range(count):
        moving = normal(seed, gate if place == 1 else shape)

        def factors(v: np.ndarray, place: int = place) -> list[np.ndarray]:
            return [*others[:place], v, *others[place:]]

        if np.broadcast_shapes(*(x.shape for x in factors(moving))) != shape:
            continue
        check_vjp(
            lambda v: ops.multiply(factors(v)),
            lambda s, v, place=place: ops.multiply_vjp(s, factors(v))[place],
            moving,
        )


def test_multiply_vjp_takes_several_signals_for_one_image() -> None:
    x, gate, signal = normal(0, (1, 2, 3, 3)), normal(1, (1, 2, 1, 1)), normal(2, (4, 2, 3, 3))
    together = ops.multiply_vjp(signal, [x, gate])
    assert len(together) == 2
    for i in range(4):
        for found, expected in zip(together, ops.multiply_vjp(signal[i : i + 1], [x, gate]), strict=True):
            np.testing.assert_array_equal(found[i : i + 1], expected)


@pytest.mark.parametrize("signal", [np.ones((1, 2, 3, 3), np.float32), np.ones((1, 2, 3, 2))])
def test_multiply_vjp_refuses_signals_of_another_product(signal: np.ndarray) -> None:
    with pytest.raises(ShapeError, match="is not of the product"):
        ops.multiply_vjp(signal, [normal(0, (1, 2, 3, 3)), normal(1, (1, 2, 1, 1))])


@given(shapes, seeds, st.integers(1, 7))
def test_local_response_norm_is_its_formula(shape: tuple[int, ...], seed: int, size: int) -> None:
    x, (alpha, beta, k) = normal(seed, shape), (0.3, 0.75, 1.5)
    for c in range(shape[1]):
        near = x[:, max(0, c - (size - 1) // 2) : c + size // 2 + 1]
        expected = x[:, c] / (k + alpha / size * (near**2).sum(axis=1)) ** beta
        found = ops.local_response_norm(x, size, alpha, beta, k)[:, c]
        np.testing.assert_allclose(found, expected, rtol=1e-12)
    check_vjp(
        lambda v: ops.local_response_norm(v, size, alpha, beta, k),
        lambda s, v: ops.local_response_norm_vjp(s, v, size, alpha, beta, k),
        x,
    )


@given(st.tuples(st.integers(0, 2), st.integers(1, 3), sides, sides), seeds, st.integers(1, 3))
def test_group_norm_vjp_is_its_derivative(shape: tuple[int, ...], seed: int, groups: int) -> None:
    c = groups * shape[1]
    x, weight, bias = normal(seed, (shape[0], c, *shape[2:])), normal(seed + 1, (c,)), normal(seed + 2, (c,))
    check_vjp(
        lambda v: ops.group_norm(v, groups, weight, bias, 0.1),
        lambda s, v: ops.group_norm_vjp(s, v, groups, weight, 0.1),
        x,
    )


X = normal(0, (2, 4, 3, 3))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ops.reshape(X, (5, 7)), "cannot have the shape"),
        (lambda: ops.transpose(X, (1, 2, 2)), "no order of the axes"),
        (lambda: ops.take(X, [(0, 5, 1), (0, 3, 1), (0, 3, 1)]), "no part of an image"),
        (lambda: ops.take(X, [(0, 4, 1)]), "for each axis of"),
        (lambda: ops.scale(X, np.ones(4), np.ones(4)), "does not meet images"),
        (lambda: ops.scale(X, np.ones((4, 1, 1), np.float32), np.ones((4, 1, 1))), "float32"),
        (lambda: ops.group_norm(X, 3, np.ones(4), np.ones(4), 1e-5), "no 3 equal groups of channels"),
    ],
)
def test_what_does_not_fit_is_refused(call, words: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ShapeError, match=words):
        call()
