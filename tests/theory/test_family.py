import numpy as np
import pytest
from simulate import assert_agrees, maps, measured_rho, same, small_image

from tinycnn.ops.geometry import window
from tinycnn.rules import RULES
from tinycnn.theory.family import ARMS

X, AT = small_image(), same((6, 5), 3)


def _maps(name, nets=10_000):
    arm = ARMS[name]
    return maps(X, AT, 4, nets, seed=1, mask=arm.mask, send=arm.send)


@pytest.mark.parametrize("name", ARMS)
def test_every_arm_has_its_limit_as_mean(name):
    assert_agrees(_maps(name), 4 * ARMS[name].limit(X, AT))


@pytest.mark.parametrize("name", [name for name, arm in ARMS.items() if np.isfinite(arm.rho(X, AT, 4))])
def test_every_arm_with_a_limit_has_its_rho(name):
    predicted = ARMS[name].rho(X, AT, 4)
    found, error = measured_rho(_maps(name), 4 * ARMS[name].limit(X, AT))
    assert error < 0.03 * predicted
    assert abs(found - predicted) < 4 * error


@pytest.mark.parametrize("name", ["saliency", "linear", "deconvnet", "deconvnet-abs"])
def test_every_arm_without_a_limit_has_its_variance(name):
    assert_agrees(_maps(name) ** 2, 4 * np.broadcast_to(ARMS[name].variance(AT), X.shape))


def test_the_control_arms_recover_better_than_guided_backprop():
    rho = {name: ARMS[name].rho(X, AT, 64) for name in ("guided", "abs", "constant")}
    assert rho["constant"] < rho["abs"] < rho["guided"]


def test_steins_rule_recovers_the_covered_image():
    inner = ARMS["stein"].limit(X, AT)[:, 1:-1, 1:-1] / X[:, 1:-1, 1:-1]
    np.testing.assert_allclose(inner, inner[0, 0, 0], rtol=1e-12)


@pytest.mark.parametrize("size", [3, 5])
def test_a_constant_image_is_the_hardest_for_steins_rule(size):
    at = window((12, 12), (size, size), padding=size // 2, circular=True)
    bound = 2 * np.pi * 3 + 3 + 4 * (np.pi - 1) / size**2
    assert ARMS["stein"].rho(np.ones((3, 12, 12)), at, 1) == pytest.approx(bound, rel=1e-6)
    for seed in range(5):
        assert ARMS["stein"].rho(small_image(seed, (3, 12, 12)), at, 1) < bound


def test_arms_are_named_as_the_rules_are():
    assert set(ARMS) <= set(RULES)
