"""Cosine similarity convergence in random convolutional nets, with max-pools and without."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial

import numpy as np

from tinycnn.layers import Conv2D
from tinycnn.ops.types import Array
from tinycnn.theory.claim import Agrees, Bench, Claim, Setting, Verdict
from tinycnn.theory.claims import vgg
from tinycnn.theory.claims.convergence import SOURCE, cosines
from tinycnn.theory.claims.nets import Measure, hidden_units, network_input, photograph, seeds
from tinycnn.theory.claims.redrawn import Build, deep_net
from tinycnn.theory.convergence import deconvnet_similarity, guided_similarity
from tinycnn.theory.depth import constant_share_deep
from tinycnn.trace import backward, run

SIGNALS = 8
"""Sent down each net from its last hidden layer; all pairs are compared."""


@dataclass(frozen=True)
class Kind:
    """A family of nets, and how many layers below their start signals are compared.

    Parameters
    ----------
    says : str
    setting : Setting
    build : callable
    below : tuple of int
    slack : float
        Relative error that the recursion may have in these nets.
    """

    says: str
    setting: Setting
    build: Build
    below: Sequence[int]
    slack: float

    def units(self, setting: Setting) -> tuple[list[int], Sequence[int]]:
        """Hidden units of every layer, and the pools."""
        if self.build is vgg.vgg_net:
            return vgg.hidden(setting), vgg.POOLS
        return hidden_units(setting), ()


KINDS = {
    "convolutional": Kind(
        "convolutional net",
        Setting(nets=16, image="chelsea", size=10, filters=128, depth=4),
        deep_net,
        (1, 3),
        0.015,
    ),
    "vgg": Kind("net like VGG", Setting(nets=16, image="chelsea"), vgg.vgg_net, (1, 3, 5), 0.05),
}


@lru_cache(maxsize=4)
def _curves(bench: Bench, setting: Setting, seed: int, rule: str, build: Build) -> Array:
    """Cosines of all pairs at the input of every convolution, from the top: (nets, layers, pairs)."""
    x, found = network_input(setting), []
    for number in seeds(setting, seed):
        *hidden, _, _ = build(bench, setting, number).layers  # without the logits
        trace = run(hidden, x)
        shape = (SIGNALS, *trace.output.shape[1:])
        start = np.random.default_rng([number, 1]).standard_normal(shape).astype(x.dtype)
        sent = backward(trace, start, bench.rules[rule])
        places = [place for place, layer in enumerate(hidden) if isinstance(layer, Conv2D)]
        found.append([cosines(sent[at].reshape(SIGNALS, -1).astype(float)) for at in places[::-1]])
    return np.array(found)


def _at(rule: str, below: int, build: Build) -> Measure:
    """Mean over pairs, so many layers below the start."""
    return lambda bench, setting, seed: _curves(bench, setting, seed, rule, build)[:, below - 1].mean(axis=1)


def _guided(kind: Kind, below: int, setting: Setting) -> float:
    hidden, pools = kind.units(setting)
    return guided_similarity(hidden, below, pools)


def _deconvnet(kind: Kind, below: int, setting: Setting) -> float:
    hidden, pools = kind.units(setting)
    return deconvnet_similarity(photograph(setting).size, hidden, below, pools)


FORMULAS = {
    "deconvnet": (_deconvnet, r"c_{l-1} = \kappa_1(c_l); \text{ at pools } (r^2 e + q) / (r^2 e + 1)"),
    "guided": (_guided, r"\cos = (r^2 e + q) / (r^2 e + 1), \; r, q \text{ by recursion}, \; e = E h^2"),
}
NAMES = {"deconvnet": "DeconvNet", "guided": "guided backprop"}


def _claim(rule: str, name: str, below: int, note: str = "", recorded: Verdict = "holds") -> Claim:
    kind, (predict, latex) = KINDS[name], FORMULAS[rule]
    return Claim(
        f"csc.{rule}_{name}_{below}",
        f"Signals of {NAMES[rule]} in a {kind.says} become alike, {below} layer{'s' * (below > 1)} below by "
        "this much.",
        latex,
        SOURCE,
        "wide layers, Gaussian weights, no biases; cosines of whole signals",
        partial(predict, kind, below),
        _at(rule, below, kind.build),
        kind.setting,
        replace(kind.setting, nets=6 * kind.setting.nets),
        Agrees(slack=kind.slack),
        note,
        recorded,
    )


CLAIMS = (
    *(_claim("deconvnet", "convolutional", below) for below in KINDS["convolutional"].below),
    *(
        _claim(
            "deconvnet",
            "vgg",
            below,
            f"It is between this, which takes rivals in a window to be independent, and what it is without "
            f"pools, {constant_share_deep(below):.3f}: neighbours of a photograph are correlated, so that "
            "switches say less of the weights.",
            "fails",
        )
        for below in KINDS["vgg"].below[1:]
    ),
    *(_claim("guided", name, below) for name, kind in KINDS.items() for below in kind.below),
)
