"""The main loop: run layers forward and keep everything, then send a signal back by a rule.

The trace knows neither layers nor rules: both are arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, SupportsIndex, overload

import numpy as np

from tinycnn.errors import NonFiniteError, ShapeError, TinycnnError, UnknownNameError, WriteError
from tinycnn.ops.types import FLOATS, Array


class Layer(Protocol):
    """Anything that maps an array to an array, and says what its backward pass will need besides."""

    @property
    def name(self) -> str: ...

    def forward(self, x: Any) -> tuple[Array, Any]: ...


@dataclass(frozen=True, eq=False)
class Step:
    """What one layer did: its input and output, and what it saved (a max-pool: its switches).

    Examples
    --------
    >>> model = tc.zoo.three_layer_cnn(filters=2, image=(8, 8))
    >>> step = tc.forward(model, np.ones((1, 3, 8, 8), np.float32))[1]
    >>> step, step.input.shape
    (<Step relu (ReLU): output float32 (1, 2, 8, 8)>, (1, 2, 8, 8))
    """

    layer: Any
    input: Any
    output: Array
    saved: Any

    def __repr__(self) -> str:
        return f"<Step {title(self.layer)}: output {self.output.dtype} {self.output.shape}>"


class Trace(tuple[Step, ...]):
    """The steps of one forward pass, in order; ``trace[i].output is trace[i + 1].input``.

    A slice of a trace is a trace, so a signal can be sent back through a part of a network, or by one rule
    through its upper layers and by another through its lower ones.

    Examples
    --------
    >>> model = tc.zoo.three_layer_cnn(filters=2, image=(8, 8))
    >>> trace = tc.forward(model, np.ones((1, 3, 8, 8), np.float32))
    >>> trace.index("relu"), len(trace[2:]), trace.output.shape
    (1, 2, (1, 10))
    """

    @overload
    def __getitem__(self, at: SupportsIndex) -> Step: ...
    @overload
    def __getitem__(self, at: slice) -> Trace: ...
    def __getitem__(self, at: Any) -> Any:
        found = super().__getitem__(at)
        return Trace(found) if isinstance(at, slice) else found

    @property
    def input(self) -> Array:
        """What went into the first layer."""
        x: Array = self[0].input
        return x

    @property
    def output(self) -> Array:
        """What came out of the last layer: the logits, of a classifier."""
        return self[-1].output

    def index(self, layer: int | str) -> int:  # type: ignore[override]
        """Position of a layer, given by its name or its position."""
        if isinstance(layer, str):
            names = [step.layer.name for step in self]
            if layer not in names:
                raise UnknownNameError("layer", layer, filter(None, names))
            return names.index(layer)
        if not -len(self) <= layer < len(self):
            raise ShapeError(f"layer {layer} asked for in a net of {len(self)} layers")
        return layer % len(self)


Row = Callable[[Any, Step], Any]
"""How a signal passes back through one layer: ``row(signal, step)`` is the signal at the layer's input."""


class Rows(Protocol):
    """A rule, as far as the loop is concerned: it has a row for each layer."""

    def __getitem__(self, layer: Any) -> Row: ...


def forward(model: Any, x: Array) -> Trace:
    """Run a model on images and keep every step.

    Parameters
    ----------
    model
        Anything with `layers`.
    x : (n, c, h, w) float32 or float64
        Preprocessed images.

    Returns
    -------
    Trace
        Its arrays are read-only.

    Raises
    ------
    ShapeError
        Names the layer that the images, or what became of them, do not fit.
    NonFiniteError
        The input has a NaN or an infinity, or some layer made one; names the first such layer.

    Examples
    --------
    >>> model = tc.zoo.three_layer_cnn(filters=2, image=(8, 8))
    >>> for step in tc.forward(model, np.ones((1, 3, 8, 8), np.float32)):
    ...     print(step)
    <Step conv (Conv2D): output float32 (1, 2, 8, 8)>
    <Step relu (ReLU): output float32 (1, 2, 8, 8)>
    <Step flatten (Flatten): output float32 (1, 128)>
    <Step logits (Dense): output float32 (1, 10)>
    """
    x = np.array(x)
    if x.dtype not in FLOATS:
        raise ShapeError(f"images must be float32 or float64, got {x.dtype}; model.preprocess makes them so")
    if not np.isfinite(x).all():
        raise NonFiniteError(f"the input has {np.count_nonzero(~np.isfinite(x))} NaN or infinite entries")
    with np.errstate(over="ignore", invalid="ignore"):  # reported below, by layer
        return run(model.layers, x)


def run(layers: Iterable[Layer], x: Array) -> Trace:
    """The forward loop: each layer's output is the next one's input."""
    steps = []
    for index, layer in enumerate(layers):
        try:
            y, saved = layer.forward(_read_only(x))
            if not is_finite(y):
                raise NonFiniteError("made a NaN or an infinity out of finite numbers")
        except (ShapeError, NonFiniteError) as error:
            raise type(error)(f"layer {index} {title(layer)}: {error}") from None
        steps.append(Step(layer, x, _read_only(y), _read_only(saved)))
        x = y
    return Trace(steps)


