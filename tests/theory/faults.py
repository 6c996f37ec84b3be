"""Faults to plant: benches whose rules or weights are wrong in one way each."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from tinycnn.layers import Conv2D, Dense, MaxPool2D, ReLU
from tinycnn.ops import kernels
from tinycnn.rules import GRADIENT, RULES, Gate, everywhere, identity
from tinycnn.rules.gate import constant
from tinycnn.rules.names import table
from tinycnn.rules.others import PAIRED
from tinycnn.theory.claim import Bench
from tinycnn.zoo.init import normal

TABLES = ("lrp-0", "lrp-epsilon(0.1)", "lrp-zplus", "lrp-alpha2-beta1", "contrastive-excitation")
EVERY = MappingProxyType({**RULES, **{name: table(name) for name in TABLES}, "deeplift": PAIRED})
"""Rules of the family, and those with options that claims measure."""


def _changed(kind, change):
    """Every rule with the row of one type of layer changed: ``change(row, signal, step)``."""

    def rule(old):
        row = old.table[kind]
        return old.replace(old.name, {kind: lambda signal, step: change(row, signal, step)})

    return Bench(rules=MappingProxyType({name: rule(old) for name, old in EVERY.items()}))


def _swapped(gate):
    """Every rule with one gate for its activations."""
    return Bench(rules=MappingProxyType(dict.fromkeys(RULES, GRADIENT.replace("wrong", {ReLU: gate}))))


def _leak(row, signal, step):
    s = row(signal, step)
    size = np.sqrt(np.mean(s**2, axis=(1, 2, 3), keepdims=True) / np.mean(step.input**2))
    return s + np.float32(0.3) * size * step.input


def _leak_dense(row, signal, step):
    s = row(signal, step)
    size = np.sqrt(np.mean(s**2, axis=1, keepdims=True) / np.mean(step.input**2))
    return s + np.float32(0.3) * size * step.input


def _last_tie(row, signal, step):
    """Dead windows, in which all entries tie at zero, send their signal to the last entry of a 2x2 window."""
    saved = np.where(step.output == 0, step.saved + step.input.shape[3] + 1, step.saved)
    return kernels.max_pool2d_vjp(signal, saved, step.input.shape[2:])


def _smooth(row, signal, step):
    s = row(signal, step)
    return (s + np.roll(s, 1, axis=-1)) / np.float32(np.sqrt(2))


def _mix_channels(row, signal, step):
    s = row(signal, step)
    return s + np.float32(0.3) * s[:, ::-1]


def _shifted(rng, shape):
    return normal(1.0)(rng, shape) + np.float32(0.3)


def _heavy(rng, shape):
    return (rng.standard_t(3, shape) / np.sqrt(3)).astype(np.float32)


FAULTS: Mapping[str, Callable[[], Bench]] = MappingProxyType(
    {
        "a factor of 1.15": lambda: _changed(Conv2D, lambda row, s, step: np.float32(1.15) * row(s, step)),
        "the input leaks": lambda: _changed(Conv2D, _leak),
        "the input leaks through a dense layer": lambda: _changed(Dense, _leak_dense),
        "no mask and no backward ReLU": lambda: _swapped(Gate(everywhere, identity)),
        "a constant signal": lambda: _swapped(Gate(everywhere, constant)),
        "the gradient for every rule": lambda: Bench(rules=dict.fromkeys(RULES, GRADIENT)),
        "guided backprop for every rule": lambda: Bench(rules=dict.fromkeys(RULES, RULES["guided"])),
        "the constant arm for every rule": lambda: Bench(rules=dict.fromkeys(RULES, RULES["constant"])),
        "ties to the last": lambda: _changed(MaxPool2D, _last_tie),
        "neighbours smeared": lambda: _changed(Conv2D, _smooth),
        "channels mixed": lambda: _changed(Conv2D, _mix_channels),
        "the opposite sign": lambda: _changed(Dense, lambda row, s, step: -row(s, step)),
        "weights with a mean": lambda: Bench(init=_shifted),
        "weights too wide": lambda: Bench(init=normal(1.2)),
        "heavy tails": lambda: Bench(init=_heavy),
    }
)
