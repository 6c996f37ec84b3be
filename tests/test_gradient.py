"""Every row of the gradient is the derivative of its layer."""

from __future__ import annotations

import pytest
from testing.every_layer import EVERY_LAYER, MERGES, check_merge, check_row, without_example

import tinycnn as tc


def test_every_type_with_a_row_has_an_example() -> None:
    assert not without_example()


@pytest.mark.parametrize("layer", EVERY_LAYER, ids=lambda layer: type(layer).__name__)
def test_a_row_is_the_derivative_of_its_layer(layer: tc.Layer) -> None:
    check_row(layer)


@pytest.mark.parametrize("layer", MERGES, ids=lambda layer: type(layer).__name__)
def test_a_row_is_the_derivative_in_each_branch(layer: tc.Layer) -> None:
    check_merge(layer)