def backward(trace: Sequence[Step], seed: Array, rule: Rows) -> list[Array]:
    """Send a signal back through a trace by a rule, and keep it at every layer.

    Parameters
    ----------
    trace : Trace
        A forward pass of n images.
    seed : array of the shape of the trace's output
        The signal to start from. For a trace of one image it may have any number t of seeds: the batch axes
        broadcast.
    rule
        ``rule[layer](signal, step)`` is the signal at the layer's input.

    Returns
    -------
    list of len(trace) + 1 arrays
        The signals, input's first: ``signals[i]`` is at the input of layer i, ``signals[-1]`` is the seed.

    Raises
    ------
    ShapeError
        The seed does not fit the trace's output, or has another dtype.
        Or a row returns what does not fit its layer's input; names the rule, the layer, and both shapes.
    MissingRowError
        The rule has no row for a type of layer in the trace.

    Examples
    --------
    >>> model = tc.zoo.three_layer_cnn(filters=2, image=(8, 8))
    >>> trace = tc.forward(model, np.ones((1, 3, 8, 8), np.float32))
    >>> signals = tc.backward(trace, tc.targets.max_logit()(trace), tc.rules.GUIDED)
    >>> [signal.shape for signal in signals]
    [(1, 3, 8, 8), (1, 2, 8, 8), (1, 2, 8, 8), (1, 128), (1, 10)]
    """
    if trace:
        check_seed(seed, trace[-1].output)
    rule = placed(rule, trace)
    signals = [seed]
    for step in reversed(trace):
        signals.append(passed(rule, rule[step.layer], signals[-1], step))
    return signals[::-1]


def placed(rule: Any, trace: Sequence[Step]) -> Rows:
    """The rule for these layers, if it asks where in a network a layer stands; else the rule itself.

    Raises
    ------
    TinycnnError
        It is the name of a rule.
    """
    if isinstance(rule, str):
        raise TinycnnError(f"a rule is a table of rows, got a name; tinycnn.rules.table({rule!r}) finds it")
    place: Callable[[Sequence[Any]], Rows] | None = getattr(rule, "place", None)
    return rule if place is None else place([step.layer for step in trace])


def passed(rule: Any, row: Row, signal: Array, step: Step) -> Any:
    """What a row makes of a signal. No later row, and no kernel, sees an array that does not fit.

    Raises
    ------
    ShapeError
        Names the rule, the layer, and both shapes.
    WriteError
        The row writes to its arguments, which other rows see, too.
    """
    lent = signal.view()
    lent.setflags(write=False)
    try:
        back = row(lent, step)
    except ValueError as error:
        if "read-only" not in str(error):
            raise
        where = row_of(rule, step)
        raise WriteError(f"{where} writes to its arguments; let it make a new array") from error
    x = step.input
    alike = type(back) is type(x) is np.ndarray and back.dtype is x.dtype  # quick: this is at every layer
    if not (alike and back.shape == (len(signal), *x.shape[1:])):
        _check_parts(rule, step, back, len(signal))
    return back


def _check_parts(rule: Any, step: Step, back: Any, images: int) -> None:
    """Refuse what does not fit the input of a layer, or the inputs of a merge."""
    merges = isinstance(step.input, tuple)
    found, inputs = (back, step.input) if merges else ((back,), (step.input,))
    if not isinstance(found, tuple) or len(found) != len(inputs):
        raise _misfit(rule, step, f"returns {_described(back)}, expected a tuple of {len(inputs)} signals")
    for part, x in zip(found, inputs, strict=True):
        shape = (images, *x.shape[1:])
        if not _is_plain(part) or (part.shape, part.dtype) != (shape, x.dtype):
            raise _misfit(rule, step, f"returns {_described(part)}, expected {x.dtype} {shape}")


def _misfit(rule: Any, step: Step, what: str) -> ShapeError:
    return ShapeError(f"{row_of(rule, step)} {what}")


def row_of(rule: Any, step: Step) -> str:
    """How errors call the row of a rule for a layer."""
    return f"rule {name_of(rule)!r}: its row for {title(step.layer)}"


def name_of(rule: Any) -> str:
    """What a rule is called; a table without a name, by its type."""
    return str(getattr(rule, "name", type(rule).__name__))


def _described(value: Any) -> str:
    return f"{value.dtype} {value.shape}" if _is_plain(value) else f"a {type(value).__name__}"


def _is_plain(value: Any) -> bool:
    """An array of which no entry is masked: kernels would read what lies under the mask."""
    return isinstance(value, np.ndarray) and not isinstance(value, np.ma.MaskedArray)


def check_seed(seed: Array, output: Array) -> None:
    """Refuse a seed that does not fit the output that it is for."""
    if not _is_plain(seed):
        raise ShapeError(f"the seed is {_described(seed)}, expected an array: {output.dtype} {output.shape}")
    if seed.shape[1:] != output.shape[1:] or len(output) not in (1, len(seed)):
        raise ShapeError(f"a seed of shape {seed.shape} does not fit an output of shape {output.shape}")
    if seed.dtype != output.dtype:
        raise ShapeError(f"the seed is {seed.dtype} but the output {output.dtype}; convert it with astype")


def title(layer: Layer) -> str:
    """How errors call a layer: by its name, if it has one, and its type."""
    kind = type(layer).__name__
    return f"{layer.name} ({kind})" if layer.name else kind


def _read_only(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        value.flags.writeable = False
    return value


def is_finite(x: Array) -> bool:
    """The sum is quick, and finite only if every entry is; it may also overflow by itself."""
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.isfinite(x.sum())) or bool(np.isfinite(x).all())
