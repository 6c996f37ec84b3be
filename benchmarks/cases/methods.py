"""Relevance and averages on VGG-16, beside zennit and Captum, and beside what they are made of."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any

from benchmarks.case import Case, Job
from benchmarks.cases import peers
from benchmarks.cases.nets import images

SAMPLES = 8
"""Images of an average."""


def _call(*names: str, calls: int = 1) -> Job:
    """Maps of one logit by some rules, by tinycnn; perhaps several times."""
    import tinycnn
    from tinycnn.zoo import vgg16

    model, x = vgg16(), images(1)

    def job() -> object:
        return [tinycnn.visualize(model, x, names, target=0) for _ in range(calls)]

    return job


def _zennit(composite: Callable[[Any], Any]) -> Job:
    import torch

    zennit = _import_zennit()
    net, x = peers.vgg16(), torch.from_numpy(images(1))
    seed = torch.eye(1000)[[0]]
    attributor = zennit.attribution.Gradient(net, composite(zennit.composites))

    def job() -> object:
        with attributor:
            return attributor(x, lambda logits: logits * seed)

    return job


def _smoothgrad() -> Job:
    import torch
    from captum.attr import NoiseTunnel

    net, x = peers.vgg16(), torch.from_numpy(images(1))
    tunnel = NoiseTunnel(peers.attributions(net, ("guided",))["guided"])
    sd = 0.15 * float(x.max() - x.min())
    return partial(tunnel.attribute, x.requires_grad_(), nt_samples=SAMPLES, stdevs=sd, target=0)


def _ig() -> Job:
    import torch
    from captum.attr import IntegratedGradients

    net, x = peers.vgg16(), torch.from_numpy(images(1))
    return partial(IntegratedGradients(net).attribute, x, n_steps=SAMPLES, method="riemann_middle", target=0)


def _import_zennit() -> Any:
    """Zennit; where torchvision is not installed, with empty classes for those that it looks for."""
    resnet: Any = ModuleType("torchvision.models.resnet")
    resnet.Bottleneck, resnet.BasicBlock = type("Bottleneck", (), {}), type("BasicBlock", (), {})
    for name in ("torchvision", "torchvision.models"):
        sys.modules.setdefault(name, ModuleType(name))
    sys.modules.setdefault(resnet.__name__, resnet)
    import zennit.attribution
    import zennit.composites

    return zennit


def _relevance(name: str, composite: Callable[[Any], Any]) -> Case:
    return Case(f"vgg16 {name}", partial(_call, name), partial(_zennit, composite))


def _in_gradients(name: str, most: float) -> Case:
    """The ratio is the time of a gradient over that of a rule."""
    return Case(
        f"vgg16 {name}, one gradient", partial(_call, name), partial(_call, "saliency"), goal=1 / most
    )


_SMOOTH, _IG = f"smoothgrad(guided, n={SAMPLES})", f"ig(saliency, steps={SAMPLES})"

CASES = [
    _relevance("epsilon-plus", lambda of: of.EpsilonPlus()),
    _relevance("epsilon-alpha2-beta1", lambda of: of.EpsilonAlpha2Beta1()),
    _relevance("epsilon-gamma-box", lambda of: of.EpsilonGammaBox(low=-3.0, high=3.0)),
    Case(f"vgg16 {_SMOOTH}", partial(_call, _SMOOTH), _smoothgrad, goal=4.0),
    Case(f"vgg16 {_IG}", partial(_call, _IG), _ig),
    *(_in_gradients(name, 2.5) for name in ("epsilon-plus", "epsilon-gamma-box")),
    *(_in_gradients(name, 4.5) for name in ("lrp-zplus", "lrp-alpha2-beta1")),
    Case(
        f"vgg16 {_SMOOTH}, {SAMPLES} calls",
        partial(_call, _SMOOTH),
        partial(_call, "guided", calls=SAMPLES),
        goal=1.5,
    ),
]
