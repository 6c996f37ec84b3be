"""Gaussian filters with the moments of a trained net's own: the formulas for banks, with a real Sigma."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from tinycnn.layers import Conv2D, ReLU
from tinycnn.ops.types import Array
from tinycnn.theory.claim import Bench, Claim, Setting
from tinycnn.theory.claims.bank import SOURCE
from tinycnn.theory.claims.trained import ALEXNET, DIGITS, VGG16, TrainedSetting, needs, picture, trained
from tinycnn.theory.limit import share
from tinycnn.theory.trained.filtered import bank_prediction, shifted_prediction
from tinycnn.trace import backward, forward, run
from tinycnn.zoo.init import stream

NOTE = (
    "What is measured are Gaussian filters of these moments, which the formula is exact for. How far the "
    "net's own filters are from it is for 'tinycnn survey {}' to tell."
)


@lru_cache(maxsize=4)
def layer_and_input(setting: TrainedSetting) -> tuple[Conv2D, Array]:
    """The layer in question, and what goes into it."""
    model = trained(setting.model, setting.weights)
    trace = forward(model, model.preprocess(picture(setting)))
    step = trace[trace.index(setting.layer)]
    return step.layer, step.input


def _redrawn(layer: Conv2D, bench: Bench, rng: np.random.Generator, shifted: bool) -> Conv2D:
    """As many Gaussian filters, of the second moment of the layer's own, or of their mean and covariance.

    With V of independent standard normal entries the rows of ``V W / sqrt(N)`` have covariance
    ``W^T W / N``, so no root of Sigma is needed.
    """
    n = len(layer.weight)
    rows = layer.weight.reshape(n, -1).astype(np.float64)
    bias = np.zeros(n) if layer.bias is None or not shifted else layer.bias
    rows = np.concatenate([rows, bias[:, None]], axis=1)
    mean = rows.mean(axis=0) if shifted else np.zeros(rows.shape[1])
    drawn = mean + bench.init(rng, (n, n)) @ (rows - mean) / np.sqrt(n)
    weight, bias = drawn[:, :-1].reshape(layer.weight.shape), drawn[:, -1]
    return replace(layer, weight=weight.astype(np.float32), bias=bias.astype(np.float32))


def _projections(bench: Bench, setting: Setting, seed: int, shifted: bool) -> Array:
    """``<s, m> / |m|^2`` for the predicted mean m of what a signal of ones sends back, for each bank."""
    assert isinstance(setting, TrainedSetting)
    layer, h = layer_and_input(setting)
    predict = shifted_prediction if shifted else bank_prediction
    mean = len(layer.weight) * predict(h, layer).astype(np.float64)
    if not shifted:
        mean /= np.sqrt(2 * np.pi)
    values = []
    for number in range(setting.nets):
        drawn = _redrawn(layer, bench, stream(seed, number, layer.weight.shape), shifted)
        trace = run([drawn, ReLU()], h)
        s = backward(trace, np.ones_like(trace.output), bench.rules["guided"])[0]
        values.append(float(share(s[0], mean[0])))
    return np.array(values)


def _banks(setting: TrainedSetting, shifted: bool) -> int:
    """How many are drawn: large nets cost so much that their claims notice less."""
    if setting.model != "digits":
        return 20
    return 120 if shifted else 500


def _claim(setting: TrainedSetting, layer: str, shifted: bool) -> Claim:
    chosen = replace(setting, layer=layer, nets=_banks(setting, shifted))
    kind = "mean and covariance" if shifted else "second moment"
    deep = r"[\mu \Phi(t_j) + C y_j \varphi(t_j) / \sigma_j], \quad t_j = \mu \cdot y_j / \sigma_j"
    plain = r"\Sigma y_j / \sqrt{2 \pi y_j^T \Sigma y_j}"
    return Claim(
        f"bank.{'shifted' if shifted else 'real'}_{setting.model}",
        f"Gaussian filters with the {kind} of a trained layer's own send a constant signal back as the "
        "layer's input, filtered by them.",
        rf"E s = N \sum_j D_j^T {deep if shifted else plain}",
        SOURCE,
        f"filters{' with their biases' if shifted else ''} Gaussian, a signal that does not depend on them",
        lambda setting: 1.0,
        lambda bench, setting, seed: _projections(bench, setting, seed, shifted),
        chosen,
        replace(chosen, nets=4 * chosen.nets),
        note=NOTE.format(setting.model),
        weights=needs(setting),
    )


CLAIMS = (
    _claim(DIGITS, "conv1_1", shifted=False),
    _claim(DIGITS, "conv2_2", shifted=True),
    _claim(ALEXNET, "conv1", shifted=False),
    _claim(ALEXNET, "conv5", shifted=True),
    _claim(VGG16, "conv1_1", shifted=False),
    _claim(VGG16, "conv5_3", shifted=True),
)
