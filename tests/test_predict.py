"""A model's output is the same whether its steps are kept or not."""

from __future__ import annotations

import numpy as np
import pytest

import tinycnn as tc


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_prediction_is_the_output_of_the_forward_pass(dtype: type) -> None:
    model = tc.zoo.three_layer_cnn(16, 3, image=(12, 12), classes=4).astype(dtype)
    x = np.random.default_rng(0).standard_normal((2, 3, 12, 12)).astype(dtype)
    np.testing.assert_allclose(tc.predict(model, x), tc.forward(model, x).output, rtol=1e-5)


def test_what_forward_refuses_is_refused() -> None:
    model = tc.zoo.three_layer_cnn(16, 3, image=(12, 12))
    with pytest.raises(tc.ShapeError, match="expects 3 channels"):
        tc.predict(model, np.zeros((1, 1, 12, 12), np.float32))
    with pytest.raises(tc.NonFiniteError, match="the input has 432"):
        tc.predict(model, np.full((1, 3, 12, 12), np.nan, np.float32))
