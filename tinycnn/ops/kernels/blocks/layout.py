"""Images in blocks: (n, chunks, h, w, LANES), the channels of one register next to each other.

Channel c of an image is lane ``c % LANES`` of chunk ``c // LANES``. Between two turns of the layout every
kernel works on whole registers, whatever the size of an image. Missing channels of the last chunk are 0, and
every kernel leaves them so.
"""

from __future__ import annotations

from tinycnn.ops.kernels.machine import threads
from tinycnn.ops.kernels.machine.jit import jit
from tinycnn.ops.kernels.machine.scratch import empty
from tinycnn.ops.kernels.machine.simd import LANES, store, transpose, zero
from tinycnn.ops.types import Array, Edges, Pair, frozen

NO_EDGES: Edges = ((0, 0), (0, 0))


def chunks(channels: int) -> int:
    """Registers that so many channels take."""
    return -(-channels // LANES)


def empty_blocks(n: int, channels: int, size: Pair, edges: Edges = NO_EDGES) -> Array:
    """Room for n images in blocks, of (h, w) and the padding around them."""
    (h, w), ((top, bottom), (left, right)) = size, edges
    return empty((n, chunks(channels), top + h + bottom, left + w + right, LANES))


def to_blocks(x: Array, edges: Edges = NO_EDGES) -> Array:
    """(n, c, h, w) -> (n, chunks, top + h + bottom, left + w + right, LANES), with zeros around images."""
    n, c, h, w = x.shape
    blocks = empty_blocks(n, c, (h, w), edges)
    rows = (frozen(x), blocks) if edges != NO_EDGES else (frozen(x).reshape(n, c, 1, h * w), _one_row(blocks))
    threads.run(_to_blocks, n * chunks(c), *rows, (edges[0][0], edges[1][0]))
    return blocks


def from_blocks(blocks: Array, c: int) -> Array:
    """(n, chunks, h, w, LANES) -> (n, c, h, w)."""
    n, _, h, w, _ = blocks.shape
    x = empty((n, c, h, w))
    threads.run(_from_blocks, n * chunks(c), frozen(_one_row(blocks)), x.reshape(n, c, 1, h * w))
    return x


def _one_row(blocks: Array) -> Array:
    """The places of an image in one row, as they are in memory."""
    n, depth, h, w, lanes = blocks.shape
    return blocks.reshape(n, depth, 1, h * w, lanes)


@jit
def _to_blocks(start, stop, x, blocks, corner):
    """One item is one register of channels of an image."""
    for index in range(start, stop):
        n, chunk = divmod(index, blocks.shape[1])
        for u in range(blocks.shape[2]):
            cut_row(x, n, chunk * LANES, u - corner[0], corner[1], blocks[n, chunk], u)


@jit
def _from_blocks(start, stop, blocks, x):
    """One item is one register of channels of an image."""
    depth = -(-x.shape[1] // LANES)
    for index in range(start, stop):
        n, chunk = divmod(index, depth)
        for i in range(x.shape[2]):
            paste_row(blocks[n, chunk], i, 0, x, n, chunk * LANES, i)


@jit
def cut_row(x, n, channel, i, left, strip, a):
    """Row i of one register of channels, from column -left on, into ``strip[a]``; zeros outside the image.

    x : (n, c, h, w); strip : (rows, columns, LANES)
    """
    c, h, w = x.shape[1:]
    columns, count, nothing = strip.shape[1], min(LANES, c - channel), zero(strip)
    j, stop = max(left, 0), min(columns, w + left)
    if not 0 <= i < h:
        j, stop = columns, columns
    for column in range(j):
        store(strip, (a * columns + column) * LANES, nothing)
    for column in range(stop, columns):
        store(strip, (a * columns + column) * LANES, nothing)
    corner = ((n * c + channel) * h + i) * w - left
    while count == LANES and j + LANES <= stop:
        transpose(x, corner + j, h * w, strip, (a * columns + j) * LANES, LANES)
        j += LANES
    for column in range(j, stop):
        for l in range(LANES):
            strip[a, column, l] = x[n, channel + l, i, column - left] if l < count else 0


@jit
def paste_row(strip, a, lane, x, n, channel, i):
    """One register of channels of ``strip[a]``, from `lane` on, into row i of the channels from `channel` on.

    strip : (rows, columns, lanes); x : (n, c, h, w)
    """
    c, h, w = x.shape[1:]
    columns, lanes = strip.shape[1:]
    j, count = 0, min(LANES, c - channel)
    while count == LANES and j + LANES <= w:
        at = ((n * c + channel) * h + i) * w + j
        transpose(strip, (a * columns + j) * lanes + lane, lanes, x, at, h * w)
        j += LANES
    for l in range(count):
        for column in range(j, w):
            x[n, channel + l, i, column] = strip[a, column, lane + l]
