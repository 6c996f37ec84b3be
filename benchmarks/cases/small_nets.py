"""AlexNet, and the three-layer random CNN of the theory, both on 224x224x3."""

from __future__ import annotations

from functools import partial
from typing import Any

from benchmarks.case import Case
from benchmarks.cases import peers
from benchmarks.cases.nets import THREE, forward_case, maps_case

CLASSES = 2
"""Few, so that the dense layer of the widest net fits into memory."""


def _three_layers(filters: int, pool: bool) -> Any:
    from tinycnn.zoo import three_layer_cnn

    return three_layer_cnn(filters, pool=(9, 1) if pool else None, image=(224, 224), classes=CLASSES)


def _three(filters: int, pool: bool = False) -> Case:
    name = f"three layers, {filters} filters{', pool 9x9' if pool else ''}, guided"
    theirs = partial(peers.three_layers, filters, CLASSES, pool)
    return maps_case(name, partial(_three_layers, filters, pool), theirs, goal=2.0, quick=filters == 16)


def _alexnet() -> Any:
    from tinycnn.init import he
    from tinycnn.model import Model
    from tinycnn.zoo.build import Stack

    stack = Stack((3, 224, 224), 0, he)
    for name, filters, size, stride, padding, pool in (
        ("conv1", 64, 11, 4, 2, True),
        ("conv2", 192, 5, 1, 2, True),
        ("conv3", 384, 3, 1, 1, False),
        ("conv4", 256, 3, 1, 1, False),
        ("conv5", 256, 3, 1, 1, True),
    ):
        stack.conv(name, filters, size, stride, padding)
        stack.relu(f"relu{name[-1]}")
        if pool:
            stack.max_pool(f"pool{name[-1]}", 3, 2)
    stack.flatten()
    for name in ("fc6", "fc7"):
        stack.dense(name, 4096)
        stack.relu(f"relu{name[-1]}")
    stack.dense("fc8", 1000)
    return Model("alexnet", tuple(stack.layers), (3, 224, 224))


CASES = [
    forward_case("alexnet forward", _alexnet, peers.alexnet, goal=1.5),
    maps_case("alexnet three maps", _alexnet, peers.alexnet, goal=1.5, rules=THREE),
    *(_three(filters) for filters in (16, 64, 256, 1024)),
    _three(16, pool=True),
    _three(64, pool=True),
]
