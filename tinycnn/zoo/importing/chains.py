"""From a graph to a chain of layers with branches: its series-parallel decomposition.

A merge is closed by its nearest dominator, the last node that every way from the image to the merge goes
through: between the two lie its branches, which are chains again. The dominators are those of Cooper, Harvey
and Kennedy 2001; as nodes are in the order of execution, one pass finds them. Beside its nearest dominator a
node knows one far above it, so that any is found in few steps: the jumps of Myers 1983.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from tinycnn.errors import ModelFileError
from tinycnn.layers import Add, Branches, Concatenate, Layer, Multiply
from tinycnn.zoo.importing.graph import Node

DEEPEST = 48
"""Branches within branches."""


class _Chains:
    def __init__(self, nodes: Sequence[Node], place: str) -> None:
        self.nodes, self.place = nodes, place
        self.used: set[int] = set()
        self.parents, self.depths, self.jumps = [0], [0], [0]
        for node in nodes[1:]:
            parent = self._nearest(node.inputs)
            jump = self.jumps[parent]
            even = 2 * self.depths[jump] == self.depths[parent] + self.depths[self.jumps[jump]]
            self.parents.append(parent)
            self.depths.append(self.depths[parent] + 1)
            self.jumps.append(self.jumps[jump] if even else parent)

    def _nearest(self, nodes: Sequence[int]) -> int:
        """The nearest node that dominates all of some nodes, or is one of them."""
        found = nodes[0]
        for other in nodes[1:]:
            depth = min(self.depths[found], self.depths[other])
            found, other = self._above(found, depth), self._above(other, depth)
            while found != other:
                way = self.parents if self.jumps[found] == self.jumps[other] else self.jumps
                found, other = way[found], way[other]
        return found

    def _above(self, node: int, depth: int) -> int:
        """The dominator of a node that has a depth."""
        while self.depths[node] > depth:
            jump = self.jumps[node]
            node = jump if self.depths[jump] >= depth else self.parents[node]
        return node

    def between(self, top: int, bottom: int, depth: int = 0) -> tuple[Layer, ...]:
        """The layers that lead from one node to another that it dominates."""
        if depth > DEEPEST:
            raise ModelFileError(self.place, f"its branches are nested more than {DEEPEST} times")
        layers: list[Layer] = []
        while bottom != top:
            node = self.nodes[bottom]
            if bottom in self.used:
                raise ModelFileError(
                    f"{self.place}: {node.layer.name or type(node.layer).__name__}",
                    "is read by branches that do not meet in one place, so the network is no chain of "
                    "branches; only such networks can be explained here",
                )
            self.used.add(bottom)
            if isinstance(node.layer, Add | Concatenate | Multiply):
                bottom = self._nearest(node.inputs)
                layers.append(self._branches(bottom, node.layer, node.inputs, depth))
            else:
                layers.append(node.layer)
                bottom = node.inputs[0]
        return tuple(reversed(layers))

    def _branches(
        self, top: int, merge: Add | Concatenate | Multiply, inputs: Sequence[int], depth: int
    ) -> Branches:
        """Inputs that have more in common than `top` are merged first, among themselves."""
        keys = [self._child(top, index) for index in inputs]
        order = list(range(len(inputs)))
        if not isinstance(merge, Concatenate):
            first = dict(zip(reversed(keys), reversed(order), strict=True))
            order.sort(key=lambda place: first[keys[place]])
        groups = [
            list(group)
            for _, group in groupby(order, lambda place: (keys[place], keys[place] == top and place))
        ]
        branches = []
        for group in groups:
            members = [inputs[place] for place in group]
            nearest = self._nearest(members)
            chain: tuple[Layer, ...] = ()
            if len(members) > 1 and nearest != top:
                chain = (self._branches(nearest, type(merge)(), members, depth + 1),)
            branches.append((*self.between(top, nearest, depth + 1), *chain))
        return Branches(tuple(branches), type(merge)(), name=merge.name)

    def _child(self, top: int, node: int) -> int:
        """The first node below `top` that dominates a node, which may be `top` itself."""
        return self._above(node, self.depths[top] + 1)


def chain(nodes: Sequence[Node], output: int, place: str) -> tuple[Layer, ...]:
    """The layers that lead from the image to a node.

    Parameters
    ----------
    nodes : sequence of Node
        In the order of execution; the first is the image.
    output : int
    place : str
        What messages call the network.

    Raises
    ------
    ModelFileError
        The graph is not series-parallel; names the node that is in the way.
    """
    return _Chains(nodes, place).between(0, output)
