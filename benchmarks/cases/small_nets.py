"""The three-layer random CNN of the theory on 224x224x3."""

from __future__ import annotations

from functools import partial
from typing import Any

from benchmarks.case import Case
from benchmarks.cases import peers
from benchmarks.cases.nets import maps_case

CLASSES = 2
"""Few, so that the dense layer of the widest net fits into memory."""


def _three_layers(filters: int, pool: bool) -> Any:
    from tinycnn.zoo import three_layer_cnn

    return three_layer_cnn(filters, pool=(9, 1) if pool else None, image=(224, 224), classes=CLASSES)


def _three(filters: int, pool: bool = False) -> Case:
    name = f"three layers, {filters} filters{', pool 9x9' if pool else ''}, guided"
    theirs = partial(peers.three_layers, filters, CLASSES, pool)
    return maps_case(
        name, partial(_three_layers, filters, pool), theirs, goal=6.0 if pool else 2.5, quick=filters == 16
    )


CASES = [
    *(_three(filters) for filters in (16, 64, 256, 1024)),
    _three(16, pool=True),
    _three(64, pool=True),
]
