"""Kernels on images in blocks equal the definitions, on shapes that registers and tiles do not divide."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from ops.strategies import conv_cases, normal, pool_cases, seeds

from tinycnn import ops
from tinycnn.ops.geometry import pool_window, window
from tinycnn.ops.kernels.blocks import depthwise, lattice, matmul, winograd
from tinycnn.ops.kernels.blocks.affine import (
    NO_CODES,
    OPEN,
    Affine,
    add_blocks,
    gate_blocks,
    pad_blocks,
    plain,
)
from tinycnn.ops.kernels.blocks.layout import chunks, from_blocks, to_blocks
from tinycnn.ops.kernels.blocks.pool import max_pool, max_pool_back
from tinycnn.ops.kernels.machine.simd import LANES
from tinycnn.ops.kernels.planes.gate import Gates, Range

CLOSE = {"rtol": 0, "atol": 1e-4}
"""For numbers of order one: float32 sums of some hundred terms, and Winograd's transforms."""


def room(n: int, channels: int, size: tuple[int, int], dtype: type = np.float32) -> np.ndarray:
    return np.full((n, chunks(channels), *size, LANES), 77, dtype)


def bytes_of(codes: np.ndarray, channels: int) -> np.ndarray:
    return from_blocks(codes.astype(np.float32), channels)


def margins_are_zero(blocks: np.ndarray, channels: int) -> bool:
    return channels % LANES == 0 or not blocks[:, -1, ..., channels % LANES :].any()


@given(seeds, st.integers(1, 3), st.integers(1, 40), st.integers(1, 9), st.integers(1, 9))
def test_blocks_there_and_back(seed, n, c, h, w):  # type: ignore[no-untyped-def]
    x = normal(seed, (n, c, h, w), np.float32)
    blocks = to_blocks(x)
    np.testing.assert_array_equal(from_blocks(blocks, c), x)
    assert margins_are_zero(blocks, c)


def _arrays(case, widen):  # type: ignore[no-untyped-def]
    """A case of few channels, widened so that they fill more than one register."""
    (n, c, h, w), (k, per_group, a, b) = case.x, case.weight
    if case.options["groups"] == 1:
        c, per_group, k = c * widen, per_group * widen, k * widen
    weight = normal(case.seed + 1, (k, per_group, a, b), np.float32) / np.float32(
        math.sqrt(per_group * a * b)
    )
    return normal(case.seed, (n, c, h, w), np.float32), weight


def _affine(seed, k, inside):  # type: ignore[no-untyped-def]
    scale, shift = normal(seed, (2, k), np.float32)
    return Affine(scale, shift, inside)


@st.composite
def plain_cases(draw):  # type: ignore[no-untyped-def]
    """Convolutions that go on blocks: one group, or one for each channel; no circular padding."""
    case = draw(conv_cases())
    case.options["circular"] = False
    if case.options["groups"] > 1:
        (n, _, h, w), (_, _, a, b) = case.x, case.weight
        c = draw(st.sampled_from([2, LANES, LANES + 3]))
        case = type(case)((n, c, h, w), (c, 1, a, b), {**case.options, "groups": c}, case.seed)
    return case


@given(
    plain_cases(),
    st.sampled_from([1, 7, 17]),
    st.sampled_from([Range(0, math.inf), Range(0, 6)]),
    st.booleans(),
)
def test_a_convolution_with_its_activation_and_the_way_back(case, widen, inside, masked):  # type: ignore[no-untyped-def]
    x, weight = _arrays(case, widen)
    (n, c), k, options = x.shape[:2], len(weight), case.options
    geometry = {name: options[name] for name in ("stride", "padding", "dilation")}
    at, affine = window(x.shape[2:], weight.shape[2:], **geometry), _affine(case.seed + 3, k, inside)
    sums = ops.conv2d(x.astype("f8"), weight.astype("f8"), **options)
    before = affine.scale[:, None, None] * sums + affine.shift[:, None, None]
    method = matmul if options["groups"] == 1 else depthwise
    y, codes = room(n, k, at.output), room(n, k, at.output, np.uint8)
    padded = pad_blocks(to_blocks(x), at.edges)
    np.testing.assert_array_equal(padded, to_blocks(x, at.edges))
    method.convolve(padded, weight, lattice.forward(at), affine, y, codes)
    np.testing.assert_allclose(from_blocks(y, k), np.clip(before, *inside), **CLOSE)
    assert margins_are_zero(y, k)
    sure = np.minimum(abs(before - inside.low), abs(before - inside.high)) > CLOSE["atol"]
    opened = (before > inside.low) & (before < inside.high)
    np.testing.assert_array_equal(bytes_of(codes, k)[sure], OPEN * opened[sure])

    signal, gates = (
        normal(case.seed + 4, before.shape, np.float32),
        Gates(np.full(n, masked), np.zeros(n, "f4")),
    )
    passed = np.maximum(signal, 0) * (bytes_of(codes, k) > 0 if masked else 1) * affine.scale[:, None, None]
    expected = ops.conv2d_vjp_input(passed.astype("f8"), weight.astype("f8"), x.shape[2:], **options)
    parts, edges = lattice.backward(at)
    above, back = gate_blocks(to_blocks(signal), codes, gates, edges), room(n, c, x.shape[2:])
    for part in parts:
        method.convolve_back(above, weight, affine.scale, part, back)
    np.testing.assert_allclose(from_blocks(back, c), expected, **CLOSE)
    assert margins_are_zero(back, c)


