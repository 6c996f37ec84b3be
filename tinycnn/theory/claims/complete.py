"""What maps sum up to: integrated gradients, LRP, DeepLIFT, and what equals what."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

import numpy as np

from tinycnn.layers import Dense, Layer, ReLU
from tinycnn.ops.types import Array
from tinycnn.rules.others import PAIRED
from tinycnn.theory.claim import AtLeast, AtMost, Bench, Claim, Setting, of_means
from tinycnn.theory.claims.nets import Measure, seeds
from tinycnn.theory.claims.plain import apart, dense_layers, drawn, each_net, rule_of, sent, vector, widths
from tinycnn.theory.completeness import QUADRATURES, ig_error, kept_by_epsilon
from tinycnn.trace import Trace, backward, run

STEPS = (10, 20, 50)
EPSILON = 0.1
ROUNDING = AtMost(1e-12)
LINE = Setting(nets=720, image="chelsea", size=2, filters=48, kernel=0, classes=16)
DEEP = Setting(nets=40, image="chelsea", size=4, filters=32, kernel=0, depth=2)
ONE = replace(DEEP, depth=1)
BIASED = replace(DEEP, bias=0.3)
ANY = "any weights; dense layers, ReLU; double precision"


def baseline(x: Array, seed: int) -> Array:
    """As long as x and orthogonal to it, in a random direction."""
    noise = np.random.default_rng(seed).standard_normal(x.shape)
    noise -= (noise * x).sum() / (x * x).sum() * x
    found: Array = noise * np.linalg.norm(x) / np.linalg.norm(noise)
    return found


@lru_cache(maxsize=2)
def _misses(bench: Bench, setting: Setting, seed: int) -> dict[tuple[str, int], Array]:
    """By how much integrated gradients miss, for each quadrature and count of nodes: (nets, logits)."""
    x = vector(setting)
    nodes = {(name, steps): make(steps) for name, make in QUADRATURES.items() for steps in STEPS}
    places = np.unique(np.concatenate([where for where, _ in nodes.values()]))
    found = []
    for number in seeds(setting, seed):
        start = baseline(x, number)
        layers = _unscaled(bench, number, widths(setting))
        ends = run(layers, np.concatenate([start, x])).output
        trace = run(layers, start + places[:, None] * (x - start))
        every = np.eye(setting.classes)
        slopes = [sent(bench, trace, "saliency", row[None]) @ (x - start)[0] for row in every]
        found.append((np.array(slopes), ends[1] - ends[0]))
    at = {key: np.searchsorted(places, where) for key, (where, _) in nodes.items()}
    return {
        key: np.array([slopes[:, at[key]] @ weights - change for slopes, change in found])
        for key, (_, weights) in nodes.items()
    }


def _unscaled(bench: Bench, seed: int, sizes: list[int]) -> list[Layer]:
    """Two dense layers whose weights have the deviation 1."""
    first, second = (
        drawn(bench, seed, place, (sizes[place + 1], sizes[place])) for place in range(len(sizes) - 1)
    )
    return [Dense(first), ReLU(), Dense(second)]


def _missed(quadrature: str, steps: int) -> Measure:
    """Root mean square over nets and logits."""

    def measure(bench: Bench, setting: Setting, seed: int) -> Array:
        squares = np.mean(_misses(bench, setting, seed)[quadrature, steps] ** 2, axis=1)
        return of_means(math.sqrt, squares)

    return measure


def _ig_gap(bench: Bench, setting: Setting, trace: Trace, number: int) -> float:
    """Integrated gradients from 0, by every quadrature whose nodes are not 0, against gradient x input."""
    x = trace.input
    gaps = []
    for name, steps in (("midpoint", 1), ("right", 2), ("gauss_legendre", 7)):
        places, weights = QUADRATURES[name](steps)
        along = run([step.layer for step in trace], places[:, None] * x)
        gaps.append(apart(x * (weights @ sent(bench, along, "saliency")), x * sent(bench, trace, "saliency")))
    return max(gaps)


def _lrp_gap(bench: Bench, setting: Setting, trace: Trace, number: int) -> float:
    return apart(sent(bench, trace, "lrp-0", trace.output), trace.input * sent(bench, trace, "saliency"))


def _leak(bench: Bench, setting: Setting, seed: int) -> Array:
    """What one layer of LRP-epsilon passes on, against the sum of what each unit keeps."""
    x, found = vector(setting), []
    for number in seeds(setting, seed):
        (layer,) = dense_layers(bench, number, [x.size, setting.filters], setting.bias)
        assert isinstance(layer, Dense)
        assert layer.bias is not None
        trace = run([layer], x)
        signal = drawn(bench, number, 9, trace.output.shape)
        rule = rule_of(bench, f"lrp-epsilon({EPSILON})")
        passed = float(backward(trace, signal, rule)[0].sum())
        kept = float((signal * kept_by_epsilon(trace.output, EPSILON, layer.bias)).sum())
        found.append(abs(passed - kept) / float(np.abs(signal).sum()))
    return np.array(found)


def _positive(trace: Trace) -> Trace:
    """The same layers on an input that is not negative."""
    return run([step.layer for step in trace], np.abs(trace.input))


def _conserved(rule: str, total: float) -> Callable[[Bench, Setting, Trace, int], float]:
    """By how much a map of a signal of 1 misses its sum."""

    def value(bench: Bench, setting: Setting, trace: Trace, number: int) -> float:
        return abs(float(sent(bench, _positive(trace), rule).sum()) - total)

    return value


def _least(bench: Bench, setting: Setting, trace: Trace, number: int) -> float:
    return float(sent(bench, _positive(trace), "lrp-zplus").min())


def _doubled(bench: Bench, setting: Setting, trace: Trace, number: int) -> float:
    """Sum of alpha2-beta1 with an identity behind the first ReLU, over that without."""
    first, relu, *rest = (step.layer for step in trace)
    inserted = [first, relu, Dense(np.eye(setting.filters)), ReLU(), *rest]
    sums = [
        sent(bench, run(layers, trace.input), "lrp-alpha2-beta1").sum()
        for layers in (inserted, [first, relu, *rest])
    ]
    return float(sums[0] / sums[1])


def _one_sided(bench: Bench, setting: Setting, trace: Trace, number: int) -> float:
    """By how much alpha2-beta1 misses the sum of its signal in a layer of positive weights."""
    layer = Dense(np.abs(drawn(bench, number, 0, (setting.filters, trace.input.size))))
    one = run([layer], np.abs(trace.input))
    signal = np.full(one.output.shape, 1 / setting.filters)
    return abs(float(backward(one, signal, rule_of(bench, "lrp-alpha2-beta1"))[0].sum()) - 1)


def _paired(bench: Bench, trace: Trace, start: Array) -> tuple[Array, float]:
    """DeepLIFT's map of the first logit from a baseline, and what it should sum to."""
    rule = bench.rules.get("deeplift", PAIRED)
    both = run([step.layer for step in trace], np.concatenate([trace.input, start]))
    multipliers = backward(both, np.repeat(np.eye(1, both.output.shape[1]), 2, axis=0), rule)[0][:1]
    return (trace.input - start) * multipliers, float(both.output[0, 0] - both.output[1, 0])


