"""ResNet-50 and EfficientNet-Lite0 in PyTorch; each activation is a module of its own, as Captum needs it."""

from __future__ import annotations

from typing import Any

from torch import nn

from benchmarks.cases.peers import he

STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
"""EfficientNet-Lite0: (blocks, kernel, first stride, expansion, filters)."""


class Residual(nn.Module):
    """A branch plus the identity, or plus a shortcut."""

    def __init__(self, branch: nn.Module, shortcut: nn.Module) -> None:
        super().__init__()
        self.branch, self.shortcut = branch, shortcut

    def forward(self, x: Any) -> Any:
        return self.branch(x) + self.shortcut(x)


def resnet50() -> Any:
    """ResNet-50 with the strides of version 1.5."""
    layers: list[nn.Module] = [*_conv(3, 64, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    channels = 64
    for filters, count, stride in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
        for index in range(count):
            step = stride if index == 0 else 1
            branch = (*_conv(channels, filters, 1), nn.ReLU(), *_conv(filters, filters, 3, step), nn.ReLU())
            shortcut = nn.Sequential(*_conv(channels, 4 * filters, 1, step)) if index == 0 else nn.Identity()
            whole = nn.Sequential(*branch, *_conv(filters, 4 * filters, 1))
            layers += [Residual(whole, shortcut), nn.ReLU()]
            channels = 4 * filters
    return he(nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 1000)))


def efficientnet_lite0() -> Any:
    """EfficientNet-Lite0 with TensorFlow's padding."""
    layers: list[nn.Module] = [*_same(3, 32, 3, 2), nn.ReLU6()]
    channels = 32
    for count, size, stride, expansion, filters in STAGES:
        for index in range(count):
            layers.append(_inverted(channels, filters, size, stride if index == 0 else 1, expansion))
            channels = filters
    head = (nn.ReLU6(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1280, 1000))
    return he(nn.Sequential(*layers, *_conv(channels, 1280, 1), *head))


def _inverted(channels: int, filters: int, size: int, stride: int, expansion: int) -> nn.Module:
    wide = expansion * channels
    expand = (*_conv(channels, wide, 1), nn.ReLU6()) if expansion > 1 else ()
    body = nn.Sequential(
        *expand, *_same(wide, wide, size, stride, wide), nn.ReLU6(), *_conv(wide, filters, 1)
    )
    return Residual(body, nn.Identity()) if stride == 1 and channels == filters else body


def _conv(channels: int, filters: int, size: int, stride: int = 1) -> tuple[nn.Module, ...]:
    return nn.Conv2d(channels, filters, size, stride, size // 2, bias=False), nn.BatchNorm2d(filters)


def _same(channels: int, filters: int, size: int, stride: int, groups: int = 1) -> tuple[nn.Module, ...]:
    """All images here have even sides, so that a stride of 2 pads one row more below than above."""
    total = size - stride
    pad = nn.ZeroPad2d((total // 2, total - total // 2) * 2)
    conv = nn.Conv2d(channels, filters, size, stride, groups=groups, bias=False)
    return pad, conv, nn.BatchNorm2d(filters, 1e-3)
