"""How a whole-net case is made: the same images, rules and targets for both sides."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from benchmarks.case import Case, Job, Work
from benchmarks.cases import peers

THREE = ("saliency", "deconvnet", "guided")


def images(n: int, size: int = 224) -> Any:
    """Standard normal images, (n, 3, size, size) float32."""
    return np.random.default_rng(0).standard_normal((n, 3, size, size), dtype=np.float32)


def forward_case(name: str, ours: Callable[[], Any], theirs: Callable[[], Any], goal: float | None) -> Case:
    """One forward pass of one image."""
    our_job, their_job = partial(_our_forward, ours), partial(_their_forward, theirs)
    return Case(name, our_job, their_job, partial(_work, ours, 1, 0), goal)


def maps_case(
    name: str,
    ours: Callable[[], Any],
    theirs: Callable[[], Any],
    goal: float | None,
    rules: tuple[str, ...] = ("guided",),
    n: int = 1,
    logits: int = 0,
    **options: Any,
) -> Case:
    """Maps of n images by several rules: of their largest logit, or, one after another, of many logits."""
    our_job, their_job = (
        partial(_our_maps, ours, rules, n, logits),
        partial(_their_maps, theirs, rules, n, logits),
    )
    work = partial(_work, ours, n, len(rules) * max(1, logits))
    return Case(name, our_job, their_job, work, goal, **options)


def _work(build: Callable[[], Any], n: int, signals: int) -> Work:
    """Of n images: once forward, and so many signals of each back. The weights are read once each way."""
    from tinycnn.layers.sizes import walk

    model = build()
    products = sum(work for *_, work in walk(model.layers, model.input_shape))
    return 2.0 * n * products * (1 + signals), 4.0 * model.size * (1 + (signals > 0))


def _our_forward(build: Callable[[], Any]) -> Job:
    import tinycnn

    model, x = build(), images(1)
    return partial(tinycnn.predict, model, x)


def _their_forward(build: Callable[[], Any]) -> Job:
    import torch

    net, x = build(), torch.from_numpy(images(1))

    def job() -> object:
        with torch.no_grad():
            return net(x)

    return job


def _our_maps(build: Callable[[], Any], rules: tuple[str, ...], n: int, logits: int) -> Job:
    import tinycnn
    from tinycnn import targets

    model, x = build(), images(n)
    target = targets.several([targets.logit(k) for k in range(logits)]) if logits else "max"
    return partial(tinycnn.visualize, model, x, rules, target)


def _their_maps(build: Callable[[], Any], rules: tuple[str, ...], n: int, logits: int) -> Job:
    import torch

    net, x = build(), torch.from_numpy(images(n))
    methods = peers.attributions(net, rules)
    with torch.no_grad():
        best = net(x).argmax(1)

    def job() -> object:
        wanted = range(logits) if logits else [best]
        return [method.attribute(x.requires_grad_(), target=k) for method in methods.values() for k in wanted]

    return job
