"""The recursion through max-pools, and limits whose channels are centred."""

import numpy as np
import pytest
from simulate import same

from tinycnn.pictures.metrics import cosine
from tinycnn.theory import depth
from tinycnn.theory.claim import Setting
from tinycnn.theory.claims import nets
from tinycnn.theory.claims.nets import photograph
from tinycnn.theory.judge import OWN
from tinycnn.theory.limit import limit_map
from tinycnn.theory.pooled_depth import RIVALS, kept, logit_correlations_pooled, ratios_pooled, rho_pooled
from tinycnn.theory.recovery import rho_image
from tinycnn.theory.sampled import SampledLimit, sampled_limit

HIDDEN = [4096, 8192, 2048, 1024]


def test_without_pools_it_is_the_recursion_of_depth():
    assert ratios_pooled(HIDDEN, ()) == pytest.approx(depth.ratios(HIDDEN), rel=1e-12)
    assert rho_pooled(3072, HIDDEN, ()) == pytest.approx(depth.rho_deep(3072, HIDDEN), rel=1e-12)
    for kept_layers in (None, 2, 0):
        expected = depth.logit_correlations(HIDDEN, kept_layers)
        assert logit_correlations_pooled(HIDDEN, (), kept_layers) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("r", [0.0, 0.6])
def test_signal_and_energy_of_a_pooled_layer_are_those_of_sampled_windows(r):
    rng = np.random.default_rng(0)
    z, g = rng.standard_normal((2, 400_000, 4))
    passed = np.maximum(r * z + g, 0) * (z > 0) * (z == z.max(axis=1, keepdims=True))
    for found, sample in zip(kept(r, True), (z * passed, passed**2), strict=True):
        error = sample.mean(axis=1).std() / len(sample) ** 0.5
        assert abs(found - sample.mean()) < 4 * error


@pytest.mark.parametrize(("r", "correlation"), [(0.0, 0.0), (0.6, 0.4)])
def test_what_two_signals_share_behind_a_pool_is_that_of_sampled_windows(r, correlation):
    rng = np.random.default_rng(2)
    z, both, one, two = rng.standard_normal((4, 400_000, 4))
    noises = (correlation**0.5 * both + (1 - correlation) ** 0.5 * own for own in (one, two))
    passed = [np.maximum(r * z + g, 0) * (z > 0) * (z == z.max(axis=1, keepdims=True)) for g in noises]
    shared = (passed[0] * passed[1]).mean(axis=1)
    found = depth.kept_product(r, correlation, RIVALS)
    assert abs(found - shared.mean()) < 4 * shared.std() / len(shared) ** 0.5


def test_at_the_top_pooled_layer_what_two_signals_share_is_their_product_over_their_energy():
    [*_, top] = logit_correlations_pooled(HIDDEN, (4,))
    assert top == pytest.approx(depth.kept_product(0.0, 0.0, RIVALS) / kept(0.0, True)[1], rel=1e-12)


def test_behind_a_pool_the_ratio_is_that_of_a_sampled_layer():
    """A layer above a pool: h is the largest of four, W is fresh, and S is masked noise, as at the top."""
    rng = np.random.default_rng(1)
    wide, fan_in = 3000, 3000
    h = np.maximum(rng.standard_normal((fan_in, 4)).max(axis=1), 0)
    weight = rng.standard_normal((wide, fan_in))
    z = weight @ h
    arrived = weight.T @ (np.maximum(rng.standard_normal(wide), 0) * (z > 0))
    along = arrived @ h / (h @ h)
    ratio = along / np.std(arrived - along * h)
    lower = 4 * fan_in
    assert ratio == pytest.approx(ratios_pooled([lower, wide], (1,))[0], rel=0.05)


def test_pools_make_more_noise_than_none():
    assert rho_pooled(3072, HIDDEN, (2, 3)) > rho_pooled(3072, HIDDEN, ())


def test_a_window_of_one_is_no_pool():
    x, at = photograph(Setting(nets=1)), same((32, 32), 3)
    found = sampled_limit(x, at, (1, 1))
    assert float(cosine(found.mean, limit_map(x, at))) > 0.997  # 4096 filters: rho(eta = 1) is 0.002
    assert found.rho(64) == pytest.approx(rho_image(x, at, 64), rel=0.1)


def test_a_centred_limit_has_lost_its_constants_and_their_noise():
    mean = np.arange(24.0).reshape(2, 3, 4)
    found = SampledLimit(mean, spread=5.0, energy=7.0, flat=2.0, filters=10).centred()
    assert found.mean.mean(axis=(1, 2)) == pytest.approx([0, 0])
    assert (found.spread, found.energy, found.flat) == (3.0, 7.0, 0.0)


def test_nets_that_are_kept_are_those_that_are_drawn(monkeypatch):
    setting = Setting(nets=3, size=8, filters=4)
    kept_traces = [trace.output for trace in nets.traces(OWN, setting, 5)]
    monkeypatch.setattr(nets, "KEPT", 0)
    drawn = [trace.output for trace in nets.traces(OWN, setting, 5)]
    assert len(drawn) == 3
    assert np.array_equal(kept_traces, drawn)


def test_a_setting_says_what_it_is():
    assert str(Setting(nets=2)) == "coffee at 32x32; 64 filters of 3x3, stride 1; 2 nets"
    assert str(Setting(nets=2, kernel=0)) == "coffee at 32x32; 64 hidden units; 2 nets"
    assert str(Setting(nets=2, kernel=0, classes=5)).endswith("; 64 hidden units, 5 logits; 2 nets")
    pooled = Setting(nets=2, pool=(9, 1), depth=3, bias=-1)
    assert str(pooled).endswith("stride 1, 3 times, biases -1, max-pool 9x9, stride 1; 2 nets")
