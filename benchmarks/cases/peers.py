"""The nets built in PyTorch, and Captum's attributions under tinycnn's names of the rules."""

from __future__ import annotations

import warnings
from typing import Any

VGG16 = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))


def vgg16() -> Any:
    """VGG-16 with dense layers, He-initialised; it asks for no gradient of its weights."""
    from torch import nn

    layers: list[Any] = []
    channels = 3
    for filters, count in VGG16:
        for _ in range(count):
            layers += [nn.Conv2d(channels, filters, 3, padding=1), nn.ReLU()]
            channels = filters
        layers.append(nn.MaxPool2d(2, 2))
    layers += [nn.Flatten(), nn.Linear(25088, 4096), nn.ReLU(), nn.Linear(4096, 4096), nn.ReLU()]
    return he(nn.Sequential(*layers, nn.Linear(4096, 1000)))


def alexnet() -> Any:
    """AlexNet as torchvision builds it."""
    from torch import nn

    return he(
        nn.Sequential(
            *(nn.Conv2d(3, 64, 11, 4, 2), nn.ReLU(), nn.MaxPool2d(3, 2)),
            *(nn.Conv2d(64, 192, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2)),
            *(nn.Conv2d(192, 384, 3, padding=1), nn.ReLU()),
            *(nn.Conv2d(384, 256, 3, padding=1), nn.ReLU()),
            *(nn.Conv2d(256, 256, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2), nn.Flatten()),
            *(nn.Linear(9216, 4096), nn.ReLU(), nn.Linear(4096, 4096), nn.ReLU(), nn.Linear(4096, 1000)),
        )
    )


def three_layers(filters: int, classes: int, pool: bool) -> Any:
    """7x7 convolution, ReLU, perhaps a 9x9 max-pool of stride 1, dense, on 224x224 pixels."""
    from torch import nn

    pools = [nn.MaxPool2d(9, 1, padding=4)] if pool else []
    head = nn.Linear(filters * 224 * 224, classes)
    return he(nn.Sequential(nn.Conv2d(3, filters, 7, padding=3), nn.ReLU(), *pools, nn.Flatten(), head))


def he(net: Any) -> Any:
    """Weights N(0, 2 / inputs), biases 0."""
    import torch

    torch.manual_seed(0)
    for module in net.modules():
        if isinstance(module, torch.nn.Conv2d | torch.nn.Linear):
            torch.nn.init.kaiming_normal_(module.weight)
            if module.bias is not None:
                torch.nn.init.zeros_(module.bias)
    return net.eval().requires_grad_(False)


def attributions(net: Any, names: tuple[str, ...]) -> dict[str, Any]:
    """Captum's methods for a net, by the names of the rules that they correspond to."""
    from captum.attr import Deconvolution, GuidedBackprop, Saliency

    warnings.filterwarnings("ignore", message="Setting backward hooks.*")
    warnings.filterwarnings("ignore", message=".*required_grads.*")
    kinds = {"saliency": Saliency, "deconvnet": Deconvolution, "guided": GuidedBackprop}
    return {name: kinds[name](net) for name in names}
