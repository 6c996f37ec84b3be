"""A model: layers, the preprocessing that they expect, and the names of their logits."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from tinycnn.errors import NonFiniteError, ShapeError, TinycnnError, UnknownNameError
from tinycnn.image.preprocess import IMAGENET_MEAN, Preprocess
from tinycnn.layers import Layer, flat, replace_parameters, transform
from tinycnn.layers.sizes import Shape, output_shape
from tinycnn.ops.types import Array
from tinycnn.trace import title


@dataclass(frozen=True, eq=False)
class Model:
    """A network ready to be run.

    Parameters
    ----------
    name : str
        What captions and errors call it.
    layers : tuple of layers
    input_shape : (c, h, w)
    preprocess : Preprocess
        ``model.preprocess(image)`` is the input, (1, c, h, w).
    classes : tuple of str
        Names of the logits; empty if they have none.
    weights : str
        Where the weights are from, for captions.
    notes : tuple of str
        What was assumed or left out when the network was read from a file, for captions.

    Raises
    ------
    NonFiniteError
        A weight is NaN or infinite; names the first such layer.
    TinycnnError
        Something among the layers is none, or two different layers share a name; one layer may be used twice.
    ShapeError
        The input's shape is not made of sizes.

    Examples
    --------
    >>> layers = (tc.Flatten(), tc.Dense(np.ones((2, 12), np.float32), name="logits"))
    >>> tc.Model("tiny", layers, (3, 2, 2))
    <Model tiny: input 3x2x2, 24 parameters, weights random>
      -       Flatten  12
      logits  Dense    2
    """

    name: str
    layers: tuple[Layer, ...]
    input_shape: tuple[int, int, int]
    preprocess: Preprocess = IMAGENET_MEAN
    classes: tuple[str, ...] = ()
    weights: str = "random"
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _expect_layers(self)
        seen: dict[str, Layer] = {}
        for index, layer in enumerate(flat(self.layers)):
            if layer.name and seen.setdefault(layer.name, layer) is not layer:
                raise TinycnnError(
                    f"{self.name}: two layers are called {layer.name!r}; give each its own name"
                )
            for key, array in layer.parameters():
                if not _finite(array):
                    raise NonFiniteError(
                        f"{self.name}: {key} of layer {index} {title(layer)} has NaN or infinite entries"
                    )

    def __repr__(self) -> str:
        """A line for the whole and one for each layer of the main chain, without any weights."""
        rows = [(layer.name or "-", type(layer).__name__, shape) for layer, shape in self._shapes()]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
        c, h, w = self.input_shape
        whole = f"<Model {self.name}: input {c}x{h}x{w}, {self.size:,} parameters, weights {self.weights}>"
        return "\n".join([whole, *(f"  {line}" for line in lines)])

    def _shapes(self) -> Iterator[tuple[Layer, str]]:
        """The layers of the main chain with the shapes of their outputs, as far as they fit."""
        shape: Shape | None = self.input_shape
        for layer in self.layers:
            try:
                shape = None if shape is None else output_shape(layer, shape)
            except ShapeError:
                shape = None
            yield layer, "does not fit" if shape is None else "x".join(map(str, shape))

    def astype(self, dtype: DTypeLike) -> Model:
        """The same model in another precision."""
        return dataclasses.replace(self, layers=transform(self.layers, lambda layer: layer.astype(dtype)))

    def with_weights(self, arrays: Mapping[str, Array], source: str) -> Model:
        """The same model with some of its parameters replaced.

        Parameters
        ----------
        arrays : mapping
            From ``"<layer>.<parameter>"``, such as ``"conv1_1.weight"``, to an array of the same shape.
        source : str
            Where they are from, for captions.

        Raises
        ------
        ShapeError
            An array does not fit; names the parameter and both shapes.
        UnknownNameError
            The model has no such parameter.
        """
        known = {
            f"{layer.name}.{key}": array for layer in flat(self.layers) for key, array in layer.parameters()
        }
        for name, array in arrays.items():
            if name not in known:
                raise UnknownNameError("parameter", name, known)
            if array.shape != known[name].shape:
                raise ShapeError(f"{name} of {self.name} has shape {known[name].shape}, got {array.shape}")

        def replaced(layer: Layer) -> Layer:
            new = {key: arrays.get(f"{layer.name}.{key}") for key, _ in layer.parameters()}
            found = {
                key: array.astype(getattr(layer, key).dtype, copy=False)
                for key, array in new.items()
                if array is not None
            }
            return replace_parameters(layer, found) if found else layer

        return dataclasses.replace(self, layers=transform(self.layers, replaced), weights=source)

    def until(self, name: str) -> Model:
        """The model cut after a layer of its main chain: what that layer puts out becomes the output.

        Raises
        ------
        UnknownNameError
            There is no such layer, or it lies inside branches.
        """
        names = [layer.name for layer in self.layers]
        if name not in names:
            raise UnknownNameError("layer", name, filter(None, names))
        layers = self.layers[: names.index(name) + 1]
        return dataclasses.replace(self, layers=layers, classes=(), notes=(*self.notes, f"cut after {name}"))

    @property
    def size(self) -> int:
        """How many parameters there are; those of a layer that is used twice count once."""
        return sum(array.size for layer in set(flat(self.layers)) for _, array in layer.parameters())


def _expect_layers(model: Model) -> None:
    """Raise if a caller mistook what a model is made of."""
    layers: Any = model.layers
    if not isinstance(layers, tuple | list):
        raise TinycnnError(f"{model.name}: layers must be a tuple of layers, got {type(layers).__name__}")
    for index, layer in enumerate(layers):
        if not isinstance(layer, Layer):
            raise TinycnnError(
                f"{model.name}: layer {index} is {layer!r:.60}, expected one such as tinycnn.ReLU()"
            )
    shape: Any = model.input_shape
    if not isinstance(shape, tuple | list) or not all(map(_is_size, shape)):
        raise ShapeError(
            f"{model.name}: input_shape must be (c, h, w), sizes of at least 1, got {shape!r:.60}"
        )


def _is_size(size: Any) -> bool:
    return isinstance(size, int | np.integer) and int(size) >= 1


def _finite(array: Array) -> bool:
    """Whether all entries are finite; a NaN is its own minimum, and nothing of the array's size is made."""
    return array.size == 0 or bool(np.isfinite(array.min()) and np.isfinite(array.max()))
