"""Moments of what a rule does to a signal on its way back: h(V) for a Gaussian V.

Integrals run over the two half-lines separately, as the functions of interest have a kink at 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy.integrate import quad

from tinycnn.rules.gate import Send


def mean(send: Send, sd: float = 1.0) -> float:
    """``E h(V)`` for V ~ N(0, sd^2).

    Parameters
    ----------
    send : function of an array
        Such as those in `tinycnn.rules.gate`.
    sd : float
    """
    return _gaussian_mean(lambda v: _at(send, v), sd)


def mean_square(send: Send, sd: float = 1.0) -> float:
    """``E h(V)^2`` for V ~ N(0, sd^2); parameters as for `mean`."""
    return _gaussian_mean(lambda v: _at(send, v) ** 2, sd)


def eta(send: Send) -> float:
    """How much noise a backward function makes for the mean that it keeps.

    Parameters
    ----------
    send : function of an array

    Returns
    -------
    float
        ``E h(V)^2 / (E h(V))^2 >= 1``: 1 for a constant, pi / 2 for the magnitude, pi for the ReLU, and
        infinite for the identity, which keeps no mean at all.

    Notes
    -----
    The scale of V drops out for every positively homogeneous function, and for a constant.
    """
    first, second = mean(send), mean_square(send)
    return math.inf if abs(first) < 1e-9 * math.sqrt(second) else second / first**2


def _at(send: Send, v: float) -> float:
    return float(send(np.array([v]))[0])


def _gaussian_mean(f: Callable[[float], float], sd: float) -> float:
    def density(t: float) -> float:
        return f(sd * t) * math.exp(-t * t / 2) / math.sqrt(2 * math.pi)

    below, above = (quad(density, *ends, epsabs=1e-13, epsrel=1e-12)[0] for ends in ((-12, 0), (0, 12)))
    return float(below + above)
