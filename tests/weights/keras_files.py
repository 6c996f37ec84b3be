"""Files as Keras 3 writes them, and what its nets say: ``python keras_files.py FOLDER``."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
from keras import layers


def main(folder: Path) -> None:
    keras.utils.set_random_seed(0)
    vgg = keras.applications.VGG16(
        weights=None, input_shape=(32, 32, 3), classes=5, classifier_activation=None
    )
    x = np.random.default_rng(0).standard_normal((2, 32, 32, 3)).astype(np.float32)
    for name in ("vgg16.h5", "vgg16.keras"):
        vgg.save(folder / name)
    vgg.save_weights(folder / "vgg16.weights.h5")
    base = keras.Sequential([keras.Input((32, 32, 3)), *vgg.layers[1:-4]], name="vgg16")
    tuned = keras.Sequential([keras.Input((32, 32, 3)), base, layers.Flatten(), layers.Dense(3)])
    tuned.save(folder / "tuned.h5")
    small = keras.Sequential(
        [
            keras.Input((8, 8, 3)), layers.Conv2D(4, 3), layers.BatchNormalization(), layers.ReLU(),
            layers.MaxPool2D(), layers.Conv2D(4, 3, padding="same"), layers.BatchNormalization(),
            layers.ReLU(), layers.Flatten(), layers.Dropout(0.5), layers.Dense(5), layers.ReLU(),
            layers.Dense(5),
        ]
    )  # fmt: skip
    rng = np.random.default_rng(1)
    small.set_weights([rng.uniform(0.5, 1.5, weight.shape) for weight in small.get_weights()])
    small.compile("adam", "mse")  # its state is in the files, too
    small.fit(np.zeros((2, 8, 8, 3)), np.zeros((2, 5)), verbose=0)
    for name in ("small.h5", "small.keras"):
        small.save(folder / name)
    small.save_weights(folder / "small.weights.h5")
    images: dict[str, Any] = {"vgg16": x, "small": x[:, :8, :8]}
    said = {"vgg16_said": vgg.predict(x, verbose=0), "small_said": small.predict(x[:, :8, :8], verbose=0)}
    np.savez(folder / "said.npz", **images, **said)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
