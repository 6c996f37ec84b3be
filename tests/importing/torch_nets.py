"""PyTorch networks as people write them, and guided backprop as an autograd function."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from benchmarks.guided_torch import EveryReLU, Guided


class Reused(nn.Module):
    """One ReLU module for all layers, in place: hooks on it see the last use only."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 6, 3, padding=1), nn.Conv2d(6, 6, 3, padding=1)
        self.relu, self.head = nn.ReLU(inplace=True), nn.Linear(6 * 16, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.relu(self.first(x))
        x = F.max_pool2d(self.relu(self.second(x)), 2)
        return self.head(torch.flatten(x, 1))


class Functional(nn.Module):
    """Functions and methods only, a weight used twice, and sizes asked of tensors."""

    def __init__(self) -> None:
        super().__init__()
        self.kernel = nn.Parameter(0.3 * torch.randn(3, 3, 3, 3))
        self.norm = nn.BatchNorm2d(3)
        self.head = nn.Linear(3, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for _ in range(2):
            x = F.conv2d(x, self.kernel, padding=1).relu()
        x = self.norm(x)
        x = F.leaky_relu(x[:, :, 1:, :-1], 0.2) - 0.5
        x = x.mean(dim=(2, 3)).view(x.size(0), -1)
        return F.log_softmax(self.head(F.dropout(x, 0.5, self.training)), dim=1)


class Squeeze(nn.Module):
    """Squeeze-and-excitation inside a residual block, added in place."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.conv = nn.Conv2d(3, 8, 3, stride=2, bias=False), nn.Conv2d(8, 8, 3, padding=1)
        self.down, self.up, self.head = nn.Conv2d(8, 6, 1), nn.Conv2d(6, 8, 1), nn.Conv2d(8, 5, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.relu(self.stem(x))
        y = self.conv(x)
        gate = self.up(F.relu(self.down(F.adaptive_avg_pool2d(y, 1))))
        y = y * torch.sigmoid(gate)
        y += x
        return self.head(F.relu(y)).mean((2, 3))


class UNet(nn.Module):
    """Skips around a path that shrinks and grows again."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two, self.three = (nn.Conv2d(a, b, 3, padding=1) for a, b in ((3, 4), (4, 6), (10, 4)))
        self.up, self.head = nn.ConvTranspose2d(6, 6, 2, stride=2), nn.Linear(4 * 64, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        a = F.relu(self.one(x))
        b = F.relu(self.two(F.avg_pool2d(a, 2)))
        c = torch.cat([a, self.up(b)], 1)
        return self.head(F.relu(self.three(c)).flatten(1))


class Shuffled(nn.Module):
    """Halves of the channels, stacked and shuffled, and up-sampling."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.depth = nn.Conv2d(3, 8, 1), nn.Conv2d(4, 4, 3, padding=1, groups=4)
        self.head = nn.Linear(8, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        a, b = F.relu(self.stem(x)).chunk(2, 1)
        x = torch.cat((a, F.relu(self.depth(b))), 1)
        n, c, h, w = x.shape
        x = x.view(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w)
        x = F.interpolate(F.pad(x, (1, 0, 2, 1), mode="reflect"), scale_factor=2, mode="bilinear")
        return self.head(F.adaptive_max_pool2d(x, 1).squeeze(3).squeeze(2))


class Dense(nn.Module):
    """Lists of features that grow, and ceil-mode pools."""

    def __init__(self) -> None:
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv2d(3 + 2 * i, 2, 3, padding=1) for i in range(3))
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(9 * 16, 4), nn.BatchNorm1d(4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        features = [x]
        for conv in self.convs:
            features.append(F.relu(conv(torch.cat(features, 1))))
        x = F.max_pool2d(torch.cat(features, 1), 3, 2, ceil_mode=True)
        return self.head(x)


class Modern(nn.Module):
    """Smooth activations, group norm, and a padded average."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(3, 6, 3, padding=2, dilation=2), nn.GroupNorm(2, 6), nn.SiLU(),
            nn.Conv2d(6, 6, 1), nn.GELU(),
            nn.AvgPool2d(3, 2, 1, count_include_pad=False), nn.Hardswish(), nn.PReLU(6), nn.ELU(), nn.Mish(),
            nn.InstanceNorm2d(6, affine=True), nn.Softplus(), nn.Flatten(), nn.Linear(6 * 16, 4), nn.Tanh(),
        )  # fmt: skip

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.body(x)


NETS = (Reused, Functional, Squeeze, UNet, Shuffled, Dense, Modern)


def made(kind: type[nn.Module], seed: int = 0) -> nn.Module:
    """A network in double precision, whose batch norms have seen something."""
    torch.manual_seed(seed)
    net = kind().double().eval()
    for part in net.modules():
        if isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d):
            part.running_mean.normal_(0, 0.3)
            part.running_var.uniform_(0.5, 2)
    return net


def maps(net: nn.Module, x: torch.Tensor, guided: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits, and the signal of the largest at the input."""
    x = x.clone().requires_grad_()
    if guided:
        with EveryReLU(Guided.apply):
            y = net(x)
    else:
        y = net(x)
    y[0, y[0].argmax()].backward()
    return y.detach(), x.grad
