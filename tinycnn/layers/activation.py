"""Activations: functions of single numbers. What rules, laws and the fast path know of one is its class."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from tinycnn.errors import ShapeError
from tinycnn.layers.base import Layer
from tinycnn.ops import engine
from tinycnn.ops.types import Array


@dataclass(frozen=True, eq=False)
class Activation(Layer):
    """A function f of single numbers, with its derivative.

    A subclass defines `function`, and `derivative` or `vjp`; each of these two follows from the other. A
    class that clips its input may say so by ``range``. A class that defines one of these inherits none of
    them, so that no function ever has the derivative of another.

    Examples
    --------
    >>> class Square(Activation):
    ...     def function(self, x):
    ...         return x * x
    ...
    ...     def derivative(self, x):
    ...         return 2 * x
    """

    range: ClassVar[Any] = None
    """(low, high) of an activation that is ``min(max(x, low), high)``; None of any other."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        own = vars(cls).keys() & {"function", "derivative", "vjp", "range"}
        if not own:
            return
        if "function" not in own or not own & {"derivative", "vjp"}:
            raise TypeError(
                f"{cls.__name__} must define function, and derivative or vjp; it has {sorted(own)}"
            )
        for name in {"derivative", "vjp", "range"} - own:
            setattr(cls, name, vars(Activation)[name])

    def function(self, x: Array) -> Array:
        """f(x), of the shape and precision of x."""
        raise NotImplementedError

    def derivative(self, x: Array) -> Array:
        """f'(x), of the shape and precision of x."""
        return self.vjp(np.ones_like(x), x)

    def vjp(self, signal: Array, x: Array) -> Array:
        """``signal * f'(x)``; for a single image there may be any number of signals."""
        return signal * self.derivative(x)

    def forward(self, x: Array) -> tuple[Array, None]:
        return self.function(x), None


@dataclass(frozen=True, eq=False)
class ReLU(Activation):
    """``max(x, 0)``.

    Examples
    --------
    >>> tc.ReLU().function(np.array([-1.0, 2.0]))
    array([0., 2.])
    >>> tc.ReLU().vjp(np.array([5.0, 5.0]), np.array([-1.0, 2.0]))
    array([0., 5.])
    """

    range: ClassVar[Any] = (0.0, math.inf)

    def function(self, x: Array) -> Array:
        return engine.relu(x)

    def vjp(self, signal: Array, x: Array) -> Array:
        return engine.relu_vjp(signal, x)


@dataclass(frozen=True, eq=False)
class ReLU6(Activation):
    """``min(max(x, 0), 6)``.

    Examples
    --------
    >>> tc.ReLU6().function(np.array([-1.0, 2.0, 9.0]))
    array([0., 2., 6.])
    """

    range: ClassVar[Any] = (0.0, 6.0)

    def function(self, x: Array) -> Array:
        return engine.relu6(x)

    def vjp(self, signal: Array, x: Array) -> Array:
        return engine.relu6_vjp(signal, x)


@dataclass(frozen=True, eq=False)
class Clip(Activation):
    """``min(max(x, low), high)``; by default hard tanh.

    Examples
    --------
    >>> tc.Clip(0.0, 2.0).function(np.array([-1.0, 1.0, 9.0]))
    array([0., 1., 2.])
    """

    low: float = -1.0
    high: float = 1.0

    @property
    def range(self) -> tuple[float, float]:
        """The least and the largest value: (low, high)."""
        return self.low, self.high

    def function(self, x: Array) -> Array:
        return engine.clip(x, self.low, self.high)

    def vjp(self, signal: Array, x: Array) -> Array:
        return engine.clip_vjp(signal, x, self.low, self.high)


@dataclass(frozen=True, eq=False)
class Identity(Activation):
    """``x``.

    Examples
    --------
    >>> tc.Identity().function(np.array([-1.0, 2.0]))
    array([-1.,  2.])
    """

    range: ClassVar[Any] = (-math.inf, math.inf)

    def function(self, x: Array) -> Array:
        return x

    def vjp(self, signal: Array, x: Array) -> Array:
        return signal


@dataclass(frozen=True, eq=False)
class LeakyReLU(Activation):
    """``x`` where it is positive, elsewhere ``slope * x``.

    Examples
    --------
    >>> tc.LeakyReLU(0.1).function(np.array([-1.0, 2.0]))
    array([-0.1,  2. ])
    """

    slope: float = 0.01

    def function(self, x: Array) -> Array:
        return engine.leaky_relu(x, self.slope)

    def vjp(self, signal: Array, x: Array) -> Array:
        return engine.leaky_relu_vjp(signal, x, self.slope)


@dataclass(frozen=True, eq=False)
class PReLU(Activation):
    """LeakyReLU with learnt slopes, (1,) for all channels or (k,): one for each. Of any precision.

    Examples
    --------
    >>> tc.PReLU(np.array([0.1, 0.5])).function(np.array([[-1.0, -1.0]]))
    array([[-0.1, -0.5]])
    """

    slopes: Array = field(default_factory=lambda: np.array([0.25]))

    def function(self, x: Array) -> Array:
        return engine.leaky_relu(x, self._for(x))

    def vjp(self, signal: Array, x: Array) -> Array:
        return engine.leaky_relu_vjp(signal, x, self._for(x))

    def _for(self, x: Array) -> float | Array:
        slopes = self.slopes
        if slopes.ndim != 1 or (slopes.size > 1 and (x.ndim < 2 or x.shape[1] != slopes.size)):
            raise ShapeError(
                f"slopes must be (1,) or one for each channel, got slopes {slopes.shape} for {x.shape}"
            )
        return slopes if slopes.size > 1 else float(slopes[0])


