"""Whether maps are the same for nets that give the same answers: painting, shifts, class activation maps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tinycnn.layers import Conv2D, Dense, Flatten, GlobalAvgPool2D, Layer, ReLU
from tinycnn.ops.types import Array
from tinycnn.pictures.metrics import cosine
from tinycnn.theory.claim import AtLeast, AtMost, Bench, Claim, Setting, Verdict, VerdictRule
from tinycnn.theory.claims.nets import Measure, photograph, seeds
from tinycnn.theory.claims.plain import apart, drawn, each_net, sent, vector
from tinycnn.trace import Trace, backward, run

DOUBLE = "any weights; double precision"
PAINTER = "g is made by two more hidden units, relu(t.x) and relu(-t.x)"
SHIFTED = f"first layer dense, or without zeros around its image; {DOUBLE}"
ONE_DENSE = f"convolution, ReLU, one dense layer; {DOUBLE}"
PAINT = 1e4
"""How strongly a picture is painted, over a net whose logits are of order 1."""

NETS = Setting(nets=40, image="chelsea", size=4, filters=32, kernel=0, bias=0.3, classes=5)
CAM = Setting(nets=20, image="chelsea", size=6, filters=8, classes=1)


def picture(setting: Setting) -> Array:
    """What is painted, a row of length 1: another photograph, or its negative if that is nearer."""
    t = vector(replace(setting, image="coffee"))
    found: Array = t * np.sign((t * vector(setting)).sum())
    return found


def painted(trace: Trace, t: Array) -> Trace:
    """The net that adds ``PAINT (t.x)`` to every logit, as two more hidden units."""
    first, relu, last = (step.layer for step in trace)
    assert isinstance(first, Dense)
    assert isinstance(last, Dense)
    assert first.bias is not None
    hidden = Dense(np.concatenate([first.weight, t, -t]), np.concatenate([first.bias, [0.0, 0.0]]))
    ends = np.tile([PAINT, -PAINT], (len(last.weight), 1))
    return run([hidden, relu, Dense(np.hstack([last.weight, ends]), last.bias)], trace.input)


def chances(logits: Array) -> Array:
    """Softmax of a row."""
    powers = np.exp(logits[0] - logits[0].max())
    found: Array = powers / powers.sum()
    return found


def _same_chances(bench: Bench, setting: Setting, trace: Trace, number: int) -> float:
    """Largest change of a probability, or of the first one's gradient over the strength of the paint."""
    both = trace, painted(trace, picture(setting))
    one, two = (chances(each.output) for each in both)
    first = np.eye(1, setting.classes)[0]
    maps = [sent(bench, each, "saliency", (one[0] * (first - one))[None]) for each in both]
    return float(max(np.abs(one - two).max(), np.abs(maps[0] - maps[1]).max() / PAINT))


def _shows(rule: str) -> Measure:
    def value(bench: Bench, setting: Setting, trace: Trace, number: int) -> float:
        t = picture(setting)
        map = sent(bench, painted(trace, t), rule)
        return float(cosine(map[None], t[None])[()])

    return each_net(value)


def _difference(bench: Bench, setting: Setting, trace: Trace, number: int) -> float:
    """Of the gradient of the difference of two logits, in both nets, over the largest entry painted."""
    signal = np.array([[1.0, -1.0, *[0.0] * (setting.classes - 2)]])
    maps = [sent(bench, each, "saliency", signal) for each in (trace, painted(trace, picture(setting)))]
    return float(np.abs(maps[0] - maps[1]).max()) / PAINT


def _shifted(trace: Trace, shift: Array) -> Trace:
    """The net that takes images to which a constant was added, and the pass of this one."""
    first, *rest = (step.layer for step in trace)
    assert isinstance(first, Dense)
    assert first.bias is not None
    return run([Dense(first.weight, first.bias - first.weight @ shift[0]), *rest], trace.input + shift)


def _shift(setting: Setting) -> Array:
    return np.full(vector(setting).shape, 0.5)


def _mask_rules(bench: Bench, setting: Setting, trace: Trace, number: int) -> float:
    new = _shifted(trace, _shift(setting))
    rules = ("saliency", "guided", "deconvnet")
    return max(apart(sent(bench, trace, rule), sent(bench, new, rule)) for rule in rules)


def _products(trace: Trace, bench: Bench) -> Array:
    return trace.input * sent(bench, trace, "saliency")


def _product_change(bench: Bench, setting: Setting, trace: Trace, number: int) -> float:
    """What gradient x input changes by, against the shift times the gradient."""
    shift = _shift(setting)
    change = _products(_shifted(trace, shift), bench) - _products(trace, bench)
    return apart(change, shift * sent(bench, trace, "saliency"))


def _product_same(bench: Bench, setting: Setting, trace: Trace, number: int) -> float:
    return apart(_products(trace, bench), _products(_shifted(trace, _shift(setting)), bench))


def _cam_parts(bench: Bench, setting: Setting, number: int, pooled: bool) -> tuple[Array, Array, float]:
    """A convolutional net's last maps A (k, h, w), the gradient there, and the logit less its bias."""
    n, side = setting.filters, setting.size
    conv = Conv2D(drawn(bench, number, 0, (n, 3, 3, 3)), None, padding=1)
    body: list[Layer] = [GlobalAvgPool2D() if pooled else Flatten()]
    size = n if pooled else n * side * side
    head = Dense(drawn(bench, number, 1, (1, size)), drawn(bench, number, 2, (1,)))
    trace = run([conv, ReLU(), *body, head], photograph(setting)[None] / 255)
    g = backward(trace[2:], np.ones((1, 1)), bench.rules["saliency"])[0][0]
    assert head.bias is not None
    return trace[1].output[0], g, float(trace.output[0, 0] - head.bias[0])


