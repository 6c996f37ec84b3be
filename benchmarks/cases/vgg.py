"""VGG-16 with dense layers, 224x224x3, float32."""

from __future__ import annotations

from functools import partial
from typing import Any

from benchmarks.cases import peers
from benchmarks.cases.nets import THREE, forward_case, maps_case


def _ours() -> Any:
    from tinycnn.zoo import vgg16

    return vgg16()


_maps = partial(maps_case, ours=_ours, theirs=peers.vgg16)

CASES = [
    forward_case("vgg16 forward", _ours, peers.vgg16, goal=2.5),
    _maps("vgg16 guided", goal=2.5),
    _maps("vgg16 three maps", goal=4.0, rules=THREE),
    _maps("vgg16 8 images, guided", goal=4.2, n=8),
    _maps("vgg16 8 images, three maps", goal=5.0, n=8, rules=THREE),
    _maps("vgg16 100 logits, guided", goal=6.0, logits=100),
]
