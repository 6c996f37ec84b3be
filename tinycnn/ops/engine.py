"""The one door to the numbers: every operation by its name, as the engine computes it.

``engine.conv2d`` is the Numba twin in `tinycnn.ops.kernels`. With ``TINYCNN_PLAIN=1`` in the environment, or
where Numba is not installed, it is the NumPy definition in `tinycnn.ops`, which a debugger can step into.
Nothing else in the package asks which of the two there is, but for the fast path, which has no definition.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from tinycnn import ops

_ASKED = os.environ.get("TINYCNN_PLAIN", "") not in ("", "0")

PLAIN = _ASKED or find_spec("numba") is None
"""Whether the definitions run."""

if PLAIN and not _ASKED:
    logging.getLogger("tinycnn").warning("tinycnn: without Numba it computes in NumPy, which is slower")

if TYPE_CHECKING:
    from tinycnn.ops import *  # noqa: F403
else:

    def __getattr__(name: str) -> Any:
        if name not in ops.__all__:
            raise AttributeError(f"there is no operation {name!r}")
        found = getattr(ops if PLAIN else import_module("tinycnn.ops.kernels"), name)
        globals()[name] = found
        return found


def get_num_threads() -> int:
    """How many threads a kernel is spread over; 1 where the definitions run.

    Examples
    --------
    >>> tc.get_num_threads() >= 1
    True
    """
    if PLAIN:
        return 1
    from tinycnn.ops.kernels.machine import threads

    return threads.get_num_threads()


def set_num_threads(count: int) -> None:
    """Spread kernels over `count` threads; the default is ``NUMBA_NUM_THREADS``, else one per core.

    Raises
    ------
    ValueError
        `count` is less than 1.

    Examples
    --------
    >>> before = tc.get_num_threads()
    >>> tc.set_num_threads(1)
    >>> tc.get_num_threads()
    1
    >>> tc.set_num_threads(before)
    """
    if count < 1:
        raise ValueError(f"at least one thread is needed, got {count}")
    if not PLAIN:
        from tinycnn.ops.kernels.machine import threads

        threads.set_num_threads(count)


@contextmanager
def exact() -> Iterator[None]:
    """Within it, float32 convolutions round as little as their definition does.

    Winograd's method, which takes most 3x3 convolutions of stride 1, multiplies less and rounds more: its
    relative error is about 6e-7 for a layer, that of the direct method 2e-7;
    ``python -m benchmarks.accuracy`` measures both. Networks in float64 never use it. The choice holds in
    the thread, or asyncio task, that enters the block.

    Examples
    --------
    >>> model = tc.zoo.three_layer_cnn(filters=2, image=(8, 8))
    >>> with tc.exact():
    ...     maps = tc.visualize(model, np.ones((1, 3, 8, 8), np.float32))
    """
    if PLAIN:
        yield
        return
    from tinycnn.ops.kernels.blocks.conv import EXACT

    token = EXACT.set(True)
    try:
        yield
    finally:
        EXACT.reset(token)
