"""Every rule that differs from the gradient in its activations or its unpooling, by name.

An arm of the family is a forward mask and a backward function; each comes with three ways to unpool.
"""

from __future__ import annotations

from types import MappingProxyType

from tinycnn.layers import Activation, MaxPool2D
from tinycnn.ops import engine
from tinycnn.ops.types import Array
from tinycnn.rules.gate import (
    Gate,
    activation,
    constant,
    derivative,
    everywhere,
    identity,
    magnitude,
    negative,
    positive,
    reversed_derivative,
)
from tinycnn.rules.gradient import GRADIENT, avg_pool2d
from tinycnn.rules.rule import Rule
from tinycnn.trace import Step


def center_unpool2d(signal: Array, step: Step) -> Array:
    """Unpool without switches: every signal to the centre of its window."""
    return engine.center_unpool2d(signal, step.input.shape[2:], **step.layer.geometry)


def _arm(name: str, gate: Gate, source: str) -> Rule:
    return GRADIENT.replace(name, {Activation: gate}, source)


DECONVNET = _arm("deconvnet", Gate(everywhere, positive), "Zeiler and Fergus 2014, section 2.1")
"""No mask, and only positive signals pass: the image enters by the switches of max-pools alone."""

GUIDED = _arm("guided", Gate(derivative, positive), "Springenberg et al. 2015, section 3.4")
"""The forward mask of the gradient and the backward ReLU of DeconvNet together."""

_CONTROL = "control: the same limit as guided backprop needs only a mask and a mean other than 0"
_ARMS = (
    GRADIENT,
    DECONVNET,
    GUIDED,
    _arm("linear", Gate(everywhere, identity), "Mahendran and Vedaldi 2016, table 1 (FTF)"),
    _arm("abs", Gate(derivative, magnitude), _CONTROL),
    _arm("constant", Gate(derivative, constant), _CONTROL),
    _arm("negative", Gate(derivative, negative), _CONTROL),
    _arm(
        "reversed", Gate(reversed_derivative, positive), "control: the opposite mask gives the negative image"
    ),
    _arm("deconvnet-abs", Gate(everywhere, magnitude), "control: without a mask nothing is recovered"),
    _arm(
        "stein", Gate(activation, positive), "control: by Stein's lemma the limit is the covered image itself"
    ),
)


def _with_unpooling(arm: Rule) -> tuple[Rule, Rule, Rule]:
    average = arm.replace(f"{arm.name}+average", {MaxPool2D: avg_pool2d}, f"{arm.source}; unpooled evenly")
    center = arm.replace(
        f"{arm.name}+center", {MaxPool2D: center_unpool2d}, f"{arm.source}; unpooled to the centre"
    )
    return arm, average, center


RULES = MappingProxyType({rule.name: rule for arm in _ARMS for rule in _with_unpooling(arm)})
"""The family by name: each arm with max-pools unpooled by their switches, "+average" and "+center"."""

DESALINET = MappingProxyType(
    {
        "TTT": RULES["guided"],
        "TTF": RULES["saliency"],
        "FTT": RULES["deconvnet"],
        "FFT": RULES["deconvnet+center"],
        "TFT": RULES["guided+center"],
        "TFF": RULES["saliency+center"],
        "FTF": RULES["linear"],
        "FFF": RULES["linear+center"],
    }
)
"""Mahendran and Vedaldi's combinations of (ReLU mask, pool switch, backward ReLU), each on (T) or off (F)."""
