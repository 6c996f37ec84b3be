"""What the page is told: the numbers of the engine, for every choice; and refusals in one line."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

import tinycnn as tc
from tinycnn.explore import Choice, Session
from tinycnn.explore.kept import Kept
from tinycnn.explore.pictures import difference, of_signal
from tinycnn.explore.session import SIDE, offers
from tinycnn.pictures.metrics import centred_cosine


def pixels(picture: dict) -> np.ndarray:
    kind, _, data = picture["src"].partition(",")
    assert kind == "data:image/png;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))


def png(picture: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "png")
    return file.getvalue()


@pytest.fixture(scope="module")
def session() -> Session:
    return Session()


def test_the_map_is_that_of_the_engine(session: Session) -> None:
    answer = session.view(Choice(filters=8, rule="deconvnet", target="3", seed=5))
    model = tc.zoo.three_layer_cnn(8, image=(SIDE, SIDE), seed=5)
    x = model.preprocess(tc.image.default())
    map = tc.visualize(model, x, ["deconvnet"], target=3)["deconvnet"]
    (shown,) = answer["maps"]
    assert shown["correlation"] == pytest.approx(float(centred_cosine(map, x)[0]), abs=1e-6)
    expected = tc.maps.minmax(map[0]).astype(int)
    assert np.abs(pixels(shown) - expected).max() <= 1  # the fused path may round to the next shade
    assert answer["target"].startswith("logit 3: class 3")
    assert answer["difference"] is None


def test_a_large_photograph_is_kept_small_and_looks_the_same(session: Session) -> None:
    photograph = tc.image.resize(tc.image.default(), (2700, 4059))
    key = session.add(png(photograph), "large.png")
    small, large = (session.view(Choice(image=name, filters=4)) for name in ("chelsea", key))
    assert session._image(key).shape == (1670, 2511, 3)
    one, two = (pixels(each["input"]).astype(int) for each in (small, large))
    assert np.abs(one - two).mean() < 3


def test_two_rules_are_compared(session: Session) -> None:
    answer = session.view(Choice(filters=8, rule="guided", other="saliency"))
    assert [map["rule"] for map in answer["maps"]] == ["guided", "saliency"]
    assert answer["difference"]["note"].startswith("cosine of the two +0.")
    assert pixels(answer["difference"]).shape == (SIDE, SIDE, 3)


def test_more_filters_show_more_of_the_image(session: Session) -> None:
    found = [session.view(Choice(filters=n))["maps"][0]["correlation"] for n in (1, 16, 256)]
    assert found == sorted(found)
    assert found[-1] > found[0] + 0.3


@pytest.mark.parametrize("layer", [1, 2, 3])
def test_deeper_signals_are_shown_or_described(session: Session, layer: int) -> None:
    (shown,) = session.view(Choice(model="three_layer_cnn", filters=8, layer=layer))["maps"]
    if layer == 3:
        assert shown["src"] is None
        assert "numbers without positions" in shown["note"]
    else:
        assert pixels(shown).shape == (SIDE, SIDE, 3)
        assert -1 <= shown["correlation"] <= 1


def test_the_digits_net_needs_no_network(session: Session) -> None:
    answer = session.view(Choice(model="digits", weights="digits"))
    assert "trained on" in answer["network"]
    assert sum(one["probability"] for one in answer["top"]) <= 1 + 1e-6
    assert [one["name"] for one in answer["top"]] != ["logit 0", "logit 1", "logit 2"]


def test_an_image_of_ones_own_is_taken_and_kept(session: Session) -> None:
    own = png(np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8))
    key = session.add(own, "own.png")
    assert session.add(own, "again.png") == key
    assert session.view(Choice(image=key, filters=2))["maps"][0]["src"]


@pytest.mark.parametrize(
    "data", [b"", b"no image", png(np.zeros((9, 9, 3), np.uint8))[:45]], ids=["empty", "text", "cut"]
)
def test_broken_images_are_refused_by_name(session: Session, data: bytes) -> None:
    with pytest.raises(tc.ImageError, match=r"^cat\.png: "):
        session.add(data, "cat.png")


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        (Choice(model="vgg61"), "did you mean vgg19, vgg16"),
        (Choice(weights="digits"), "unknown weights of three_layer_cnn"),
        (Choice(weights="/etc/passwd"), "unknown weights"),
        (Choice(image="../../cat.png"), "unknown sample image"),
        (Choice(rule="guide"), "did you mean guided"),
        (Choice(target="cat"), "unknown target"),
        (Choice(style="rainbow"), "unknown style"),
        (Choice(layer=99), "layer 99"),
        (Choice(filters=100_000), r"1\.\.256"),
    ],
)
def test_what_does_not_exist_is_refused(session: Session, choice: Choice, words: str) -> None:
    with pytest.raises(tc.TinycnnError, match=words):
        session.view(choice)


def test_offers_say_which_weights_are_here() -> None:
    offered = offers()
    assert offered["models"]["digits"] == {"random": True, "digits": True, "digits-initial": True}
    assert {"vgg16-features", "vgg16"} <= set(offered["models"]["vgg16"])
    assert set(tc.rules.RULES) == set(offered["rules"])


def test_a_signal_that_is_zero_has_no_picture() -> None:
    zero, other = np.zeros((3, 4, 4)), np.arange(48.0).reshape(3, 4, 4)
    assert of_signal(zero, "minmax") == {
        "src": None, "width": 0, "height": 0, "note": "no picture: the signal is zero",
    }  # fmt: skip
    assert difference(zero, other)["src"] is None


def test_only_the_last_values_are_kept() -> None:
    kept: Kept[str, int] = Kept(2)
    made = []
    for key in "abacab":
        kept.get(key, lambda key=key: made.append(key) or 0)
    assert made == ["a", "b", "c", "b"]
