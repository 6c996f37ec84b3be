"""The classic networks as torch modules, whose parameters have the names of the published files."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn


def vgg(counts: tuple[int, ...], classes: int, side: int) -> nn.Module:
    features: list[nn.Module] = []
    channels = 3
    for filters, count in zip((64, 128, 256, 512, 512), counts, strict=True):
        for _ in range(count):
            features += [nn.Conv2d(channels, filters, 3, padding=1), nn.ReLU()]
            channels = filters
        features.append(nn.MaxPool2d(2, 2))
    head = (nn.Linear(512 * side * side, 4096), nn.ReLU(), nn.Dropout())
    head += (nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout(), nn.Linear(4096, classes))
    return Headed(nn.Sequential(*features), nn.Sequential(*head))


def alexnet(classes: int, side: int) -> nn.Module:
    features = nn.Sequential(
        nn.Conv2d(3, 64, 11, 4, 2), nn.ReLU(), nn.MaxPool2d(3, 2),
        nn.Conv2d(64, 192, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2),
        nn.Conv2d(192, 384, 3, padding=1), nn.ReLU(), nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(),
        nn.Conv2d(256, 256, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2),
    )  # fmt: skip
    head = nn.Sequential(
        nn.Dropout(), nn.Linear(256 * side * side, 4096), nn.ReLU(),
        nn.Dropout(), nn.Linear(4096, 4096), nn.ReLU(), nn.Linear(4096, classes),
    )  # fmt: skip
    return Headed(features, head)


class Headed(nn.Module):
    """Features, flattened into a classifier."""

    def __init__(self, features: nn.Module, classifier: nn.Module) -> None:
        super().__init__()
        self.features, self.classifier = features, classifier

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.classifier(self.features(x).flatten(1))


class Residual(nn.Module):
    """A block of ResNet; `kernels` are (size, filters, stride) of its convolutions."""

    def __init__(self, channels: int, kernels: tuple[tuple[int, int, int], ...], stride: int) -> None:
        super().__init__()
        given = channels
        for index, (size, filters, step) in enumerate(kernels, start=1):
            conv = nn.Conv2d(channels, filters, size, step, size // 2, bias=False)
            self.add_module(f"conv{index}", conv)
            self.add_module(f"bn{index}", nn.BatchNorm2d(filters))
            channels = filters
        self.depth = len(kernels)
        if stride > 1 or given != channels:
            shortcut = nn.Conv2d(given, channels, 1, stride, bias=False)
            self.downsample = nn.Sequential(shortcut, nn.BatchNorm2d(channels))
        else:
            self.downsample = nn.Sequential()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = x
        for index in range(1, self.depth + 1):
            y = getattr(self, f"bn{index}")(getattr(self, f"conv{index}")(y))
            if index < self.depth:
                y = F.relu(y)
        return F.relu(y + self.downsample(x))


class ResNet(nn.Module):
    def __init__(self, counts: tuple[int, ...], bottleneck: bool, classes: int) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64)
        channels = 64
        for group, (filters, count) in enumerate(zip((64, 128, 256, 512), counts, strict=True), start=1):
            blocks = []
            for index in range(count):
                stride = 2 if group > 1 and index == 0 else 1
                if bottleneck:
                    kernels = ((1, filters, 1), (3, filters, stride), (1, 4 * filters, 1))
                else:
                    kernels = ((3, filters, stride), (3, filters, 1))
                blocks.append(Residual(channels, kernels, stride))
                channels = kernels[-1][1]
            self.add_module(f"layer{group}", nn.Sequential(*blocks))
        self.fc = nn.Linear(channels, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        for group in range(1, 5):
            x = getattr(self, f"layer{group}")(x)
        return self.fc(x.mean(dim=(2, 3)))


class Fire(nn.Module):
    def __init__(self, channels: int, squeezed: int, expanded: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(channels, squeezed, 1)
        self.expand1x1 = nn.Conv2d(squeezed, expanded, 1)
        self.expand3x3 = nn.Conv2d(squeezed, expanded, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.relu(self.squeeze(x))
        return torch.cat([F.relu(self.expand1x1(x)), F.relu(self.expand3x3(x))], dim=1)


def squeezenet(classes: int) -> nn.Module:
    def pool() -> nn.Module:
        return nn.MaxPool2d(3, 2, ceil_mode=True)

    features = nn.Sequential(
        nn.Conv2d(3, 64, 3, 2), nn.ReLU(), pool(), Fire(64, 16, 64), Fire(128, 16, 64), pool(),
        Fire(128, 32, 128), Fire(256, 32, 128), pool(), Fire(256, 48, 192), Fire(384, 48, 192),
        Fire(384, 64, 256), Fire(512, 64, 256),
    )  # fmt: skip
    head = nn.Sequential(
        nn.Dropout(), nn.Conv2d(512, classes, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()
    )
    net = Headed(features, head)
    net.forward = lambda x: head(features(x))
    return net


class SameConv(nn.Conv2d):
    """A convolution with TensorFlow's padding: the odd row and column go below and to the right."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        around: list[int] = []
        for length, size, stride in zip(x.shape[:1:-1], self.kernel_size, self.stride, strict=True):
            total = max((-(-length // stride) - 1) * stride + size - length, 0)
            around += [total // 2, total - total // 2]
        return F.conv2d(F.pad(x, around), self.weight, None, self.stride, 0, 1, self.groups)


def _same(channels: int, filters: int, size: int, stride: int = 1, groups: int = 1) -> nn.Module:
    return SameConv(channels, filters, size, stride, groups=groups, bias=False)


def _norm(channels: int) -> nn.Module:
    return nn.BatchNorm2d(channels, eps=1e-3)


class Inverted(nn.Module):
    """An inverted bottleneck."""

    def __init__(self, channels: int, filters: int, size: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = channels * expansion
        if expansion > 1:
            self._expand_conv, self._bn0 = _same(channels, wide, 1), _norm(wide)
        self._depthwise_conv, self._bn1 = _same(wide, wide, size, stride, wide), _norm(wide)
        self._project_conv, self._bn2 = _same(wide, filters, 1), _norm(filters)
        self.expands, self.skips = expansion > 1, stride == 1 and channels == filters

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = F.relu6(self._bn0(self._expand_conv(x))) if self.expands else x
        y = F.relu6(self._bn1(self._depthwise_conv(y)))
        y = self._bn2(self._project_conv(y))
        return y + x if self.skips else y


class EfficientNetLite0(nn.Module):
    def __init__(self, classes: int) -> None:
        super().__init__()
        self._conv_stem, self._bn0 = _same(3, 32, 3, 2), _norm(32)
        blocks, channels = [], 32
        stages = ((1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80))
        stages += ((3, 5, 1, 6, 112), (4, 5, 2, 6, 192), (1, 3, 1, 6, 320))
        for count, size, first, expansion, filters in stages:
            for index in range(count):
                blocks.append(Inverted(channels, filters, size, 1 if index else first, expansion))
                channels = filters
        self._blocks = nn.ModuleList(blocks)
        self._conv_head, self._bn1 = _same(320, 1280, 1), _norm(1280)
        self._fc = nn.Linear(1280, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.relu6(self._bn0(self._conv_stem(x)))
        for block in self._blocks:
            x = block(x)
        return self._fc(F.relu6(self._bn1(self._conv_head(x))).mean(dim=(2, 3)))


def peer(name: str, classes: int, side: int = 1) -> nn.Module:
    """A classic in float64, seeded, with batch norms that do something; `side` of what is flattened."""
    torch.manual_seed(0)
    net = {
        "vgg16": lambda: vgg((2, 2, 3, 3, 3), classes, side),
        "vgg19": lambda: vgg((2, 2, 4, 4, 4), classes, side),
        "alexnet": lambda: alexnet(classes, side),
        "resnet18": lambda: ResNet((2, 2, 2, 2), False, classes),
        "resnet34": lambda: ResNet((3, 4, 6, 3), False, classes),
        "resnet50": lambda: ResNet((3, 4, 6, 3), True, classes),
        "squeezenet1_1": lambda: squeezenet(classes),
        "efficientnet_lite0": lambda: EfficientNetLite0(classes),
    }[name]()
    with torch.no_grad():
        for module in net.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(module.weight)
            if isinstance(module, nn.BatchNorm2d):
                module.weight.uniform_(0.5, 1.5)
                module.bias.normal_(0, 0.3)
                module.running_mean.normal_(0, 0.3)
                module.running_var.uniform_(0.5, 2)
    return net.double().eval()
