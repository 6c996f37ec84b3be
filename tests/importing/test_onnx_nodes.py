"""onnx's own tests of every operator that is read: each passes, or has its reason here."""

from __future__ import annotations

import re
import warnings

import numpy as np
import pytest

onnx = pytest.importorskip("onnx", reason="the extra [onnx] is not installed")

from importing.node_cases import cases, outcome  # noqa: E402

from tinycnn.errors import TinycnnError  # noqa: E402

REASONS = {
    r"u?int\d+|INT|bool": "images are of floating point",
    r"FLOAT8|FLOAT4|BFLOAT16|bfloat16": "no layer computes in these types",
    r"_1d|_3d": "images have two axes",
    r"training": "only inference is explained",
    r"clip_min_greater_than_max": "a clip to nothing",
    r"cubic|tf_crop|antialias|extrapolation|not_larger|not_smaller|symmetric": "resampling of other kinds",
    r"wrap_pad": "a border not built",
    r"(logsoftmax|softmax)_": "left out: the logits are before it",
    r"test_shape": "the result says nothing of the image",
    r"test_slice$|flatten_axis[023]|flatten_negative_axis[124]|unsqueeze_axis_0|squeeze$|axis_0|negative_2$"
    r"|reshape_|transpose_(default|all_permutations_[2345])|default_axis|gather_0|gather_negative"
    r"|split_.*_1d|default_axes|reduce_.*empty|empty_set": "the axis of images is moved, cut or reduced",
    r"reduce_(max|mean|sum)_.*(keepdims|negative)|reduce_sum_square": "not of three axes, as images are",
    r"slice_neg_steps|slice_start_out_of_bounds|zero_size": "backwards, or nothing is left",
    r"gather_1|gather_2d": "an order that no range has",
    r"gemm_transposeA|gemm_all_attributes|matrix_bias|matmul_(2d|3d|4d|bcast|1d)": "no dense layer",
    r"test_(max|min)_": "the largest of two images: no layer",
    r"prelu_(example|broadcast)": "slopes for each pixel",
    r"(add|sub|mul|div|sum|mean|celu|selu|neg|hardsigmoid)(_example|_float16|_two_inputs|_one_input)?$|sum_two_inputs"
    r"|div_int32_trunc": "a vector without an axis of images, or a constant for each image",
    r"identity_(sequence|opt)": "no arrays",
    r"swiglu": "a constant for each image, or a slope other than 1",
}


def reason(name: str) -> str | None:
    return next((why for pattern, why in REASONS.items() if re.search(pattern, name)), None)


def test_every_case_passes_or_has_its_reason() -> None:
    passed, failed = [], {}
    for case in cases():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                found, expected = outcome(case)
                fits = found.shape == expected.shape and np.allclose(
                    found, expected, rtol=case.rtol, atol=case.atol, equal_nan=True
                )
            except (TinycnnError, AttributeError, ValueError) as error:
                fits, found = False, error
        if fits:
            passed.append(case.name)
        elif reason(case.name) is None:
            failed[case.name] = str(found)[:200]
    assert not failed
    assert len(passed) >= 200
