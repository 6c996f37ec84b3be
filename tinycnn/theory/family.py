"""The family of rules: any forward mask g(z) with any backward function h, in a three-layer random net.

    s(x) = sum_j D_j^T sum_i h(V_ij) g(w_i.y_j) w_i

Guided backprop, DeconvNet and saliency are three arms of it. What makes the image appear is a mean of h
that is not 0, together with a mask that depends on the image. The backward ReLU is one of many such h.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np

from tinycnn.ops.geometry import Window
from tinycnn.ops.types import Array
from tinycnn.rules.gate import Send, constant, identity, magnitude, negative, positive
from tinycnn.theory import sending
from tinycnn.theory.limit import limit_map, mean_scale
from tinycnn.theory.overlap import overlap
from tinycnn.theory.patches import cover, cut, taps_inside
from tinycnn.theory.recovery import rho_image

Mask = Literal["on", "off", "reversed", "activation"]
"""``1(z > 0)``, 1, ``1(z < 0)`` and ``relu(z)``."""


@dataclass(frozen=True)
class Arm:
    """One rule of the family, without a pool, for filters and seeds of deviation 1.

    Parameters
    ----------
    mask : Mask
        g.
    send : function
        h.
    """

    mask: Mask
    send: Send

    def limit(self, x: Array, at: Window) -> Array:
        """``E s / N``: (c, h, w).

        Notes
        -----
        ``E[h] / sqrt(2 pi) m`` for a mask that is on, its negative for the reversed one, 0 without a mask;
        ``E[h] / 2 * cover * x`` for the activation, by Stein's lemma: ``E[w relu(w.y)] = y / 2``.
        """
        if self.mask == "activation":
            return sending.mean(self.send) / 2 * cover(at) * x
        sign = {"on": 1.0, "reversed": -1.0, "off": 0.0}[self.mask]
        return sign * mean_scale(sending.mean(self.send)) * limit_map(x, at)

    def rho(self, x: Array, at: Window, filters: int) -> float:
        """Relative variance around the limit, exactly; infinite where the limit is 0."""
        eta = sending.eta(self.send)
        if self.mask == "off" or math.isinf(eta):
            return math.inf
        return rho_stein(x, at, filters, eta) if self.mask == "activation" else rho_image(x, at, filters, eta)

    def variance(self, at: Window) -> Array:
        """``Var s / N`` per pixel where the limit is 0: (h, w)."""
        return sending.mean_square(self.send) * cover(at) * (1.0 if self.mask == "off" else 0.5)

    def constant_share(self) -> float:
        """Share of the variance that is one constant per channel: ``1 / eta`` without a mask, else 0."""
        return 1 / sending.eta(self.send) if self.mask == "off" else 0.0


ARMS: Mapping[str, Arm] = MappingProxyType(
    {
        "saliency": Arm("on", identity),
        "linear": Arm("off", identity),
        "guided": Arm("on", positive),
        "abs": Arm("on", magnitude),
        "constant": Arm("on", constant),
        "negative": Arm("on", negative),
        "reversed": Arm("reversed", positive),
        "deconvnet": Arm("off", positive),
        "deconvnet-abs": Arm("off", magnitude),
        "stein": Arm("activation", positive),
    }
)
"""The arms by the names that `tinycnn.rules` gives them."""


def rho_stein(x: Array, at: Window, filters: int, eta: float = math.pi) -> float:
    """rho of the rule whose mask is relu(z), exactly.

    Parameters
    ----------
    x : (c, h, w)
    at : Window
    filters : int
    eta : float

    Notes
    -----
    One patch: ``E[w w^T relu(w.y)^2] = |y|^2 I / 2 + y y^T``, whose trace over the p taps inside the image is
    ``(p/2 + 1) |y|^2``. Pairs: `moments.pair_moment_of_activations`, of which the taps of one pixel keep the
    two outer products. Under an even cover of k^2 a constant image has the largest rho known,
    ``(2 pi C + 3 + 4 (pi - 1) / k^2) / N``.
    """
    y, inside = cut(x, at), taps_inside(at, x.shape[0])
    own = float(((inside.sum(axis=1) / 2 + 1) * np.square(y).sum(axis=1)).sum())
    mean = float(np.sum(np.square(cover(at) * x))) / 4
    return (eta * own + overlap(x, at, activations=True) - mean) / (filters * mean)