@dataclass(frozen=True, eq=False)
class ELU(Activation):
    """``x`` where it is positive, elsewhere ``alpha * (exp(x) - 1)``.

    Examples
    --------
    >>> tc.ELU(alpha=2.0).function(np.array([-1.0, 2.0])).round(3)
    array([-1.264,  2.   ])
    """

    alpha: float = 1.0

    def function(self, x: Array) -> Array:
        return engine.elu(x, self.alpha)

    def vjp(self, signal: Array, x: Array) -> Array:
        return engine.elu_vjp(signal, x, self.alpha)


@dataclass(frozen=True, eq=False)
class SELU(Activation):
    """``scale * ELU(alpha)``, with constants that keep mean 0 and variance 1 (Klambauer et al. 2017).

    Examples
    --------
    >>> tc.SELU().function(np.array([-1.0, 2.0])).round(3)
    array([-1.111,  2.101])
    """

    ALPHA: ClassVar[float] = 1.6732632423543772
    SCALE: ClassVar[float] = 1.0507009873554805

    def function(self, x: Array) -> Array:
        return engine.elu(x, self.ALPHA, self.SCALE)

    def vjp(self, signal: Array, x: Array) -> Array:
        return engine.elu_vjp(signal, x, self.ALPHA, self.SCALE)


@dataclass(frozen=True, eq=False)
class Softplus(Activation):
    """``log(1 + exp(beta x)) / beta``: a smooth ReLU, the closer to it the larger beta.

    Examples
    --------
    >>> tc.Softplus(beta=10.0).function(np.array([-1.0, 0.0, 2.0])).round(3)
    array([0.   , 0.069, 2.   ])
    """

    beta: float = 1.0

    def function(self, x: Array) -> Array:
        return engine.softplus(x, self.beta)

    def vjp(self, signal: Array, x: Array) -> Array:
        return engine.softplus_vjp(signal, x, self.beta)


@dataclass(frozen=True, eq=False)
class Sigmoid(Activation):
    """``1 / (1 + exp(-x))``.

    Examples
    --------
    >>> tc.Sigmoid().function(np.array([-1.0, 0.0, 2.0])).round(3)
    array([0.269, 0.5  , 0.881])
    """

    def function(self, x: Array) -> Array:
        return engine.sigmoid(x)

    def vjp(self, signal: Array, x: Array) -> Array:
        return engine.sigmoid_vjp(signal, x)


@dataclass(frozen=True, eq=False)
class Tanh(Activation):
    """``tanh(x)``.

    Examples
    --------
    >>> tc.Tanh().function(np.array([-1.0, 2.0])).round(3)
    array([-0.762,  0.964])
    """

    def function(self, x: Array) -> Array:
        return engine.tanh(x)

    def vjp(self, signal: Array, x: Array) -> Array:
        return engine.tanh_vjp(signal, x)


@dataclass(frozen=True, eq=False)
class SiLU(Activation):
    """``x * sigmoid(x)``, also called swish.

    Examples
    --------
    >>> tc.SiLU().function(np.array([-1.0, 2.0])).round(3)
    array([-0.269,  1.762])
    """

    def function(self, x: Array) -> Array:
        return engine.silu(x)

    def vjp(self, signal: Array, x: Array) -> Array:
        return engine.silu_vjp(signal, x)


@dataclass(frozen=True, eq=False)
class HardSigmoid(Activation):
    """``min(max(x + 3, 0), 6) / 6``.

    Examples
    --------
    >>> tc.HardSigmoid().function(np.array([-9.0, 0.0, 1.5]))
    array([0.  , 0.5 , 0.75])
    """

    def function(self, x: Array) -> Array:
        return engine.hard_sigmoid(x)

    def vjp(self, signal: Array, x: Array) -> Array:
        return engine.hard_sigmoid_vjp(signal, x)


@dataclass(frozen=True, eq=False)
class HardSwish(Activation):
    """``x * min(max(x + 3, 0), 6) / 6``.

    Examples
    --------
    >>> tc.HardSwish().function(np.array([-1.5, 1.5, 4.0]))
    array([-0.375,  1.125,  4.   ])
    """

    def function(self, x: Array) -> Array:
        return engine.hard_swish(x)

    def vjp(self, signal: Array, x: Array) -> Array:
        return engine.hard_swish_vjp(signal, x)


@dataclass(frozen=True, eq=False)
class GELU(Activation):
    """``x * P(N <= x)`` for a standard normal N; with `tanh`, the customary approximation of it.

    Examples
    --------
    >>> tc.GELU().function(np.array([-1.0, 2.0])).round(4)
    array([-0.1587,  1.9545])
    >>> tc.GELU(tanh=True).function(np.array([-1.0, 2.0])).round(4)
    array([-0.1588,  1.9546])
    """

    tanh: bool = False

    def function(self, x: Array) -> Array:
        return engine.gelu_tanh(x) if self.tanh else engine.gelu(x)

    def vjp(self, signal: Array, x: Array) -> Array:
        return engine.gelu_tanh_vjp(signal, x) if self.tanh else engine.gelu_vjp(signal, x)
