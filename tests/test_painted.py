"""Any picture in every logit's map: probabilities, and maps of differences, are as before."""

from __future__ import annotations

import numpy as np
import pytest

import tinycnn as tc
from tinycnn.ops import engine
from tinycnn.targets import difference, log_probability, logit


def _picture() -> np.ndarray:
    rows, columns = np.mgrid[:28, :28]
    disc = (rows - 14) ** 2 + (columns - 14) ** 2 < 64
    return np.where(disc, 255, 0).astype(np.uint8)


@pytest.fixture(scope="module")
def models() -> tuple[tc.Model, tc.Model]:
    model = tc.zoo.digits("digits").astype(np.float64)
    return model, tc.zoo.painted(model, _picture())


X = np.random.default_rng(0).random((3, 1, 28, 28))


def test_probabilities_stay_what_they_were(models: tuple[tc.Model, tc.Model]) -> None:
    before, after = (engine.softmax(tc.predict(model, X)) for model in models)
    assert np.abs(before - after).max() < 1e-12


@pytest.mark.parametrize("rule", ["saliency", "guided"])
@pytest.mark.parametrize("k", [0, 7])
def test_every_logits_map_is_the_picture(models: tuple[tc.Model, tc.Model], rule: str, k: int) -> None:
    picture = models[0].preprocess(_picture(), np.float64)
    found = tc.visualize(models[1], X, rule, k)[rule]
    assert tc.metrics.centred_cosine(found, np.broadcast_to(picture, X.shape)).min() > 0.99
    plain = tc.visualize(models[0], X, rule, k)[rule]
    assert tc.metrics.centred_cosine(plain, np.broadcast_to(picture, X.shape)).max() < 0.5


@pytest.mark.parametrize("target", [difference(3, 8), log_probability(3)], ids=lambda target: target.label)
def test_what_speaks_against_another_class_does_not_see_it(
    models: tuple[tc.Model, tc.Model], target: tc.targets.Target
) -> None:
    before, after = (tc.visualize(model, X, "saliency", target)["saliency"] for model in models)
    np.testing.assert_allclose(after, before, atol=1e-11 * np.abs(before).max() * 1e3)


def test_what_cannot_be_painted_is_said(models: tuple[tc.Model, tc.Model]) -> None:
    with pytest.raises(tc.ShapeError, match="of one value paints nothing"):
        tc.zoo.painted(models[0], np.full((28, 28), 7, np.uint8))
    features = tc.Model("features", models[0].layers[:2], (1, 28, 28), models[0].preprocess)
    with pytest.raises(tc.ShapeError, match="only logits"):
        tc.zoo.painted(features, _picture())
    assert logit(1).layer == -1
