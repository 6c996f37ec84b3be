"""A walk through a net, layer by layer: what the theory assumes there, and what the signal is like."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from PIL import Image

from tinycnn.fold import fold_batch_norm
from tinycnn.layers import Branches, Conv2D, Layer, ReLU, ReLU6
from tinycnn.metrics import cosine, high_pass, pearson
from tinycnn.model import Model
from tinycnn.rules import GRADIENT, GUIDED, Rule, derivative, through_branches
from tinycnn.targets import Target
from tinycnn.theory.trained import bank_signal, filters, gaussian_signal, inner, isotropic_signal, open_signal
from tinycnn.trace import Row, Step, Trace, backward, forward
from tinycnn.types import Array, Pair


@dataclass(frozen=True)
class Passage:
    """A signal on its way back through one layer: at the layer's output, and at its input."""

    step: Step
    above: Array
    below: Array


@dataclass(frozen=True)
class Stop:
    """One convolution with its activation, on one image; all signals are those of one target.

    Parameters
    ----------
    layer : str
    kurtosis, isotropy, overlap : float
        Of its filters, see `trained.Filters`; a random layer has 0, 1, 1.
    open : float
        Fraction of units with z > 0; 1/2 in a random layer without bias.
    saliency, guided : float
        Fraction of the open units that a positive signal reaches: the active paths. 1/2 for saliency.
    mask : float
        Correlation of the forward mask with the sign of the signal that arrives, under guided backprop; 0 if
        they are independent, as the theory assumes.
    isotropic, bank, gaussian : float
        Cosine of what arrives at the layer's input if every open unit sends 1, with three predictions: for
        isotropic filters, for filters of this layer's second moment, and for filters and biases of its mean
        and covariance. Without a sample of nets, 1 would take infinitely many filters.
    real_isotropic, real_bank, real_gaussian : float
        The same for the signal that guided backprop really has there.
    input, detail : float
        Pearson correlation of the signal's picture, its norm over channels, with the brightness of the input
        and with the local strength of its high-pass, both brought to the layer's size.
    whole, units, shift : float
        ``<s, y> = sum R z - sum R b``, see `trained.Inner`, over ``|s| |y|``.
    """

    layer: str
    kurtosis: float
    isotropy: float
    overlap: float
    open: float
    saliency: float
    guided: float
    mask: float
    isotropic: float
    bank: float
    gaussian: float
    real_isotropic: float
    real_bank: float
    real_gaussian: float
    input: float
    detail: float
    whole: float
    units: float
    shift: float


def survey(model: Model, x: Array, target: Target) -> Iterator[Stop]:
    """Walk from the first convolution to the last; those without an activation, or of groups, are passed by.

    Batch norms are folded into their convolutions first.

    Parameters
    ----------
    model : Model
    x : (1, c, h, w)
        One preprocessed image.
    target : Target
    """
    trace = forward(fold_batch_norm(model), x)
    seed, cut = target(trace), target.cut(trace)
    guided, saliency = passages(cut, seed, GUIDED), passages(cut, seed, GRADIENT)
    for at, passage in enumerate(guided):
        layer = passage.step.layer
        activation = _activation(guided, at)
        if type(layer) is Conv2D and layer.groups == 1 and activation is not None:
            yield _stop(passage, guided[activation], saliency[activation], x)


def passages(trace: Trace, seed: Array, rule: Rule) -> list[Passage]:
    """A signal's way back through every layer, those inside branches included, in the order of the net."""
    recorder = _Recorder(rule, [])
    backward(trace, seed, recorder)
    return recorder.passages[::-1]


@dataclass(frozen=True)
class _Recorder:
    """The rule, taking notes."""

    rule: Rule
    passages: list[Passage]

    def __getitem__(self, layer: Layer) -> Row:
        if isinstance(layer, Branches):
            return partial(through_branches, rule=self)
        return partial(self._noted, self.rule[layer])

    def _noted(self, row: Row, signal: Any, step: Step) -> Any:
        below = row(signal, step)
        self.passages.append(Passage(step, signal, below))
        return below


def _activation(passages: Sequence[Passage], at: int) -> int | None:
    """Where the activation of a convolution is, if it has one."""
    following = at + 1 < len(passages) and passages[at + 1].step.input is passages[at].step.output
    return at + 1 if following and type(passages[at + 1].step.layer) in (ReLU, ReLU6) else None


def _stop(conv: Passage, guided: Passage, saliency: Passage, x: Array) -> Stop:
    layer, y, z = conv.step.layer, conv.step.input, guided.step.input
    mask, signal = derivative(np.ones_like(z), guided.step) > 0, conv.below
    limits = isotropic_signal(layer, y), bank_signal(layer, y), gaussian_signal(layer, y, z)
    signals = open_signal(layer, y, mask), signal
    ones, real = ([float(cosine(found, limit)[0]) for limit in limits] for found in signals)
    picture = np.sqrt(np.square(signal[0]).sum(axis=0))
    parts = inner(signal, y, guided.below, z, layer.bias)
    size = float(np.linalg.norm(signal) * np.linalg.norm(y)) or 1.0
    return Stop(
        layer.name or str(layer.weight.shape),
        **filters(layer.weight)._asdict(),
        open=float(mask.mean()),
        saliency=float((saliency.above[mask] > 0).mean()),
        guided=float((guided.above[mask] > 0).mean()),
        mask=_correlation(mask, guided.above > 0),
        isotropic=ones[0],
        bank=ones[1],
        gaussian=ones[2],
        real_isotropic=real[0],
        real_bank=real[1],
        real_gaussian=real[2],
        input=float(pearson(picture[None], brightness(x[0], picture.shape))),
        detail=float(pearson(picture[None], detail(x[0], picture.shape))),
        whole=parts.whole / size,
        units=parts.units / size,
        shift=parts.shift / size,
    )


def brightness(x: Array, size: tuple[int, ...]) -> Array:
    """Mean of the channels (c, h, w), at another size: (1, h', w')."""
    return _resized(x.mean(axis=0), (size[0], size[1]))


def detail(x: Array, size: tuple[int, ...]) -> Array:
    """Root mean square of the high-pass of (c, h, w), around every place of another size: (1, h', w')."""
    return np.sqrt(np.maximum(_resized(np.square(high_pass(x)).mean(axis=0), (size[0], size[1])), 0))


def _resized(plane: Array, size: Pair) -> Array:
    """Means over boxes; a plane that is smaller is interpolated."""
    picture = Image.fromarray(plane.astype(np.float32))
    smaller = size[0] <= plane.shape[0]
    method = Image.Resampling.BOX if smaller else Image.Resampling.BILINEAR
    return np.asarray(picture.resize((size[1], size[0]), method), np.float64)[None]


def _correlation(a: Array, b: Array) -> float:
    """Of two arrays of truth values; NaN where one of them is all alike."""
    a, b = a.ravel().astype(np.float64), b.ravel().astype(np.float64)
    spread = float(a.std() * b.std())
    return float(((a - a.mean()) * (b - b.mean())).mean() / spread) if spread else float("nan")
