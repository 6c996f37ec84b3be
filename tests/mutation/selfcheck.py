"""The checks of `tinycnn.testing`, with their default settings, on tinycnn itself: what a user has at hand.

``python -m tests.mutation.selfcheck PART ...`` exits with status 1 at the first failure.
"""

from __future__ import annotations

import contextlib
import sys
import traceback
from dataclasses import replace
from functools import partial
from importlib import import_module

import numpy as np

from tests.mutation.method_laws import AVERAGED, COMPLETE, MULTIPLIED
from tests.mutation.operations import moves, operations, written_out
from tests.mutation.own_laws import ACCOUNTED, INHERITED, RECORDED, STACKED, taped_as
from tests.testing.every_layer import EVERY_LAYER, MERGES, check_merge, check_row
from tests.testing.formulas import FORMULAS, equals_formula
from tests.testing.gallery import GALLERY
from tests.testing.matrices import equals_matrices
from tinycnn import Model, ops, visualize, zoo
from tinycnn.errors import CheckError
from tinycnn.layers import BatchNorm2D, Branches, Concatenate, Conv2D, Dense, Flatten, MaxPool2D, ReLU
from tinycnn.ops import kernels
from tinycnn.rules import GRADIENT, RULES, get, table
from tinycnn.rules.fold import as_convolution, merged
from tinycnn.rules.lrp import within
from tinycnn.rules.patterns import estimate, pattern_rule, stored
from tinycnn.rules.tape import tape
from tinycnn.testing import LAWS, REQUIRED, check_rule
from tinycnn.testing.declared import BROKEN, TRIED
from tinycnn.testing.law import expect_same
from tinycnn.trace import forward

import_module("tinycnn.testing.search").PATIENCE = 0  # a failure counts, in however large a case

RNG = np.random.default_rng(0)


def engine() -> None:
    """Rules that use every kernel, and the laws that look at kernels."""
    for name in ("guided", "saliency+average", "deconvnet+center"):
        check_rule(RULES[name], [equals_matrices(name)])
    check_rule(RULES["guided"], ["untouched", "several-seeds", "precision", "layout", "switches"])
    check_rule(RULES["saliency"], ["completeness"])


def rows() -> None:
    """The row of every layer."""
    for layer in EVERY_LAYER:
        check_row(layer)
    for merge in MERGES:
        check_merge(merge)


def rules() -> None:
    """Every sort of gate."""
    for name in ("stein", "constant", "reversed", "negative", "abs"):
        check_rule(RULES[name], [equals_matrices(name), "untouched"])
    check_rule(TRIED["beta-smooth"], [INHERITED])


def stacked() -> None:
    check_rule(RULES["saliency"], [STACKED])


def family() -> None:
    """Every arm; how the arms unpool, `engine` sees."""
    for name in RULES:
        if "+" not in name:
            check_rule(get(name), [equals_matrices(name)])


def laws() -> None:
    check_rule(RULES["guided"], [law for law in LAWS if law not in BROKEN["guided"]])
    check_rule(RULES["saliency"], ["additivity", "completeness"])
    check_rule(TRIED["lrp-flat"], ["conservation", "direction"])
    check_rule(TRIED["stein"], ["direction"])


def formulas() -> None:
    """Rules that read weights, against their formulas."""
    for name in FORMULAS:
        check_rule(table(name), [equals_formula(name)])


def composites() -> None:
    """Where in a network each row is for; the laws that see it."""
    check_rule(TRIED["epsilon-plus-flat"], ["shift", "fold", "several-seeds"])
    check_rule(TRIED["epsilon-gamma-box(low=-8, high=8)"], ["dummy", "fold", "split"])
    check_rule(TRIED["rectgrad"], ["batch", "several-seeds", "direction"])
    check_rule(TRIED["beta-smooth"], ["additivity", "locality", "dummy"])
    check_rule(TRIED["contrastive-excitation"], ["fold"])


def options() -> None:
    """What rectgrad may do besides: no outermost pixels above a padded convolution, and maxima shared."""
    framed, shared = table("rectgrad(frame=True)"), table("rectgrad(proportional=True)")
    x = RNG.uniform(1, 2, (1, 1, 6, 6))
    for padding in (0, 1):
        conv = Conv2D(RNG.standard_normal((1, 1, 3, 3)), padding=padding)
        (step,) = forward(Model("conv", (conv,), (1, 6, 6)), x)
        signal = RNG.standard_normal(step.output.shape)
        kept = np.pad(signal[:, :, 1:-1, 1:-1], [(0, 0)] * 2 + [(1, 1)] * 2) if padding else signal
        expect_same(framed[conv](signal, step), GRADIENT[conv](kept, step), f"with padding {padding}, it")
    pool = MaxPool2D(2, 2)
    (step,) = forward(Model("pool", (pool,), (1, 6, 6)), x)
    signal = RNG.standard_normal((1, 1, 3, 3))
    windows = x.reshape(1, 1, 3, 2, 3, 2)
    shares = windows / (windows.mean(axis=(3, 5), keepdims=True) + 1e-10) / 4
    expected = (shares * signal[:, :, :, None, :, None]).reshape(x.shape)
    expect_same(shared[pool](signal, step), expected, "in proportion, the signal")


def mistakes() -> None:
    """Wrong rules, each of which breaks a law that its author claims."""
    for wrong in GALLERY:
        claims = [] if wrong.like else wrong.laws or REQUIRED
        with contextlib.suppress(CheckError):
            check_rule(wrong.rule, claims, wrong.like)
            raise AssertionError(f"{wrong.mistake} is not noticed")