def _delta(bench: Bench, setting: Setting, trace: Trace, number: int) -> float:
    map, change = _paired(bench, trace, baseline(trace.input, number))
    return abs(float(map.sum()) - change) / float(np.abs(map).sum())


def _from_zero(bench: Bench, setting: Setting, trace: Trace, number: int) -> float:
    map, _ = _paired(bench, trace, np.zeros_like(trace.input))
    return apart(map, trace.input * sent(bench, trace, "saliency"))


def _is_ig(bench: Bench, setting: Setting, trace: Trace, number: int) -> float:
    """DeepLIFT against integrated gradients, the gradient of every linear piece times its length."""
    start = baseline(trace.input, number)
    layers = [step.layer for step in trace]
    z, other = run(layers[:1], np.concatenate([trace.input, start])).output
    kinks = (other / (other - z))[z * other < 0]
    ends = np.concatenate([[0.0], np.sort(kinks), [1.0]])
    middles = (ends[1:] + ends[:-1]) / 2
    along = run(layers, start + middles[:, None] * (trace.input - start))
    ig = (trace.input - start) * (np.diff(ends) @ sent(bench, along, "saliency"))
    return apart(_paired(bench, trace, start)[0], ig)


def _blind(bench: Bench, setting: Setting, seed: int) -> Array:
    """How far integrated gradients of two nets of one number are apart; 1 if their slopes agree in sign."""
    found = []
    for number in seeds(setting, seed):
        x, near, value, slope = np.abs(drawn(bench, number, 0, (4,))) + 0.1
        near = min(near, x / 2)  # where the second unit opens, before x
        igs, slopes = [], []
        for local in (slope, -slope):
            second = (local * x - value) / (x - near)
            layers = [
                Dense(np.ones((2, 1)), np.array([0.0, near - x])),
                ReLU(),
                Dense(np.array([[local - second, second]])),
            ]
            middles = np.array([[(x - near) / 2], [x - near / 2]])
            pieces = sent(bench, run(layers, middles), "saliency").ravel()
            igs.append(float(pieces @ [x - near, near]))
            slopes.append(float(sent(bench, run(layers, np.array([[x]])), "saliency")[0, 0]))
        opposite = slopes[0] * slopes[1] < 0
        found.append(abs(igs[0] - igs[1]) / abs(value) if opposite else 1.0)
    return np.array(found)


