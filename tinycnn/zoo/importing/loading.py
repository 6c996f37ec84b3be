"""Any network that people have: a file, told by its content, becomes a model."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from os import PathLike
from pathlib import Path

from tinycnn.errors import ModelFileError, UnknownNameError
from tinycnn.files import open_file
from tinycnn.image import checked_size
from tinycnn.image.preprocess import PRESETS, Preprocess
from tinycnn.model import Model
from tinycnn.ops.types import Pair
from tinycnn.weights import hdf5

_LARGEST_CLASSES = 16 << 20
"""Bytes of a file of names."""


def load_model(
    path: str | PathLike[str],
    size: int | Pair | None = None,
    preprocess: str | Preprocess | None = None,
    classes: str | PathLike[str] | Sequence[str] | None = None,
) -> Model:
    """Read a network from a file: ONNX, Keras (``.keras``, or a whole model as ``.h5``), or our own ``.npz``.

    Nothing in the file is run, and the framework that wrote it is not needed; ONNX needs the package onnx.

    Parameters
    ----------
    path : path-like
    size : int or (h, w), optional
        Of the images, where the file leaves it open.
    preprocess : str or Preprocess, optional
        A preset by its name, or one's own. Otherwise it is what the network does to its images first (then
        those layers are left out), or, if that is nothing, an assumption that ``notes`` of the model tells.
    classes : path-like or sequence of str, optional
        Names of the logits, or a text file with one a line, or a JSON list or mapping from index to name.

    Returns
    -------
    Model
        ``notes`` says what was assumed and what was left out, such as a softmax at the end.

    Raises
    ------
    ModelFileError
        The file is damaged, or the network does what no layer here does; names the node.

    Examples
    --------
    >>> from tinycnn.zoo.importing.own import save_model
    >>> save_model(tc.zoo.digits("digits"), "net.npz")
    >>> tc.load_model("net.npz").size
    32058
    """
    place = Path(path)
    pair = None if size is None else checked_size((size, size) if isinstance(size, int) else size)
    chosen = _preprocess(preprocess)
    names = _classes(classes)
    try:
        with open_file(place, sys.maxsize) as file:
            start = file.read(16)
    except OSError as error:
        raise ModelFileError(place, error.strerror or str(error)) from None
    if start[:4] == b"PK\3\4":
        from tinycnn.zoo.importing import zipped

        return zipped.load(place, pair, chosen, names)
    if start[:8] == hdf5.SIGNATURE:
        from tinycnn.zoo.importing import keras_h5

        return keras_h5.load(place, pair, chosen, names)
    if start[:1] == b"{":
        from tinycnn.zoo.importing.keras_call import SAVE_WHOLE

        raise ModelFileError(place, f"it is a text, such as a description without weights; {SAVE_WHOLE}")
    from tinycnn.zoo.importing import onnx_graph
    from tinycnn.zoo.importing.finish import finish

    graph, output = onnx_graph.read(place, pair)
    return finish(graph, output, place.stem, str(place), chosen, names)


def _preprocess(wanted: str | Preprocess | None) -> Preprocess | None:
    if isinstance(wanted, str):
        if wanted not in PRESETS:
            raise UnknownNameError("preprocessing", wanted, PRESETS)
        return PRESETS[wanted]
    return wanted


def _classes(given: str | PathLike[str] | Sequence[str] | None) -> tuple[str, ...]:
    if given is None:
        return ()
    if not isinstance(given, str | PathLike):
        return tuple(given)
    try:
        with open_file(given, _LARGEST_CLASSES) as file:
            text = file.read().decode("utf-8-sig")
        return _names(json.loads(text)) if text.lstrip()[:1] in ("[", "{") else tuple(text.splitlines())
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise ModelFileError(given, f"not a list of classes: {' '.join(str(error).split())[:120]}") from None


def _names(found: list[str] | dict[str, object]) -> tuple[str, ...]:
    """A list of names, or a mapping from the index to the name, or to a list that ends with it."""
    if isinstance(found, dict):
        if sorted(map(int, found)) != list(range(len(found))):
            raise ValueError("its keys are not the numbers from 0 on")
        values = [found[key] for key in sorted(found, key=int)]
    else:
        values = list(found)
    return tuple(str(value[-1] if isinstance(value, list) and value else value) for value in values)
