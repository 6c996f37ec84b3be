"""What the page asks and what it is told, without the web: images by name, networks kept, maps drawn."""

from __future__ import annotations

import hashlib
import math
import threading
import time
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinycnn import zoo
from tinycnn.errors import ShapeError, UnknownNameError
from tinycnn.explore.kept import Kept
from tinycnn.explore.pictures import difference, of_pixels, of_signal
from tinycnn.image import SAMPLES, decode, resize, sample
from tinycnn.model import Model
from tinycnn.ops import engine
from tinycnn.ops.types import Array
from tinycnn.pictures.maps import STYLES
from tinycnn.pictures.metrics import centred_cosine
from tinycnn.rules import RULES, table
from tinycnn.targets import describe, parse
from tinycnn.trace import Trace, backward, forward, title
from tinycnn.weights import REGISTRY, is_cached
from tinycnn.zoo.digits import EMBEDDED

MODELS = ("three_layer_cnn", "deep_cnn", *zoo.PRETRAINED)
"""The networks that the page offers; the paper's own take gigabytes."""

SIDE, MOST_FILTERS = 96, 256
"""Of the random three-layer net."""

LARGEST = 480 << 20
"""Bytes of memory that decoding an image may take: enough for photographs of 50 megapixels."""

MOST_PIXELS = 1 << 22
"""Pixels of an image that is kept; no network here sees as many."""


@dataclass(frozen=True)
class Choice:
    """What is set on the page.

    Parameters
    ----------
    image : str
        The name of a sample, or what `Session.add` returned.
    model, weights, target, style : str
        As on the command line.
    rule, other : str
        Two rules to compare; without the second there is one map.
    layer : int
        The signal at this layer's input is shown; 0 is the map.
    filters : int
        Of ``three_layer_cnn``.
    seed : int
        Of random weights.
    """

    image: str = "chelsea"
    model: str = "three_layer_cnn"
    weights: str = "random"
    rule: str = "guided"
    other: str = ""
    target: str = "max"
    style: str = "minmax"
    layer: int = 0
    filters: int = 64
    seed: int = 0


class Session:
    """Answers choices, and keeps the last images, networks and forward passes.

    It may be called from several threads; they take turns.

    Parameters
    ----------
    file : str, optional
        The path of a network's file, which is offered, too. No other file can be asked for.
    """

    def __init__(self, file: str | None = None) -> None:
        self.file = file
        self._images: Kept[str, Array] = Kept(16)
        self._models: Kept[Hashable, Model] = Kept(3)
        self._traces: Kept[Hashable, Trace] = Kept(3)
        self._turn, self._adding = threading.Lock(), threading.Lock()

    def add(self, data: bytes, name: str) -> str:
        """Take the bytes of an image file; return the name to choose it by.

        An image of more than `MOST_PIXELS` is shrunk to so many.

        Raises
        ------
        ImageError
            They are no image.
        """
        key = hashlib.sha256(data).hexdigest()[:16]
        with self._adding:
            picture = _shrunk(decode(data, name, LARGEST))
        with self._turn:
            self._images.get(key, lambda: picture)
        return key

    def view(self, choice: Choice) -> dict[str, Any]:
        """Explain an image as chosen.

        Returns
        -------
        dict
            For JSON: what the network says, its layers, the input's picture and, for each rule, its signal's
            picture, correlation with the input, and seconds; for two rules also their difference.

        Raises
        ------
        TinycnnError
            A name is unknown, weights are not in the cache, or image, network and target do not fit.
        """
        with self._turn:
            model = self._model(choice)
            return _explained(model, self._trace(choice, model), choice)

    def _model(self, choice: Choice) -> Model:
        weights = offered_weights(choice.model, self.file)
        if choice.weights not in weights:
            raise UnknownNameError(f"weights of {choice.model}", choice.weights, weights)
        return self._models.get(_network(choice), lambda: _build(choice))

    def _trace(self, choice: Choice, model: Model) -> Trace:
        def make() -> Trace:
            return forward(model, model.preprocess(self._image(choice.image)))

        return self._traces.get((choice.image, _network(choice)), make)

    def _image(self, name: str) -> Array:
        return self._images.get(name, lambda: sample(name))


