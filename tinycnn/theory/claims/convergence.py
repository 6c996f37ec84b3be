"""Cosine similarity convergence (Sixt, Granz and Landgraf 2020) in random nets, rule by rule."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache, partial

import numpy as np

from tinycnn.layers import Dense, Layer
from tinycnn.ops.types import Array
from tinycnn.theory.claim import Agrees, Bench, Claim, Setting, Verdict, VerdictRule, of_means
from tinycnn.theory.claims.nets import Measure, hidden_units, seeds
from tinycnn.theory.claims.plain import dense_layers, drawn, rule_of, vector, widths
from tinycnn.theory.convergence import gradient_similarity, guided_similarity, positive_rate, zplus_rate
from tinycnn.theory.depth import constant_share_deep
from tinycnn.trace import backward, run

SOURCE = "the measure is that of Sixt, Granz and Landgraf (2020); the prediction is derived here"
WIDE = "wide layers of equal width, Gaussian weights, no biases, no pools"
LINEAR = "layers of equal width without ReLUs or biases, whose weights are those of a Gaussian w"
SIGNALS = 24
"""Sent down each net; all pairs are compared."""

DEEP = Setting(nets=100, image="chelsea", size=8, filters=192, kernel=0, depth=5)
POSITIVE = Setting(nets=30, image="chelsea", size=8, filters=192, kernel=0, depth=3)
ZPLUS = Setting(nets=110, image="chelsea", size=8, filters=384, kernel=0, depth=3)


def cosines(signals: Array) -> Array:
    """Cosines of all pairs of rows."""
    unit = signals / np.linalg.norm(signals, axis=1, keepdims=True)
    found: Array = (unit @ unit.T)[np.triu_indices(len(unit), 1)]
    return found


def _passed(layers: Sequence[Layer], x: Array, bench: Bench, rule: str, start: Array) -> list[Array]:
    """Cosines where the signals start, and below every linear layer from there down."""
    trace = run(layers, x)
    signals = backward(trace, start, rule_of(bench, rule))
    linear = [place for place, layer in enumerate(layers) if isinstance(layer, Dense)]
    return [cosines(start), *(cosines(signals[place]) for place in reversed(linear))]


@lru_cache(maxsize=4)
def _curves(bench: Bench, setting: Setting, seed: int, rule: str) -> Array:
    """Cosines of all pairs of signals sent down from the top hidden layer: (nets, layers + 1, pairs)."""
    x, found = vector(setting), []
    for number in seeds(setting, seed):
        layers = dense_layers(bench, number, widths(setting))[:-1]
        start = np.random.default_rng([number, 1]).standard_normal((SIGNALS, setting.filters))
        found.append(_passed(layers, x, bench, rule, np.abs(start) if rule == "lrp-zplus" else start))
    return np.array(found)


def _at(rule: str, below: int, of: Callable[[Array], Array] = np.asarray) -> Measure:
    """Mean over pairs of a function of their cosine, so many layers below the start."""
    return lambda bench, setting, seed: of(_curves(bench, setting, seed, rule)[:, below]).mean(axis=1)


def shrinks(curves: Array) -> Array:
    """From the second layer to the third, ``E(1 - cos)`` over what it was: values for each net."""
    below, above = ((1 - curves[:, place]).mean(axis=1) for place in (3, 2))
    return of_means(lambda one, other: one / other, below, above)


def _positive(change: Callable[[Array], Array]) -> Measure:
    """How ``1 - cos`` shrinks in layers whose weights are a function of random ones."""

    def measure(bench: Bench, setting: Setting, seed: int) -> Array:
        n, found = setting.filters, []
        for number in seeds(setting, seed):
            layers = [Dense(change(drawn(bench, number, place, (n, n)))) for place in range(setting.depth)]
            start = np.abs(np.random.default_rng([number, 1]).standard_normal((SIGNALS, n)))
            found.append(_passed(layers, np.ones((1, n)), bench, "saliency", start))
        return shrinks(np.array(found))

    return measure


def _relu(w: Array) -> Array:
    return np.maximum(w, 0)


def _claim(
    id: str,
    statement: str,
    latex: str,
    predict: Callable[[Setting], float],
    measure: Measure,
    quick: Setting = DEEP,
    rule: VerdictRule = Agrees(slack=0.01),
    note: str = "",
    recorded: Verdict = "holds",
    assumptions: str = WIDE,
) -> Claim:
    full = replace(quick, nets=6 * quick.nets)
    return Claim(
        f"csc.{id}",
        statement,
        latex,
        SOURCE,
        assumptions,
        predict,
        measure,
        quick,
        full,
        rule,
        note,
        recorded,
    )


def _gradient(below: int, setting: Setting) -> float:
    return gradient_similarity(below, setting.filters)


def _deconvnet(below: int, setting: Setting) -> float:
    return constant_share_deep(below)


def _guided(below: int, setting: Setting) -> float:
    return guided_similarity(hidden_units(setting), below)


CLAIMS = (
    *(
        _claim(
            f"gradient_{below}",
            f"Signals of the gradient stay as they were: {below} layer{'s' * (below > 1)} below they are "
            "hardly more "
            "alike.",
            r"E |\cos| = \sqrt{2 (1 + 2 l) / (\pi n)}",
            partial(_gradient, below),
            _at("saliency", below, np.abs),
        )
        for below in (1, 2, 4)
    ),
    _claim(
        "gradient_sign",
        "Two signals of the gradient are as often opposite as not, also four layers below.",
        r"E \cos = 0",
        lambda setting: 0.0,
        _at("saliency", 4),
        rule=Agrees(),
    ),
    *(
        _claim(
            f"deconvnet_{below}",
            f"Signals of DeconvNet become alike, {below} layer{'s' * (below > 1)} below by this much.",
            r"c_{l-1} = \kappa_1(c_l), \; \kappa_1(c) = [\sqrt{1 - c^2} + c (\pi - \arccos c)] / \pi",
            partial(_deconvnet, below),
            _at("deconvnet", below),
            note="Asymptotically 1 - c tends to 9 pi^2 / (2 L^2)." if below == 4 else "",
        )
        for below in (1, 2, 4)
    ),
    *(
        _claim(
            f"guided_{below}",
            f"Signals of guided backprop become alike faster, {below} layer{'s' * (below > 1)} below by "
            "this much.",
            r"\cos = (r^2 / 2 + q) / (r^2 / 2 + 1), \; r, q \text{ by recursion}",
            partial(_guided, below),
            _at("guided", below),
        )
        for below in (1, 2, 4)
    ),
    _claim(
        "positive",
        "In layers of positive weights relu(w) signals become alike exponentially fast.",
        r"(1 - c_{l-1}) / (1 - c_l) = (\pi - 1) / n",
        lambda setting: positive_rate(setting.filters),
        _positive(_relu),
        POSITIVE,
        Agrees(slack=0.015),
        assumptions=LINEAR,
    ),
    _claim(
        "magnitude",
        "In layers of positive weights |w| signals become alike faster than in those of relu(w).",
        r"(1 - c_{l-1}) / (1 - c_l) = (\pi / 2 - 1) / n",
        lambda setting: positive_rate(setting.filters, magnitude=True),
        _positive(np.abs),
        POSITIVE,
        Agrees(slack=0.015),
        assumptions=LINEAR,
    ),
    _claim(
        "zplus",
        "Signals of z+ in a ReLU net of 384 units become alike as fast as the leading term of their rate "
        "says.",
        r"(1 - c_{l-1}) / (1 - c_l) = \pi (\pi - 1) / n",
        lambda setting: zplus_rate(setting.filters),
        lambda bench, setting, seed: shrinks(_curves(bench, setting, seed, "lrp-zplus")),
        ZPLUS,
        Agrees(slack=0.02),
        note="They become alike faster, by a seventh at this width: what the leading term leaves out is of "
        "the order "
        "of 1 over the root of n. Two layers are enough for a map to forget where it comes from.",
        recorded="fails",
    ),
)
