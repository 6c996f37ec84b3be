"""Faults that move prediction and measurement alike, or hardly at all: each turns a claim of ``verify
--quick``."""

import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import pytest

from tinycnn.layers import MaxPool2D, ReLU
from tinycnn.ops import geometry
from tinycnn.rules import GRADIENT, RULES, Gate
from tinycnn.rules.gate import positive
from tinycnn.theory import depth, limit, pooled_depth, recovery
from tinycnn.theory import family as arms
from tinycnn.theory.claim import Bench
from tinycnn.theory.claims import CLAIMS, enough, means, nets, vgg
from tinycnn.theory.claims import depth as depth_claims
from tinycnn.theory.claims import sensitivity as sensitivity_claims
from tinycnn.theory.judge import RepeatedError, judge


def forget() -> None:
    """Empty every cache of the theory: what is kept there was computed with the fault, or without it."""
    for name, module in list(sys.modules.items()):
        if name.startswith("tinycnn.theory"):
            for thing in list(vars(module).values()):
                if hasattr(thing, "cache_clear"):
                    thing.cache_clear()


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    forget()
    yield
    forget()


@dataclass(frozen=True)
class Fault:
    """What is changed where, and the claim that it turns; a claim may have to be made anew."""

    claim: str
    plant: Callable[[pytest.MonkeyPatch], None] = lambda patch: None
    bench: Callable[[], Bench] = Bench


def _patched(claim: str, module: object, name: str, value: object) -> Fault:
    return Fault(claim, lambda patch: patch.setattr(module, name, value))


def _padding_above(patch: pytest.MonkeyPatch) -> None:
    """Geometries that are remembered would not see it."""
    patch.setattr(geometry, "_same", _above)
    patch.setattr(geometry, "_window", geometry._window.__wrapped__)


def _open_at_zero() -> Bench:
    gate = Gate(lambda signal, step: signal * (step.input >= 0), positive)
    return Bench(rules=MappingProxyType({**RULES, "guided": GRADIENT.replace("guided", {ReLU: gate})}))


def _overwriting() -> Bench:
    """Where windows overlap, the last one's signal replaces the others'."""

    def row(signal, step):
        flat = np.zeros((*signal.shape[:2], math.prod(step.input.shape[2:])), signal.dtype)
        switches = np.broadcast_to(step.saved, signal.shape).reshape(*signal.shape[:2], -1)
        np.put_along_axis(flat, switches, signal.reshape(switches.shape), axis=2)
        return flat.reshape(len(signal), *step.input.shape[1:])

    return Bench(rules={name: rule.replace(name, {MaxPool2D: row}) for name, rule in RULES.items()})


def _above(length: int, size: int, stride: int, dilation: int) -> tuple[int, int]:
    total = max((-(-length // stride) - 1) * stride + (size - 1) * dilation + 1 - length, 0)
    return total - total // 2, total // 2


def _without_width(seed, position, shape):
    return np.random.default_rng([seed, position])


def _one_stream(seed, position, shape):
    return np.random.default_rng(seed)


def _without_mean(x, at, filters, eta=math.pi, shared=True):
    return RHO(x, at, filters, eta, shared) + 1 / filters


def _half_overlap(x, at, activations=False):
    return OVERLAP(x, at, activations) / 2


BUILD = sys.modules["tinycnn.zoo.build"]
RHO, OVERLAP = recovery.rho_image, recovery.overlap
BGR = replace(nets.IMAGENET_MEAN, mean=nets.IMAGENET_MEAN.mean[::-1])

FAULTS = {
    "the mask open at zero": Fault("recovery.rho_digit", bench=_open_at_zero),
    "c^2 for c beside a bias": _patched(
        "limit.bias_scaled",
        limit,
        "_mask_factor",
        lambda norms, b, sd: np.exp(-0.5 * (b / sd**2 / norms) ** 2),
    ),
    "c^2 for c in the mean": _patched(
        "limit.bias_scaled", means, "mean_scale", lambda mean, sd=1.0: mean * sd**2 / math.sqrt(2 * math.pi)
    ),
    "the odd row of padding above": Fault("limit.strided", _padding_above),
    "widths that share weights": _patched("draws.widths", BUILD, "stream", _without_width),
    "layers that share weights": _patched("draws.layers", BUILD, "stream", _one_stream),
    "overlapping windows overwrite": Fault("pooling.guided_nine", bench=_overwriting),
    "the squared mean forgotten": _patched("family.constant_rho", arms, "rho_image", _without_mean),
    "half of the overlap": _patched("family.stein_rho", arms, "overlap", _half_overlap),
    "the mean of another order of channels": _patched("limit.nothing_else", nets, "IMAGENET_MEAN", BGR),
    "a layer too many of constants": _patched(
        "depth.constant_2", depth_claims, "constant_share_deep", lambda n: depth.constant_share_deep(n + 1)
    ),
    "the mean of a ratio for the ratio": _patched(
        "sensitivity.deconvnet", sensitivity_claims, "deconvnet_logit_cosine", lambda: 1 / math.pi
    ),
    "two rivals for three": _patched("vgg.winner_energy", pooled_depth, "RIVALS", 2),
    "two rivals, in the signal": _patched(
        "vgg.winner_active", vgg, "active_winners", lambda r: depth.active_fraction(r)
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_subtle_fault_turns_a_verdict(name, monkeypatch):
    fault = FAULTS[name]
    fault.plant(monkeypatch)
    assert not judge(CLAIMS[fault.claim], bench=fault.bench()).as_recorded


@pytest.mark.slow
@pytest.mark.parametrize("id", sorted({fault.claim for fault in FAULTS.values()}))
def test_without_the_fault_the_verdict_is_as_recorded(id):
    finding = judge(CLAIMS[id])
    assert finding.as_recorded, finding


@pytest.mark.parametrize(("percent", "count"), [(90, 90), (95, 200), (99, 1000)])
def test_a_wrong_count_of_filters_is_noticed(percent, count):
    assert judge(enough._local(3, percent, count)).verdict == "fails"


def test_a_net_that_comes_twice_is_refused(monkeypatch):
    monkeypatch.setattr(nets, "seeds", lambda setting, seed: iter(k // 2 for k in range(setting.nets)))
    with pytest.raises(RepeatedError, match=r"limit\.mean: only 225 of 450 nets"):
        judge(CLAIMS["limit.mean"])


@pytest.mark.slow
def test_a_share_of_units_may_come_twice():
    """Among the six hundred nets of the full setting some have the same share, though none comes twice."""
    assert judge(CLAIMS["vgg.winner_active"], quick=False).as_recorded
