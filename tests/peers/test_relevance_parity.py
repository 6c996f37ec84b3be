"""Relevance rules and composites give zennit's numbers, and where they do not, it is written here why."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest

import tinycnn as tc
from tinycnn.rules.lrp import within

torch = pytest.importorskip("torch", reason="the extra [peers] is not installed")

from peers.modules import import_zennit, network  # noqa: E402

zennit = import_zennit()
Z, C = zennit.rules, zennit.composites

TINY = 1e-60
"""Zennit adds this to every denominator; tinycnn shares nothing where one is exactly 0."""

EPSILON = 0.1
LOW, HIGH = -3.0, 3.0
BOUND = 1e-9


def draw(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def _conv(seed: int, k: int, c: int, **options: Any) -> tc.Conv2D:
    return tc.Conv2D(draw(seed, k, c, 3, 3), draw(seed + 100, k), **options)


def _norm(seed: int, c: int) -> tc.BatchNorm2D:
    return tc.BatchNorm2D(draw(seed, c), draw(seed + 1, c), draw(seed + 2, c), np.exp(draw(seed + 3, c)))


@cache
def net(seed: int) -> tuple[tc.Layer, ...]:
    """Every type of layer: norms that fold, a residual sum of sums, stacked branches, pools of all kinds."""
    s = 1000 * seed
    residual = (_conv(s + 1, 4, 4, padding=1), _norm(s + 2, 4), tc.ReLU(), _conv(s + 3, 4, 4, padding=1))
    stack = (
        (_conv(s + 4, 3, 4, padding=1), tc.ReLU()),
        (tc.AvgPool2D(3, 1, 1), _conv(s + 5, 2, 4, padding=1)),
    )
    return (
        _conv(s + 6, 4, 3, padding=1),
        _norm(s + 7, 4),
        tc.ReLU(),
        tc.Branches((residual, ()), tc.Add()),
        tc.ReLU(),
        tc.MaxPool2D(2, 2),
        _conv(s + 8, 4, 2, padding=1, groups=2),
        tc.ReLU(),
        tc.Branches(stack, tc.Concatenate()),
        tc.ReLU(),
        *_head(s, seed),
    )


def _head(s: int, seed: int) -> tuple[tc.Layer, ...]:
    if seed % 2:
        return (tc.GlobalAvgPool2D(), tc.Dense(draw(s + 9, 3, 5), draw(s + 10, 3)))
    hidden = tc.Dense(draw(s + 11, 6, 5 * 9), draw(s + 12, 6))
    return (tc.Flatten(), hidden, tc.ReLU(), tc.Dense(draw(s + 9, 3, 6), draw(s + 10, 3)))


def _everywhere(rule: Any) -> Any:
    return C.LayerMapComposite(
        [*C.layer_map_base(TINY), ((zennit.types.Convolution, torch.nn.Linear), rule)], canonizers=_folding()
    )


def _folding() -> list[Any]:
    return [zennit.canonizers.SequentialMergeBatchNorm()]


OPTIONS: dict[str, Any] = {"stabilizer": TINY}
BOX = {"low": torch.tensor(LOW).double(), "high": torch.tensor(HIGH).double()}
THEIRS: dict[str, Callable[[], Any]] = {
    "lrp-0": lambda: _everywhere(Z.Epsilon(TINY)),
    f"lrp-epsilon(epsilon={EPSILON})": lambda: _everywhere(Z.Epsilon(EPSILON)),
    "lrp-gamma": lambda: _everywhere(Z.Gamma(0.25, **OPTIONS)),
    "lrp-gamma(gamma=2)": lambda: _everywhere(Z.Gamma(2.0, **OPTIONS)),
    "lrp-alpha2-beta1": lambda: _everywhere(Z.AlphaBeta(2, 1, **OPTIONS)),
    "lrp-alpha-beta(alpha=3, beta=2)": lambda: _everywhere(Z.AlphaBeta(3, 2, **OPTIONS)),
    "lrp-zplus": lambda: _everywhere(Z.ZPlus(**OPTIONS)),
    "lrp-wsquare": lambda: _everywhere(Z.WSquare(**OPTIONS, zero_params="bias")),
    "lrp-flat": lambda: _everywhere(Z.Flat(**OPTIONS)),
    f"epsilon-plus(epsilon={EPSILON})": lambda: C.EpsilonPlus(EPSILON, TINY, canonizers=_folding()),
    f"epsilon-plus-flat({EPSILON})": lambda: C.EpsilonPlusFlat(EPSILON, TINY, canonizers=_folding()),
    f"epsilon-alpha2-beta1({EPSILON})": lambda: C.EpsilonAlpha2Beta1(EPSILON, TINY, canonizers=_folding()),
    f"epsilon-alpha2-beta1-flat({EPSILON})": lambda: C.EpsilonAlpha2Beta1Flat(
        EPSILON, TINY, canonizers=_folding()
    ),
    f"epsilon-gamma-box(gamma=0.5, epsilon={EPSILON})": lambda: C.EpsilonGammaBox(
        **BOX, epsilon=EPSILON, gamma=0.5, stabilizer=TINY, canonizers=_folding()
    ),
    "excitation": lambda: C.ExcitationBackprop(stabilizer=TINY, canonizers=_folding(), zero_params="bias"),
    "beta-smooth(beta=3)": lambda: C.BetaSmooth(beta_smooth=3.0),
}


def theirs(composite: Any, layers: tuple[tc.Layer, ...], x: np.ndarray, seed: np.ndarray) -> np.ndarray:
    module = network(layers, zennit.layer.Sum)
    at = torch.tensor(x, requires_grad=True)
    with composite.context(module) as hooked:
        (back,) = torch.autograd.grad(hooked(at), at, torch.tensor(seed))
    return back.numpy()


def ours(name: str, layers: tuple[tc.Layer, ...], x: np.ndarray, seed: np.ndarray) -> np.ndarray:
    trace = tc.forward(tc.Model("net", layers, x.shape[1:]), x)
    rule = within(tc.rules.table(name), np.full(3, LOW), np.full(3, HIGH))
    return tc.backward(trace, seed, rule)[0]


def difference(found: np.ndarray, expected: np.ndarray) -> float:
    return float(np.abs(found - expected).max() / np.abs(expected).max())


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", THEIRS)
def test_every_rule_through_every_layer(name: str, seed: int) -> None:
    x, signal = draw(seed, 2, 3, 6, 6), draw(seed + 50, 2, 3)
    expected = theirs(THEIRS[name](), net(seed), x, signal)
    assert difference(ours(name, net(seed), x, signal), expected) < BOUND


def test_the_whole_call_gives_zennits_map_of_the_logits_value() -> None:
    model = tc.Model("net", net(0), (3, 6, 6), classes=())
    x = draw(0, 1, 3, 6, 6)
    logits = tc.predict(model, x)
    seed = logits * (np.arange(3) == 1)
    found = tc.visualize(model, x, "epsilon-plus", 1)["epsilon-plus"]
    expected = theirs(C.EpsilonPlus(1e-6, TINY, canonizers=_folding()), net(0), x, seed)
    assert difference(found, expected) < BOUND


ONE = np.ones((1, 1, 1, 1))


def _point(weight: float, bias: float) -> tuple[tc.Layer, ...]:
    return (tc.Conv2D(np.full((1, 1, 1, 1), float(weight)), np.array([float(bias)])),)


def test_zennits_w_square_gives_the_bias_a_share_and_ours_does_not() -> None:
    layers = _point(1, 2)
    assert theirs(_everywhere(Z.WSquare(**OPTIONS)), layers, ONE, ONE) == pytest.approx(1 / 5)
    assert ours("lrp-wsquare", layers, ONE, ONE) == pytest.approx(1)


def test_zennits_winning_probabilities_give_the_bias_a_share_unless_told_otherwise() -> None:
    layers = _point(1, 2)
    assert theirs(C.ExcitationBackprop(stabilizer=TINY), layers, ONE, ONE) == pytest.approx(1 / 3)
    assert ours("excitation", layers, ONE, ONE) == pytest.approx(1)


def test_a_denominator_of_zero_shares_nothing_here_and_all_there() -> None:
    """Contributions that cancel, (1, -1): zennit divides by its stabiliser, and sends relevances of 1e6."""
    layers = (tc.Conv2D(np.array([[[[1.0]], [[-1.0]]]])),)
    x = np.ones((1, 2, 1, 1))
    assert np.abs(theirs(_everywhere(Z.Epsilon(1e-6)), layers, x, ONE)).max() == pytest.approx(1e6)
    assert not ours("lrp-0", layers, x, ONE).any()


def test_zennits_folded_norm_divides_by_its_epsilon_once_more() -> None:
    """Merged with sqrt(variance + eps), the norm is set to variance 1 and keeps its eps."""
    module = torch.nn.Sequential(
        torch.nn.Conv2d(1, 1, 1, bias=False), torch.nn.BatchNorm2d(1, eps=1)
    ).double()
    module.eval()
    module[0].weight = torch.nn.Parameter(torch.ones(1, 1, 1, 1).double())
    x = torch.ones(1, 1, 1, 1).double()
    before = float(module(x).detach())
    with _everywhere(Z.Epsilon(TINY)).context(module) as hooked:
        assert float(hooked(x).detach()) == pytest.approx(before / 2**0.5)
    layers = (
        tc.Conv2D(ONE),
        tc.BatchNorm2D(*np.ones((2, 1)) * [[1.0], [0]], np.zeros(1), np.ones(1), epsilon=1.0),
    )
    assert tc.forward(tc.Model("net", layers, (1, 1, 1)), ONE).output == pytest.approx(before)
    assert ours("lrp-0", layers, ONE, ONE) == pytest.approx(1)
