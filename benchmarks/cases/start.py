"""From the start of a process to the first small map: imports, cached kernels, and the work."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from benchmarks.case import Case, Job


def _ours() -> Job:
    import tinycnn

    model = tinycnn.zoo.three_layer_cnn(16, 7, image=(32, 32))
    return partial(tinycnn.visualize, model, _image(), ["guided"])


def _theirs() -> Job:
    import torch
    from captum.attr import GuidedBackprop
    from torch import nn

    head = nn.Linear(16 * 32 * 32, 10)
    net = nn.Sequential(nn.Conv2d(3, 16, 7, padding=3), nn.ReLU(), nn.Flatten(), head)
    x = torch.from_numpy(_image()).requires_grad_()
    return partial(GuidedBackprop(net).attribute, x, target=0)


def _image() -> Any:
    return np.random.default_rng(0).standard_normal((1, 3, 32, 32), dtype=np.float32)


CASES = [Case("start to first map", _ours, _theirs, goal=2.5, fresh=True, quick=True)]