def _exact(
    id: str,
    statement: str,
    latex: str,
    source: str,
    measure: Measure,
    quick: Setting,
    rule: AtMost | AtLeast = ROUNDING,
    assumptions: str = ANY,
    recorded: str = "holds",
) -> Claim:
    return Claim(
        f"complete.{id}",
        statement,
        latex,
        source,
        assumptions,
        lambda setting: 0.0,
        measure,
        quick,
        replace(quick, nets=10 * quick.nets, filters=2 * quick.filters),
        rule,
        recorded="holds" if recorded == "holds" else "fails",
    )


def _law(quadrature: str, steps: int) -> Claim:
    name = quadrature.replace("_", "-")
    return Claim(
        f"complete.ig_{quadrature}_{steps}",
        f"By how much integrated gradients miss f(x) - f(x') with {steps} nodes of the {name} rule: 1 / m, "
        "whatever the rule.",
        r"\sqrt{E\,\mathrm{err}^2} \approx |x| \sqrt{M (1 + 2/\pi) C / 12} / m; \; C = 1 \text{ (midpoint, "
        r"trapezoid)}, "
        r"4 \text{ (left, right)}, \pi^2 / (\pi + 2) \text{ (Gauss-Legendre)}",
        "derivation: every unit that changes sign on the way is a step",
        "one hidden layer, Gaussian weights, no biases; a baseline as long as the image and orthogonal to it",
        lambda setting: ig_error(quadrature, steps, setting.filters),
        _missed(quadrature, steps),
        LINE,
        replace(LINE, nets=6 * LINE.nets),
    )


