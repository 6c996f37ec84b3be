"""Laws tried on one whole network, which is too large to be written down as a case."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from tinycnn.layers import flat
from tinycnn.layers.sizes import shape_after
from tinycnn.model import Model
from tinycnn.testing.case import Case
from tinycnn.testing.law import Law
from tinycnn.testing.search import failure
from tinycnn.trace import Rows

ANYWHERE = frozenset(
    ("shape", "untouched", "homogeneity", "determinism", "threads", "batch", "several-seeds", "layout")
)
"""The laws that can be tried on any network: locality takes a pass for each output, precision exact sums."""


def on_network(rule: Rows, model: Model, laws: Iterable[Law], seed: int = 0) -> Iterator[tuple[Law, str]]:
    """Try laws on a network in double precision, with images and signals drawn from a normal distribution.

    Parameters
    ----------
    rule : Rule
    model : Model
    laws : iterable of Law
        Of `ANYWHERE`, or `same_as` of a rule.
    seed : int

    Yields
    ------
    (Law, str)
        Why it fails, in one line; empty where it holds.

    Raises
    ------
    MissingRowError
        The rule has no row for a layer of the network.

    Examples
    --------
    >>> model = tc.zoo.three_layer_cnn(filters=2, image=(6, 6))
    >>> laws = [tc.testing.same_as(tc.rules.GRADIENT)]
    >>> [why for law, why in tc.testing.on_network(tc.rules.GUIDED, model, laws)]
    ['the map is another']
    """
    layers = model.astype(np.float64).layers
    for layer in flat(layers):
        rule[layer]
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((2, *model.input_shape))
    signals = rng.standard_normal((2, *shape_after(layers, model.input_shape)))
    for law in laws:
        one = Case(layers, x[:1], signals[:1], signals[1:])
        case = Case(layers, x, signals) if law.name == "batch" else one
        text = failure(law, rule, case) or ""
        first, *numbers = text.splitlines() or [""]
        yield law, f"{first.removesuffix(' is')} is another" if numbers else first
