"""A small Keras file, written without Keras, and changes to its description."""

from __future__ import annotations

import io
import json
import random
import zipfile
from typing import Any

import h5py
import numpy as np

WEIGHTS = {"conv2d": [(3, 3, 3, 4), (4,)], "batch_normalization": [(4,)] * 4, "dense": [(64, 5), (5,)]}


def _layer(kind: str, name: str, after: list[str], **config: Any) -> dict[str, Any]:
    tensors = [
        {"class_name": "__keras_tensor__", "config": {"shape": [None], "keras_history": [each, 0, 0]}}
        for each in after
    ]
    return {
        "module": "keras.layers", "class_name": kind, "name": name, "config": {"name": name, **config},
        "inbound_nodes": [{"args": tensors if len(after) < 2 else [tensors], "kwargs": {}}] if after else [],
    }  # fmt: skip


def description() -> dict[str, Any]:
    """A residual block between a convolution and a dense layer."""
    layers = [
        _layer("InputLayer", "image", [], batch_shape=[None, 8, 8, 3]),
        _layer("Conv2D", "conv2d", ["image"], strides=[2, 2], padding="same", activation="relu"),
        _layer("BatchNormalization", "batch_normalization", ["conv2d"], axis=3, epsilon=1e-3),
        _layer("Add", "add", ["batch_normalization", "conv2d"]),
        _layer("MaxPooling2D", "pool", ["add"], pool_size=[2, 2], strides=[1, 1], padding="same"),
        _layer("Flatten", "flatten", ["pool"]),
        _layer("Dense", "dense", ["flatten"], activation="softmax", use_bias=True),
    ]  # fmt: skip
    ends = {"input_layers": [["image", 0, 0]], "output_layers": [["dense", 0, 0]]}
    return {"class_name": "Functional", "config": {"name": "net", "layers": layers, **ends}}


def weights() -> bytes:
    """The HDF5 file inside."""
    draw, target = np.random.default_rng(0), io.BytesIO()
    with h5py.File(target, "w") as file:
        for layer, shapes in WEIGHTS.items():
            for at, shape in enumerate(shapes):
                file[f"layers/{layer}/vars/{at}"] = draw.uniform(0.5, 1, shape).astype(np.float32)
    return target.getvalue()


def written(described: dict[str, Any], arrays: bytes) -> bytes:
    """The whole file."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("config.json", json.dumps(described))
        archive.writestr("model.weights.h5", arrays)
    return target.getvalue()


STRANGE = (
    None,
    True,
    -1,
    0,
    7,
    1 << 40,
    0.5,
    "",
    "same",
    "relu",
    "conv2d",
    "Dense",
    "Sequential",
    [],
    {},
    [0, 0],
)


def redescribed(draw: random.Random) -> dict[str, Any]:
    """The description with a few of its values, anywhere, replaced or taken away."""
    whole = description()
    for _ in range(draw.choice((1, 1, 2, 4))):
        at: Any = whole
        while True:
            keys = list(at) if isinstance(at, dict) else list(range(len(at)))
            if not keys:
                break
            key = draw.choice(keys)
            if isinstance(at[key], dict | list) and at[key] and draw.random() < 0.9:
                at = at[key]
            elif draw.random() < 0.2:
                del at[key]
                break
            else:
                at[key] = draw.choice(STRANGE)
                break
    return whole