def _cam(pooled: bool, averaged: bool, covariance: bool) -> Measure:
    """By how much a class activation map, before its ReLU, misses the logit less the bias."""

    def measure(bench: Bench, setting: Setting, seed: int) -> Array:
        found = []
        for number in seeds(setting, seed):
            a, g, total = _cam_parts(bench, setting, number, pooled)
            weights = g.mean(axis=(1, 2), keepdims=True) if averaged else g
            gap = float((weights * a).sum()) - total
            if covariance:
                gap += float(((a - a.mean(axis=(1, 2), keepdims=True)) * g).sum())
            found.append(abs(gap) / float(np.abs(g * a).sum()))
        return np.array(found)

    return measure


def _claim(
    id: str,
    statement: str,
    latex: str,
    source: str,
    measure: Measure,
    quick: Setting = NETS,
    rule: VerdictRule = AtMost(1e-12),
    predict: float = 0.0,
    recorded: Verdict = "holds",
    assumptions: str = DOUBLE,
) -> Claim:
    full = replace(quick, nets=10 * quick.nets)
    return Claim(
        f"invariance.{id}",
        statement,
        latex,
        source,
        assumptions,
        lambda setting: predict,
        measure,
        quick,
        full,
        rule,
        recorded=recorded,
    )


PAINTING = "Srinivas and Fleuret (2021)"
SHIFTS = "Kindermans et al. (2019)"

CLAIMS = (
    _claim(
        "painted_same",
        "A function that is added to all logits changes no probability.",
        r"p_k(f + g) = p_k(f)",
        PAINTING,
        each_net(_same_chances),
        rule=AtMost(1e-10),
    ),
    *(
        _claim(
            f"painted_{rule}",
            f"A linear function that is added to all logits paints any picture into the map of rule {rule}"
            f"{', or its negative' * (rule == 'guided')}.",
            r"\cos(s, t) \to 1, \; g(x) = \lambda \, t \cdot x",
            f"{PAINTING}; for guided backprop derived here",
            _shows(rule),
            rule=AtLeast(),
            predict=0.99,
            assumptions=f"{PAINTER}{'; -t in place of t if t.x < 0' * (rule == 'guided')}; {DOUBLE}",
        )
        for rule in ("saliency", "guided")
    ),
    _claim(
        "painted_difference",
        "Of a map of the difference of two logits, what is added to both changes nothing.",
        r"\nabla (f_k - f_l) = \nabla (f_k + g - f_l - g)",
        PAINTING,
        each_net(_difference),
    ),
    _claim(
        "shift_masks",
        "A constant added to all images, and taken back by the biases, changes no map of masks and switches.",
        r"b \leftarrow b - W m, \; x \leftarrow x + m: \; s \text{ unchanged}",
        SHIFTS,
        each_net(_mask_rules),
        assumptions=SHIFTED,
    ),
    _claim(
        "shift_product",
        "If a constant is added to all images and taken back by the biases, gradient x input changes by the "
        "constant times the gradient.",
        r"\Delta (x \odot \nabla f) = m \odot \nabla f",
        SHIFTS,
        each_net(_product_change),
        assumptions=SHIFTED,
        rule=AtMost(1e-10),
    ),
    _claim(
        "shift_product_same",
        "Gradient x input is the same for two nets that give the same answers.",
        r"x \odot \nabla f \text{ unchanged}",
        f"implementation invariance, taken to images that differ by a constant; refuted by {SHIFTS}",
        each_net(_product_same),
        assumptions=SHIFTED,
        recorded="fails",
    ),
    _claim(
        "cam_pooled",
        "Behind a global average pool and a dense layer Grad-CAM, before its ReLU, sums to the logit less "
        "the bias.",
        r"\sum_{k,a} \bar g^k A^k_a = f - b",
        "Selvaraju et al. (2017): Grad-CAM is CAM",
        _cam(pooled=True, averaged=True, covariance=False),
        CAM,
        assumptions=f"convolution, ReLU, global average pool, dense; {DOUBLE}",
    ),
    _claim(
        "cam_hires",
        "Behind one dense layer HiResCAM sums to the logit less the bias.",
        r"\sum_{k,a} g^k_a A^k_a = f - b",
        "Draelos and Carin (2020)",
        _cam(pooled=False, averaged=False, covariance=False),
        CAM,
        assumptions=ONE_DENSE,
    ),
    _claim(
        "cam_gap",
        "Behind one dense layer Grad-CAM, before its ReLU, misses the logit less the bias by the covariance "
        "over positions of activations and gradient.",
        r"f - b - \sum_{k,a} \bar g^k A^k_a = Z \sum_k \mathrm{Cov}_a(A^k, g^k)",
        "derivation: a mean of products is the product of the means, and their covariance",
        _cam(pooled=False, averaged=True, covariance=True),
        CAM,
        assumptions=ONE_DENSE,
    ),
    _claim(
        "cam_complete",
        "Behind one dense layer, too, Grad-CAM, before its ReLU, sums to the logit less the bias.",
        r"\sum_{k,a} \bar g^k A^k_a = f - b",
        "'invariance.cam_pooled', without its global average pool",
        _cam(pooled=False, averaged=True, covariance=False),
        CAM,
        assumptions=ONE_DENSE,
        recorded="fails",
    ),
)