def offers(file: str | None = None) -> dict[str, Any]:
    """What the page can choose from, for JSON."""
    return {
        "images": list(SAMPLES),
        "models": {name: offered_weights(name, file) for name in (*([file] if file else []), *MODELS)},
        "rules": {name: rule.source for name, rule in RULES.items()},
        "styles": {name: style.says for name, style in STYLES.items()},
        "most_filters": MOST_FILTERS,
    }


def offered_weights(model: str, file: str | None = None) -> dict[str, bool]:
    """The names of a model's weights, and whether they are on this machine."""
    if file is not None and model == file:
        return {zoo.OWN: True, "random": True}
    if model not in MODELS:
        raise UnknownNameError("model", model, MODELS)
    embedded = EMBEDDED if model == "digits" else {}
    fetched = {name: is_cached(name) for name, entry in REGISTRY.items() if entry.model == model}
    return {"random": True, **dict.fromkeys(embedded, True), **fetched}


def _shrunk(picture: Array) -> Array:
    height, width = picture.shape[:2]
    scale = math.sqrt(MOST_PIXELS / (height * width))
    if scale >= 1:
        return picture
    return resize(picture, (max(1, int(scale * height)), max(1, int(scale * width))))


def _network(choice: Choice) -> Hashable:
    filters = choice.filters if choice.model == "three_layer_cnn" else None
    return choice.model, choice.weights, choice.seed, filters


def _build(choice: Choice) -> Model:
    if choice.model != "three_layer_cnn":
        return zoo.build(choice.model, choice.weights, choice.seed)
    if not 1 <= choice.filters <= MOST_FILTERS:
        raise ShapeError(f"filters must lie in 1..{MOST_FILTERS}, not {choice.filters}")
    return zoo.three_layer_cnn(choice.filters, image=(SIDE, SIDE), seed=choice.seed)


def _explained(model: Model, trace: Trace, choice: Choice) -> dict[str, Any]:
    if choice.style not in STYLES:
        raise UnknownNameError("style", choice.style, STYLES)
    if not 0 <= choice.layer < len(trace):
        raise ShapeError(f"layer {choice.layer} asked for in a net of {len(trace)} layers")
    target = parse(choice.target, model.classes)
    seed = target(trace)
    shown = model.preprocess.inverse(trace.input)[0]
    maps, signals = [], []
    for rule in filter(None, (choice.rule, choice.other)):
        start = time.perf_counter()
        signals.append(backward(trace, seed, table(rule))[choice.layer][0])
        seconds = time.perf_counter() - start
        correlation = _likeness(signals[-1], trace.input[0], shown)
        drawn = of_signal(signals[-1], choice.style)
        maps.append({"rule": rule, "correlation": correlation, "seconds": seconds, **drawn})
    return {
        "network": f"{model.name}, weights: {model.weights}",
        "target": describe(target, trace, model.classes),
        "top": _top(model, trace),
        "layers": [title(step.layer) for step in trace],
        "input": of_pixels(shown),
        "maps": maps,
        "difference": difference(*signals) if len(signals) == 2 else None,
    }


def _likeness(signal: Array, x: Array, shown: Array) -> float | None:
    """Correlation with the input; deeper signals are summed over channels and compared with a grey input."""
    if signal.ndim != 3 or min(signal.shape[1:]) < 2:
        return None
    if signal.shape != x.shape:
        small = resize(shown, signal.shape[1:]).astype(np.float64)
        signal, x = signal.sum(axis=0, keepdims=True), small.mean(axis=2)[None]
    value = float(centred_cosine(signal, x))
    return value if np.isfinite(value) else None


def _top(model: Model, trace: Trace) -> list[dict[str, Any]]:
    """The likeliest three classes of what gives logits."""
    if trace.output.ndim != 2:
        return []
    probabilities = engine.softmax(trace.output)[0]
    best = np.argsort(-probabilities, kind="stable")[:3]
    names = model.classes or [f"logit {k}" for k in range(len(probabilities))]
    return [{"name": names[k], "probability": float(probabilities[k])} for k in best]
