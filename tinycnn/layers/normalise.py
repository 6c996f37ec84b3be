"""Layers that normalise images by their own numbers; what they learnt is in `tinycnn.layers.linear`."""

from __future__ import annotations

from dataclasses import dataclass

from tinycnn.layers.base import Layer, expect
from tinycnn.ops import engine
from tinycnn.ops.types import Array


@dataclass(frozen=True, eq=False)
class LocalResponseNorm(Layer):
    """Division by what neighbouring channels hold; see `tinycnn.ops.local_response_norm`.

    Examples
    --------
    >>> layer = tc.LocalResponseNorm(size=3, alpha=3.0, beta=1.0)
    >>> layer.forward(np.array([[[[1.0]], [[2.0]]]]))[0].ravel().round(3)
    array([0.167, 0.333])
    """

    size: int
    alpha: float = 1e-4
    beta: float = 0.75
    k: float = 1.0

    def forward(self, x: Array) -> tuple[Array, None]:
        return engine.local_response_norm(x, self.size, self.alpha, self.beta, self.k), None


@dataclass(frozen=True, eq=False)
class GroupNorm(Layer):
    """Mean 0 and variance 1 for every group of channels of every image, then a scale and a shift.

    Parameters
    ----------
    groups : int
        As many as there are channels for instance norm.
    weight, bias : (c,)
    epsilon : float

    Examples
    --------
    >>> layer = tc.GroupNorm(1, np.ones(2), np.zeros(2), epsilon=0.0)
    >>> layer.forward(np.array([[[[1.0]], [[3.0]]]]))[0].ravel()
    array([-1.,  1.])
    """

    groups: int
    weight: Array
    bias: Array
    epsilon: float = 1e-5

    def forward(self, x: Array) -> tuple[Array, None]:
        expect(x, 4, len(self.weight), self.weight)
        return engine.group_norm(x, self.groups, self.weight, self.bias, self.epsilon), None
