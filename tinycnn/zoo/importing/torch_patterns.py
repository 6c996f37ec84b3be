"""A layer that torch writes out as many operations, found again before they are translated."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tinycnn.layers import LocalResponseNorm
from tinycnn.zoo.importing.graph import Flow, Graph

CHAIN = ("pow", "add", "mul", "view", "squeeze", "avg_pool3d", "pad", "view", "mul")
"""``(k + alpha * mean(x^2))^beta`` as torch computes it, from its end to the square."""


@dataclass(frozen=True)
class ResponseNorm:
    """``x / (k + alpha * mean(x^2))^beta`` in a graph of ATen's operations.

    Parameters
    ----------
    nodes : list
        Of the divisor, as `CHAIN` names them.
    x : node
        The images.
    """

    nodes: list[Any]
    x: Any

    def apply(self, values: Mapping[str, Any], graph: Graph, name: str) -> Flow:
        """Add the layer.

        Raises
        ------
        ModelFileError
            It is over an even number of channels, whose windows torch puts elsewhere than others do.
        """
        power, sum_, factor, _, _, pool, _, _, _ = self.nodes
        size, alpha, k, beta = pool.args[1][0], factor.args[1], sum_.args[1], power.args[1]
        if size % 2 == 0:
            raise graph.refuse(
                f"local_response_norm: over {size} channels is not supported, only an odd number"
            )
        layer = LocalResponseNorm(size, float(alpha), float(beta), float(k), name=graph.name(name))
        return graph.apply(values[self.x.name], layer)


def response_norms(nodes: Any) -> dict[str, ResponseNorm]:
    """Every local response norm among nodes, by the name of the division that ends it."""
    found = {}
    for node in nodes:
        if kind_of(node) != "div":
            continue
        chain = [node.args[1]]
        while len(chain) < len(CHAIN) and kind_of(chain[-1]) == CHAIN[len(chain) - 1]:
            chain.append(chain[-1].args[0])
        if [kind_of(each) for each in chain] != list(CHAIN) or any(len(each.users) > 1 for each in chain):
            continue
        if chain[-1].args[0] is chain[-1].args[1] is node.args[0]:
            found[node.name] = ResponseNorm(chain, node.args[0])
    return found


def kind_of(node: Any) -> str:
    """The name of the operation of ATen that a node calls; empty if it calls none."""
    if getattr(node, "op", "") != "call_function":
        return ""
    return "getitem" if node.target is operator.getitem else str(node.target).split(".")[1]