@settings(max_examples=30)
@given(
    seeds,
    st.integers(1, 2),
    st.sampled_from([3, 16, 20]),
    st.sampled_from([16, 33]),
    st.integers(9, 15),
    st.integers(0, 2),
    st.booleans(),
)
def test_tiles_with_batch_norm_activation_and_pool(seed, n, c, k, h, padding, pooled):  # type: ignore[no-untyped-def]
    x, weight = normal(seed, (n, c, h, h + 2), np.float32), normal(seed + 1, (k, c, 3, 3), np.float32)
    weight /= np.float32(math.sqrt(9 * c))
    at, affine = window((h, h + 2), (3, 3), padding=padding), _affine(seed + 2, k, Range(0, 1.5))
    sums = ops.conv2d(x.astype("f8"), weight.astype("f8"), padding=padding)
    after = np.clip(affine.scale[:, None, None] * sums + affine.shift[:, None, None], 0, 1.5)
    expected = ops.max_pool2d(after, 2, 2)[0] if pooled else after
    y, codes = room(n, k, expected.shape[2:]), room(n, k, expected.shape[2:], np.uint8)
    winograd.convolve(to_blocks(x), weight, affine, at, y, codes)
    np.testing.assert_allclose(from_blocks(y, k), expected, **CLOSE)
    assert margins_are_zero(y, k)

    signal = normal(seed + 3, expected.shape, np.float32)
    code = bytes_of(codes, k).astype(int)
    passed = np.maximum(signal, 0) * (code >= OPEN)
    if pooled:
        whole = np.zeros(after.shape)
        for entry in range(4):
            rows, columns = slice(entry // 2, 2 * y.shape[2], 2), slice(entry % 2, 2 * y.shape[3], 2)
            whole[:, :, rows, columns] = passed * (code % OPEN == entry)
        passed = whole
    scaled = affine.scale[:, None, None] * passed
    back, gates = room(n, c, (h, h + 2)), Gates(np.ones(n, bool), np.zeros(n, "f4"))
    winograd.convolve_back(to_blocks(signal), codes, gates, weight, affine.scale, at, back)
    expected = ops.conv2d_vjp_input(scaled.astype("f8"), weight.astype("f8"), (h, h + 2), padding=padding)
    np.testing.assert_allclose(from_blocks(back, c), expected, **CLOSE)


@given(pool_cases(), st.sampled_from([1, LANES + 1]))
def test_max_pool_sends_each_signal_to_its_first_maximum(case, widen):  # type: ignore[no-untyped-def]
    x = np.round(normal(case.seed, case.x, np.float32), 0).repeat(widen, axis=1)  # rounded: full of ties
    expected, switches = ops.max_pool2d(x, **case.options)
    at = pool_window(x.shape[2:], **case.options)
    assume(at.dilation == (1, 1))  # others stay on planes
    y, codes = max_pool(to_blocks(x), at)
    np.testing.assert_array_equal(from_blocks(y, x.shape[1]), expected)
    signal = normal(case.seed + 1, expected.shape, np.float32)
    back = from_blocks(max_pool_back(to_blocks(signal), codes, at), x.shape[1])
    np.testing.assert_allclose(back, ops.max_pool2d_vjp(signal, switches, x.shape[2:]), **CLOSE)


def test_signals_of_several_rules_share_the_bytes_of_their_image() -> None:
    x, at = normal(0, (2, 20, 6, 6), np.float32), pool_window((6, 6), 2, 2, 0)
    _, codes = max_pool(to_blocks(x), at)
    signal = normal(1, (4, 20, 3, 3), np.float32)
    back = max_pool_back(to_blocks(signal), codes, at)
    for first in (0, 2):
        own = max_pool_back(to_blocks(signal[first : first + 2]), codes, at)
        np.testing.assert_array_equal(back[first : first + 2], own)


@pytest.mark.parametrize("branches", [2, 3])
def test_branches_are_added_and_clipped(branches: int) -> None:
    parts = normal(0, (branches, 2, 20, 5, 5), np.float32)
    y, codes = add_blocks([to_blocks(part) for part in parts], Range(0, 1), coded=True)
    total = parts.sum(axis=0)
    np.testing.assert_allclose(from_blocks(y, 20), np.clip(total, 0, 1), rtol=0, atol=1e-6)
    np.testing.assert_array_equal(bytes_of(codes, 20), OPEN * ((total > 0) & (total < 1)))


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize("size", [1, 3])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_no_number_that_is_not_finite_is_hidden(value: float, size: int) -> None:
    x, weight = normal(0, (1, 16, 6, 6), np.float32), normal(1, (16, 16, size, size), np.float32)
    x[0, 3, 2, 2] = value
    at, y = window((6, 6), (size, size)), room(1, 16, (7 - size, 7 - size))
    matmul.convolve(to_blocks(x), weight, lattice.forward(at), plain(16), y, NO_CODES)
    touched = ~np.isfinite(ops.conv2d(x, weight))
    assert touched.any()
    assert not np.isfinite(from_blocks(y, 16)[touched]).any()
    assert not np.isfinite(
        from_blocks(max_pool(to_blocks(x), pool_window((6, 6), 2, 2, 0))[0], 16)[0, 3, 1, 1]
    )


@pytest.mark.parametrize("images", [1, 2])
@pytest.mark.parametrize("tiles", [False, True])
def test_each_signal_meets_its_own_rule_and_image(images: int, tiles: bool) -> None:
    codes = OPEN * np.random.default_rng(0).integers(0, 2, (images, 2, 6, 6, LANES)).astype(np.uint8)
    signal, weight = normal(1, (4, 2 * LANES, 6, 6), np.float32), normal(2, (2 * LANES, 16, 3, 3), np.float32)
    gates = Gates(np.array([True, False, True, False]), np.array([-np.inf, 0, 0, -np.inf], np.float32))
    passed = np.maximum(signal, gates.low[:, None, None, None])
    every = bytes_of(codes, 2 * LANES)[np.arange(4) % images] > 0
    passed = np.where(gates.masked[:, None, None, None] & ~every, 0, passed)
    if not tiles:
        found = gate_blocks(to_blocks(signal), codes, gates)
        np.testing.assert_array_equal(from_blocks(found, 2 * LANES), passed)
        return
    at, back, ones = window((6, 6), (3, 3), padding=1), room(4, 16, (6, 6)), np.ones(2 * LANES, "f4")
    winograd.convolve_back(to_blocks(signal), codes, gates, weight, ones, at, back)
    expected = ops.conv2d_vjp_input(passed.astype("f8"), weight.astype("f8"), (6, 6), padding=1)
    np.testing.assert_allclose(from_blocks(back, 16), expected, rtol=0, atol=1e-4 * np.abs(expected).max())


@pytest.mark.parametrize("groups", [1, 2 * LANES])
def test_a_signal_may_be_a_view(groups: int) -> None:
    c = 2 * LANES
    at, weight = window((5, 5), (1, 1)), normal(0, (c, c // groups, 1, 1), np.float32)
    x = to_blocks(normal(1, (3, 2 * c, 5, 5), np.float32))
    method = matmul if groups == 1 else depthwise
    expected, found = room(3, c, (5, 5)), room(3, c, (5, 5))
    for source, y in ((x[:, 2:], found), (x[:, 2:].copy(), expected)):
        method.convolve(source, weight, lattice.forward(at), plain(c), y, NO_CODES)
    np.testing.assert_array_equal(found, expected)
