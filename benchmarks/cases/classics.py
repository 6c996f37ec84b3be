"""AlexNet, ResNet-50 and EfficientNet-Lite0 on 224x224x3: large kernels, 1x1, strides, depthwise.

Captum's methods change the backward pass of ReLU only. EfficientNet's activations are ReLU6, so there its
three maps are three gradients; the work is the same.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from benchmarks.case import Case
from benchmarks.cases import peers
from benchmarks.cases.nets import THREE, forward_case, maps_case


def _ours(name: str) -> Any:
    from tinycnn import zoo

    return zoo.build(name)


def _theirs(name: str) -> Any:
    from benchmarks.cases import residual_peers

    return peers.alexnet() if name == "alexnet" else getattr(residual_peers, name)()


GOALS = {
    "alexnet": (1.4, 1.5, 2.6, 1.5),
    "resnet50": (1.2, 1.4, 2.2, 1.6),
    "efficientnet_lite0": (1.4, 1.4, 2.2, 2.2),
}
"""Forward, guided, three maps; guided for eight images."""


def _table(name: str, goals: tuple[float, ...]) -> list[Case]:
    nets = {"ours": partial(_ours, name), "theirs": partial(_theirs, name)}
    return [
        forward_case(f"{name} forward", **nets, goal=goals[0]),
        maps_case(f"{name} guided", **nets, goal=goals[1]),
        maps_case(f"{name} three maps", **nets, goal=goals[2], rules=THREE),
        maps_case(f"{name} 8 images, guided", **nets, goal=goals[3], n=8),
        maps_case(f"{name} 8 images, three maps", **nets, goal=None, rules=THREE, n=8),
    ]


CASES = [case for name, goals in GOALS.items() for case in _table(name, goals)]
