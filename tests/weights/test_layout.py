"""In which order an image's features enter a dense weight, after layers of every kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import tinycnn as tc
from tinycnn.weights.names.layout import TENSORFLOW, Features, flattened


def draw(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Halved(tc.Layer):
    """A layer of one's own."""

    def forward(self, x: Any) -> tuple[np.ndarray, None]:
        return x[:, ::2], None


CONV = tc.Conv2D(draw(6, 4, 3, 3))
SPATIAL_GATE = tc.Branches(((), (tc.Conv2D(draw(1, 6, 1, 1)), tc.Sigmoid())), tc.Multiply())
CHANNEL_GATE = tc.Branches(
    ((tc.Conv2D(draw(1, 6, 1, 1)),), (tc.GlobalAvgPool2D(), tc.Reshape((6, 1, 1)))), tc.Multiply()
)
CASES: dict[str, tuple[tuple[tc.Layer, ...], int]] = {
    "convolution": ((CONV,), 6),
    "nothing": ((), 4),
    "gate over the image": ((CONV, SPATIAL_GATE), 6),
    "gate over channels": ((CONV, CHANNEL_GATE), 6),
    "transposed convolution": ((tc.ConvTranspose2D(draw(4, 5, 2, 2)),), 5),
    "a part of the channels": ((CONV, tc.Take(((0, 3, 1), (0, 5, 1), (0, 4, 1)))), 3),
    "channels moved": ((tc.Transpose((2, 1, 3)),), 7),
    "a layer of one's own": ((CONV, Halved()), 3),
}


@pytest.mark.parametrize("case", CASES)
def test_a_dense_weight_of_a_channels_last_file_meets_the_right_features(case: str) -> None:
    body, channels = CASES[case]
    x = draw(1, 4, 7, 6)
    image = tc.Model("body", body, (4, 7, 6))
    seen = tc.forward(image, x).output if body else x
    dense = tc.Dense(draw(3, seen.size), name="dense")
    model = tc.Model("net", (*body, tc.Flatten(), dense), (4, 7, 6))
    found = flattened(model)["dense.weight"]
    assert found == Features(channels, seen.size // channels, "chw")
    theirs = draw(seen.size, 3)  # rows in the order (h, w, c), as TensorFlow flattens
    ours = TENSORFLOW.ours(theirs.copy(), found)
    expected = seen.transpose(0, 2, 3, 1).reshape(1, -1) @ theirs
    np.testing.assert_allclose(seen.reshape(1, -1) @ ours.T, expected, rtol=1e-4, atol=1e-4)
