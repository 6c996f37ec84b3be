"""The gradient of a random net as a random vector: how much its length varies, how large its pixels are."""

from __future__ import annotations

import math


def energy_spread(width: int, depth: int) -> float:
    """``E |grad f|^4 / (E |grad f|^2)^2`` in a dense net whose input and hidden layers are equally wide.

    Parameters
    ----------
    width : int
        n.
    depth : int
        L, hidden layers.

    Notes
    -----
    ``(1 + 2 / n)^(L + 1) (1 + 3 / (n + 2))^L``, about ``exp(5 L / n)``: a layer of Gaussian weights
    multiplies the squared length by chi^2_n / n, whose mean square is 1 + 2 / n, and a mask leaves half of
    the units. Of a direction that is uniform on the sphere, the share on a random half has the mean square
    ``(1 + 3 / (n + 2)) / 4``. Hanin (2018) has the sum of reciprocals of widths.
    """
    return float((1 + 2 / width) ** (depth + 1) * (1 + 3 / (width + 2)) ** depth)


def length_ratio(size: int) -> float:
    """Mean ``|s|_1 / |s|_2`` of a map of `size` normal pixels, exactly; about ``sqrt(2 d / pi)``.

    Parameters
    ----------
    size : int
        d.

    Notes
    -----
    ``d Gamma(d / 2) / (sqrt(pi) Gamma((d + 1) / 2))``: d times the mean size of a coordinate of a random
    direction. A step of eps in the sign of the gradient moves the logit by eps times ``|s|_1``.
    """
    return size / math.sqrt(math.pi) * math.exp(math.lgamma(size / 2) - math.lgamma((size + 1) / 2))