def recorded() -> None:
    for name in ("guided", "saliency+average", "epsilon-plus-flat"):
        check_rule(TRIED[name], [RECORDED])


def taped() -> None:
    for name in ("guided", "negative"):
        check_rule(RULES[name], [taped_as(name)])
    check_rule(TRIED["lrp-epsilon"], [ACCOUNTED])
    merge = Branches(((Conv2D(RNG.standard_normal((2, 1, 1, 1))),), ()), Concatenate())
    trace, seed = forward(Model("net", (merge,), (1, 3, 3)), np.ones((1, 1, 3, 3))), np.ones((1, 3, 3, 3))
    entry = tape(trace, seed, RULES["guided"])[0]
    expect_same(np.array([entry.energy_out, entry.energy_in]), np.array([27.0, 27.0]), entry.layer)


def patterns() -> None:
    """Patterns by their formulas, with means of patches that are cut one by one."""
    conv = Conv2D(RNG.standard_normal((2, 2, 2, 2)), RNG.standard_normal(2), name="conv")
    dense = Dense(RNG.standard_normal((2, 4)), RNG.standard_normal(2), name="dense")
    model = Model("net", (conv, ReLU(), Flatten(), dense), (2, 2, 3))
    x = RNG.standard_normal((400, 2, 2, 3)) + 0.5
    inputs = {
        "conv": np.concatenate([x[:, :, :, j : j + 2].reshape(400, 8) for j in range(2)]),
        "dense": ops.relu(conv.forward(x)[0]).reshape(400, 4),
    }
    for linear in (True, False):
        found = estimate(model, x, linear)
        for layer in (conv, dense):
            if found[layer.name].dtype != x.dtype:
                raise CheckError(f"patterns of {x.dtype} images are {found[layer.name].dtype}")
            seen, weight = inputs[layer.name], layer.weight.reshape(2, -1)
            for y, w, a in zip((seen @ weight.T + layer.bias).T, weight, found[layer.name], strict=True):
                of = y > 0 if layer is conv and not linear else np.ones(len(y), bool)
                direction = (seen * y[:, None])[of].mean(axis=0) - seen[of].mean(axis=0) * y.mean()
                expect_same(a.reshape(-1), direction / (w @ direction), f"the pattern of {layer.name}")
    logits = Model("logits", (Flatten(), dense), (1, 2, 2))
    image, a = x[:1, :1, :, :2], estimate(logits, x[:, :1, :, :2])["dense"]
    value = logits.layers[1].forward(image.reshape(1, 4))[0][0, 1]
    for attribution, factors in ((False, 1.0), (True, dense.weight[1])):
        (found,) = visualize(logits, image, pattern_rule({"dense": a}, attribution), 1).values()
        expect_same(found, (value * a[1] * factors).reshape(image.shape), "the map by patterns")
    digits, picture = zoo.digits("digits"), np.ones((1, 1, 28, 28), np.float32)
    (found,) = visualize(digits, picture, "patternnet", 1).values()
    own = pattern_rule({name: np.array(array) for name, array in stored("digits").items()})
    expect_same(
        found, visualize(digits, picture, own, 1)["patternnet"], "by the patterns that are shipped, the map"
    )


def folded() -> None:
    """A batch norm that is taken into a convolution, and bounds that are taken from the input's."""
    x, (weight, bias, mean) = RNG.standard_normal((2, 2, 3, 4)), RNG.standard_normal((3, 3))
    conv, norm = Conv2D(RNG.standard_normal((3, 2, 2, 2))), BatchNorm2D(weight, bias, mean, mean**2, 0.1)
    for shift in (None, bias):
        whole = merged(replace(conv, bias=shift), norm)
        apart = norm.forward(replace(conv, bias=shift).forward(x)[0])[0]
        expect_same(whole.forward(x)[0], apart, "of the convolution with its norm, the output")
    y = RNG.standard_normal((2, 3, 2, 2))
    expect_same(as_convolution(norm).forward(y)[0], norm.forward(y)[0], "of the norm alone, the output")
    for name in ("epsilon-gamma-box", "lrp-zbox"):
        bounded = within(table(name), np.full((1, 1, 1), -8.0), np.full((1, 1, 1), 8.0))
        check_rule(bounded, [], like=TRIED[f"{name}(low=-8, high=8)"])


def methods() -> None:
    """Averages and products of a rule that is linear and of one that is not."""
    for name in ("saliency", "guided"):
        check_rule(RULES[name], [AVERAGED, MULTIPLIED])
    check_rule(RULES["saliency"], [COMPLETE])


PARTS = {
    "definitions": partial(operations, ops),
    "kernels": partial(operations, kernels),
    "moves": moves,
    "written_out": written_out,
    "engine": engine,
    "rows": rows,
    "rules": rules,
    "stacked": stacked,
    "family": family,
    "laws": laws,
    "recorded": recorded,
    "taped": taped,
    "formulas": formulas,
    "composites": composites,
    "options": options,
    "mistakes": mistakes,
    "methods": methods,
    "patterns": patterns,
    "folded": folded,
}


if __name__ == "__main__":
    try:
        for part in sys.argv[1:]:
            PARTS[part]()
    except Exception:
        traceback.print_exc(limit=3)
        sys.exit(1)