CLAIMS = (
    *(_law(quadrature, steps) for quadrature in QUADRATURES for steps in STEPS),
    _exact(
        "ig_homogeneous",
        "Without biases, integrated gradients from 0 are gradient x input, by any quadrature whose nodes are "
        "above 0.",
        r"x \odot \sum_i w_i \nabla f(t_i x) = x \odot \nabla f(x), \; t_i > 0",
        "Hesse, Schaub-Meyer and Roth (2021)",
        each_net(_ig_gap),
        DEEP,
        assumptions="no biases, any weights; dense layers, ReLU; double precision",
    ),
    _exact(
        "ig_biased",
        "With biases, too, integrated gradients from 0 are gradient x input.",
        r"x \odot \sum_i w_i \nabla f(t_i x) = x \odot \nabla f(x)",
        "'complete.ig_homogeneous', without its assumption",
        each_net(_ig_gap),
        BIASED,
        recorded="fails",
    ),
    _exact(
        "lrp_0",
        "LRP-0 is gradient x input, with biases or without.",
        r"R = x \odot \nabla f",
        "Ancona et al. (2018), Proposition 1",
        each_net(_lrp_gap),
        BIASED,
    ),
    _exact(
        "epsilon",
        "A layer of LRP-epsilon passes on what each unit keeps; biases and epsilon take the rest.",
        r"\sum_j R_j = \sum_k R_k \frac{z_k - b_k}{z_k + \varepsilon\,\mathrm{sign}\,z_k}",
        "derivation: sum the rule over the inputs",
        _leak,
        BIASED,
    ),
    _exact(
        "zplus_conserved",
        "z+ is a Markov chain: without biases its map sums to the signal that it starts from.",
        r"\sum_j R_j = 1",
        "Zhang et al. (2016): winning probabilities",
        each_net(_conserved("lrp-zplus", 1.0)),
        replace(DEEP, classes=1, filters=64),
        assumptions="no biases, an input that is not negative, a positive weight at every unit; double "
        "precision",
    ),
    _exact(
        "zplus_positive",
        "None of the numbers of a z+ map is negative.",
        r"R_j \ge 0",
        "Zhang et al. (2016): winning probabilities",
        each_net(_least),
        replace(DEEP, filters=64),
        AtLeast(),
        assumptions="no biases, an input that is not negative; double precision",
    ),
    _exact(
        "contrastive",
        "The contrastive form of excitation backprop sums to nothing.",
        r"\sum_j R_j = 0",
        "Zhang et al. (2016), contrastive MWP",
        each_net(_conserved("contrastive-excitation", 0.0)),
        replace(DEEP, filters=64),
        assumptions="no biases, an input that is not negative, weights of both signs at every unit; double "
        "precision",
    ),
    Claim(
        "complete.alpha_beta_doubles",
        "An identity layer that is inserted behind a ReLU doubles all relevance of alpha2-beta1.",
        r"\sum_j R_j' / \sum_j R_j = \alpha = 2",
        "derivation: a unit all of whose contributions are positive passes alpha R",
        ANY,
        lambda setting: 2.0,
        each_net(_doubled),
        DEEP,
        replace(DEEP, nets=400),
        AtMost(1e-10),
    ),
    _exact(
        "alpha_beta",
        "The alpha-beta rule is conservative for alpha - beta = 1.",
        r"\sum_j R_j = \sum_k R_k",
        "Bach et al. (2015), eq. 60, as it is quoted",
        each_net(_one_sided),
        ONE,
        recorded="fails",
        assumptions="no biases; any weights, among them those of one sign",
    ),
    _exact(
        "deeplift_delta",
        "DeepLIFT's rescale rule sums to the difference of the logits, for every baseline.",
        r"\sum_j R_j = f(x) - f(x')",
        "Shrikumar et al. (2017), summation to delta",
        each_net(_delta),
        BIASED,
    ),
    _exact(
        "deeplift_gradient",
        "Without biases, DeepLIFT from 0 is gradient x input.",
        r"R = x \odot \nabla f",
        "Ancona et al. (2018)",
        each_net(_from_zero),
        DEEP,
        assumptions="no biases, any weights; dense layers, ReLU; double precision",
    ),
    _exact(
        "deeplift_ig",
        "With one hidden layer, DeepLIFT is integrated gradients, for every baseline.",
        r"R_i = (x_i - x_i') \sum_k V_k w_{ki} \frac{(z_k)_+ - (z_k')_+}{z_k - z_k'}",
        "derivation: either is the mean of a unit's mask along the line",
        each_net(_is_ig),
        replace(ONE, bias=0.3),
    ),
    _exact(
        "deeplift_ig_deep",
        "With two hidden layers, too, DeepLIFT is integrated gradients.",
        r"R = \mathrm{IG}",
        "'complete.deeplift_ig', without its assumption",
        each_net(_is_ig),
        BIASED,
        recorded="fails",
    ),
    _exact(
        "blind",
        "Two nets of equal integrated gradients may answer a small change in opposite ways.",
        r"\mathrm{IG}_1 = \mathrm{IG}_2, \; f_1'(x) = -f_2'(x)",
        "Bilodeau et al. (2024), by construction",
        _blind,
        ONE,
        assumptions="two hidden units, one input; baseline 0",
    ),
)
