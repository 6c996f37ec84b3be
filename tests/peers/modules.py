"""A tinycnn network as torch modules, whose hooks zennit and captum set."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

import tinycnn as tc


def import_zennit() -> ModuleType:
    """Zennit; where torchvision is not installed, with names in its place that zennit only reads."""
    resnet: Any = ModuleType("torchvision.models.resnet")
    resnet.Bottleneck, resnet.BasicBlock = type("Bottleneck", (), {}), type("BasicBlock", (), {})
    names = {
        "torchvision": ModuleType("torchvision"),
        "torchvision.models": ModuleType("torchvision.models"),
        "torchvision.models.resnet": resnet,
    }
    before = {name: sys.modules.get(name) for name in names}
    sys.modules.update(names)
    try:
        zennit = pytest.importorskip("zennit", reason="zennit is not installed; pip install 'tinycnn[peers]'")
        for name in ("composites", "rules", "canonizers", "layer", "core", "types"):
            __import__(f"zennit.{name}")
    finally:
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module
    return zennit


class Fork(torch.nn.Module):
    """Branches, merged by a module that hooks can see, or by a concatenation, which needs none."""

    def __init__(self, branches: Sequence[torch.nn.Module], merge: torch.nn.Module | None) -> None:
        super().__init__()
        self.branches = torch.nn.ModuleList(branches)
        self.merge = merge

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        parts = [branch(x) for branch in self.branches]
        return torch.cat(parts, 1) if self.merge is None else self.merge(torch.stack(parts, -1))


def network(layers: Sequence[tc.Layer], sum_type: type[torch.nn.Module]) -> torch.nn.Sequential:
    """The layers as modules, every activation one of its own, in float64."""
    return torch.nn.Sequential(*(_module(layer, sum_type) for layer in layers)).double().eval()


def _module(layer: tc.Layer, sum_type: type[torch.nn.Module]) -> torch.nn.Module:
    match layer:
        case tc.Conv2D():
            k, c, *size = layer.weight.shape
            options = {"stride": layer.stride, "padding": layer.padding, "groups": layer.groups}
            conv = torch.nn.Conv2d(c * layer.groups, k, size, bias=layer.bias is not None, **options)
            return _filled(conv, layer)
        case tc.Dense():
            dense = torch.nn.Linear(*layer.weight.shape[::-1], bias=layer.bias is not None)
            return _filled(dense, layer)
        case tc.BatchNorm2D():
            norm = torch.nn.BatchNorm2d(len(layer.weight), eps=0)  # zennit 0.5.1 merges it, and keeps eps
            norm.running_mean, norm.running_var = _tensor(layer.mean), _tensor(layer.variance + layer.epsilon)
            return _filled(norm, layer)
        case tc.ReLU():
            return torch.nn.ReLU()
        case tc.MaxPool2D():
            return torch.nn.MaxPool2d(layer.size, layer.stride, layer.padding)
        case tc.AvgPool2D():
            return torch.nn.AvgPool2d(layer.size, layer.stride, layer.padding)
        case tc.GlobalAvgPool2D():
            return torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten())
        case tc.Flatten():
            return torch.nn.Flatten()
        case tc.Branches():
            merge = sum_type() if isinstance(layer.merge, tc.Add) else None
            return Fork([network(branch, sum_type) for branch in layer.branches], merge)
    raise TypeError(type(layer))


def _filled(module: Any, layer: Any) -> Any:
    module.weight = torch.nn.Parameter(_tensor(layer.weight))
    if layer.bias is not None:
        module.bias = torch.nn.Parameter(_tensor(layer.bias))
    return module


def _tensor(array: np.ndarray) -> torch.Tensor:
    return torch.tensor(np.array(array, np.float64))
