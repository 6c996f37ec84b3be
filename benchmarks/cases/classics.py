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


def _table(name: str) -> list[Case]:
    nets = {"ours": partial(_ours, name), "theirs": partial(_theirs, name), "goal": 1.5}
    return [
        forward_case(f"{name} forward", **nets),
        maps_case(f"{name} guided", **nets),
        maps_case(f"{name} three maps", rules=THREE, **nets),
        maps_case(f"{name} 8 images, guided", n=8, **nets),
        maps_case(f"{name} 8 images, three maps", n=8, rules=THREE, **nets),
    ]


CASES = [case for name in ("alexnet", "resnet50", "efficientnet_lite0") for case in _table(name)]
