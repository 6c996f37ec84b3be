"""A case: the small network, images and signals on which a law is tried."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinycnn.layers import Layer, flat
from tinycnn.ops.types import Array
from tinycnn.testing.code import array_code, import_lines, layers_code
from tinycnn.trace import Rows, Trace, backward, forward


@dataclass(frozen=True, eq=False)
class Case:
    """What a law is tried on.

    Parameters
    ----------
    layers : tuple of layers
    x : (n, c, h, w)
        Images.
    seed : array of the shape of the output
        The signal to send back.
    other : array like seed, optional
        A second signal, for laws that need two.

    Examples
    --------
    >>> x, seed = np.array([[1.0, -1.0]]), np.array([[5.0, 5.0]])
    >>> tc.testing.Case((tc.ReLU(),), x, seed).map(tc.rules.GRADIENT)
    array([[5., 0.]])
    """

    layers: tuple[Layer, ...]
    x: Array
    seed: Array
    other: Array | None = None

    def trace(self) -> Trace:
        """The forward pass."""
        return forward(self, self.x)

    def signals(self, rule: Rows) -> list[Array]:
        """The signals at every layer, the input's first, when a copy of `seed` is sent back."""
        return backward(self.trace(), self.seed.copy(), rule)

    def map(self, rule: Rows) -> Array:
        """The signal that arrives at the input."""
        return self.signals(rule)[0]

    def scale(self, rule: Rows) -> float:
        """The largest number among the signals."""
        return max(_largest(signal) for signal in self.signals(rule))

    def but(self, **changes: Any) -> Case:
        """The same case with some of its parts replaced."""
        return dataclasses.replace(self, **changes)

    @property
    def size(self) -> int:
        """How many numbers it takes to write the case down."""
        arrays = [self.x, self.seed, *(() if self.other is None else (self.other,))]
        learnt = [array for layer in flat(self.layers) for _, array in layer.parameters()]
        return sum(array.size for array in [*arrays, *learnt])

    def __str__(self) -> str:
        """The case as code to paste; `case` is its name."""
        statements, layers = layers_code(self.layers)
        signals = {"x": self.x, "seed": self.seed, "other": self.other}
        arguments = [f"    {key}={array_code(a)}," for key, a in signals.items() if a is not None]
        lines = [
            "import numpy as np",
            *import_lines(self.layers),
            "from tinycnn.testing import Case",
            *statements,
            "case = Case(",
            f"    {layers},",
            *arguments,
            ")",
        ]
        return "\n".join(lines)


def same_numbers(a: Array, b: Array, scale: float = 0.0) -> bool:
    """Whether two arrays are equal up to the rounding of a few sums.

    Cases are made of small whole numbers, so that most sums are exact; only divisions round. Where what they
    round cancels, `scale` says how large it was.
    """
    if a.shape != b.shape:
        return False
    epsilon = max(np.finfo(a.dtype).eps, np.finfo(b.dtype).eps)
    largest = max(_largest(a), _largest(b), scale)
    bound = 2**12 * float(epsilon) * largest + float(np.finfo(a.dtype).tiny)
    return bool(np.all((np.abs(a - b) <= bound) | (np.isnan(a) & np.isnan(b)) | (a == b)))


def _largest(a: Array) -> float:
    finite = np.abs(a[np.isfinite(a)])
    return float(finite.max()) if finite.size else 0.0
