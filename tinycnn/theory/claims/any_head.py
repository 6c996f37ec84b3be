"""A random dense first layer, and above it anything: what its units saw, plus noise of their size."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from tinycnn.layers import Dense, Flatten, Layer, ReLU
from tinycnn.ops.types import Array
from tinycnn.theory.any_head import tangent_bound
from tinycnn.theory.claim import AtMost, Bench, Claim, Setting
from tinycnn.theory.claims.dense import per_dense_net
from tinycnn.theory.claims.nets import network_input, photograph, seeds
from tinycnn.trace import backward, run
from tinycnn.zoo.init import stream

SOURCE = "derivation: given what its units saw, a random layer is as free as before across its input"
HEAD = (
    "a random Gaussian dense layer, with any weights above it that do not depend on its own: here a head of "
    "two "
    "layers, the same for all nets, whose weights are cubes of uniform numbers"
)
WIDTH = 30
RISK = 0.1
QUICK = Setting(nets=400, image="chelsea", size=10, filters=500, kernel=0)


def odd_head(units: int) -> list[Layer]:
    """A head that is nothing like a random Gaussian one, the same for every net."""
    rng = np.random.default_rng(0)
    shapes = (WIDTH, units), (1, WIDTH)
    first, second = (rng.uniform(-1, 1.5, shape).astype(np.float32) ** 3 for shape in shapes)
    return [Dense(first, rng.uniform(-1, 1, WIDTH).astype(np.float32)), ReLU(), Dense(second, None)]


@lru_cache(maxsize=2)
def _parts(bench: Bench, setting: Setting, seed: int) -> tuple[Array, Array]:
    """Of each net, ``|s_perp|^2 / (|a|^2 (d - 1))``, and by how much ``<s, x>`` misses ``sum_i a_i z_i``."""
    x, shape, noises, gaps = network_input(setting), (setting.filters, photograph(setting).size), [], []
    rest = odd_head(setting.filters)
    for number in seeds(setting, seed):
        first = Dense(bench.init(stream(number, 0, shape), shape), None)
        trace = run([Flatten(), first, ReLU(), *rest], x)
        signals = backward(trace, np.ones_like(trace.output), bench.rules["guided"])
        s, a = (signals[at].ravel().astype(np.float64) for at in (1, 2))
        flat, z = x.ravel().astype(np.float64), trace[1].output.ravel().astype(np.float64)
        along = s @ flat / np.linalg.norm(flat)
        noises.append((s @ s - along**2) / (a @ a) / (len(s) - 1))
        gaps.append(abs(s @ flat - a @ z) / (np.linalg.norm(s) * np.linalg.norm(flat)))
    return np.array(noises), np.array(gaps)


def _tangent(s: Array, setting: Setting) -> Array:
    """``tan^2`` of the first logit's map and the image."""
    flat, x = s[:, 0].reshape(len(s), -1), photograph(setting).ravel()
    along = flat @ x / np.linalg.norm(x)
    found: Array = np.sum(flat**2, axis=1) / along**2 - 1
    return found


CLAIMS = (
    Claim(
        "any_head.along",
        "Along the input, the map is what the units that send saw of it, whatever the head.",
        r"\langle s, x \rangle = \sum_i a_i z_i",
        SOURCE,
        f"{HEAD}; float32",
        lambda setting: 0.0,
        lambda bench, setting, seed: _parts(bench, setting, seed)[1],
        QUICK,
        replace(QUICK, nets=2000),
        AtMost(1e-5),
    ),
    Claim(
        "any_head.across",
        "Across the input it is noise as large as the signals of the units, whatever the head.",
        r"E |s_\perp|^2 / |a|^2 = d - 1, \; s = \left(\sum_i a_i z_i\right) x / |x|^2 + |a| \xi",
        SOURCE,
        HEAD,
        lambda setting: 1.0,
        lambda bench, setting, seed: _parts(bench, setting, seed)[0],
        QUICK,
        replace(QUICK, nets=2000),
    ),
    Claim(
        "any_head.bound",
        "With a chance of 9 in 10 and more, the published order of filters suffices for one patch, with its "
        "constant.",
        r"\tan^2(s, x) \le \frac{[M/4 + \sqrt{1.5 M L} + 2L] [(p-1) + 2 \sqrt{(p-1) L} + 2L]}"
        r"{[M / 2\pi \, (1 - \pi \sqrt{2L/M})]^2}, \; L = \log(3 / \delta)",
        "Nie, Zhang and Patel (2018), Theorem 1, with constants: Bernstein, Laurent and Massart, Maurer",
        "fully connected three-layer net, Gaussian weights, no biases; delta = .1, judged on every net",
        lambda setting: tangent_bound(setting.filters, photograph(setting).size, RISK),
        per_dense_net(_tangent),
        Setting(nets=100, image="chelsea", size=3, filters=20_000, kernel=0),
        Setting(nets=2000, image="chelsea", size=3, filters=20_000, kernel=0),
        AtMost(),
        note="The bound is not sharp: no net in 2000 exceeds it, where 200 might.",
    ),
)
