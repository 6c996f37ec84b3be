"""Checkpoints as trainers write them: the net's own arrays are taken, and the rest is said."""

from __future__ import annotations

import argparse
import collections
import datetime
import pathlib
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinycnn as tc
from tinycnn.layers import flat
from tinycnn.weights import open_weights
from tinycnn.weights.names import FAMILIES
from tinycnn.zoo import load

torch = pytest.importorskip("torch", reason="needs torch, of the extra [peers]")

TORCHVISION = FAMILIES[0]


@cache
def net(seed: int, classes: int = 5) -> tc.Model:
    return tc.zoo.squeezenet1_1(seed=seed, image=(64, 64), classes=classes)


@cache
def resnet(seed: int, classes: int = 5) -> tc.Model:
    return tc.zoo.resnet18(seed=seed, image=(64, 64), classes=classes)


def state(model: tc.Model, scale: float = 1.0) -> dict[str, Any]:
    """The model's parameters as torchvision names them."""
    found = collections.OrderedDict()
    for layer in {layer.name: layer for layer in flat(model.layers)}.values():
        for key, array in layer.parameters():
            found[TORCHVISION.theirs(model.name, layer.name, key)] = torch.from_numpy(array * scale)
    return found


def under(prefix: str, tensors: dict[str, Any]) -> dict[str, Any]:
    return collections.OrderedDict((prefix + name, tensor) for name, tensor in tensors.items())


def momenta(tensors: dict[str, Any]) -> dict[str, Any]:
    """An optimizer's state: a tensor of the shape of each parameter."""
    buffers = {number: {"momentum_buffer": tensor + 1} for number, tensor in enumerate(tensors.values())}
    return {"state": buffers, "param_groups": [{"lr": 0.1, "params": list(buffers)}]}


def checkpoints(own: dict[str, Any], average: dict[str, Any]) -> dict[str, Any]:
    return {
        "a bare state dict": own,
        "torchvision's scripts": {
            "model": own,
            "optimizer": momenta(own),
            "lr_scheduler": {"milestones": collections.Counter([30, 60])},
            "epoch": 7,
            "args": argparse.Namespace(lr=0.1, output_dir=pathlib.Path("out")),
            "model_ema": {**under("module.", average), "n_averaged": torch.tensor(4)},
        },
        "Lightning": {
            "epoch": 1,
            "pytorch-lightning_version": "2.4.0",
            "state_dict": {**under("model.", own), "criterion.weight": torch.ones(5)},
            "loops": {"fit_loop": {"state_dict": {}}},
            "callbacks": {"EarlyStopping{'monitor': 'loss'}": {"best_score": torch.tensor(0.5)}},
            "optimizer_states": [momenta(own)],
            "hyper_parameters": {"lr": 0.1},
        },
        "the PyTorch tutorial": {
            "epoch": 5,
            "model_state_dict": own,
            "optimizer_state_dict": momenta(own),
            "loss": torch.tensor([0.4]),
        },
        "timm": {
            "arch": "net",
            "state_dict": own,
            "optimizer": momenta(own),
            "state_dict_ema": average,
            "metric": 71.3,
        },
        "an averaged model": {"n_averaged": torch.tensor(3), **under("module.", own)},
        "DataParallel inside": {"net": under("module.", own), "best_acc": torch.tensor([91.0])},
    }  # fmt: skip


@pytest.mark.parametrize("kind", checkpoints({}, {}))
@pytest.mark.parametrize("zip", [True, False], ids=["zip", "legacy"])
def test_the_nets_own_arrays_are_taken(tmp_path: Path, kind: str, zip: bool) -> None:
    own = state(net(1))
    path = tmp_path / "checkpoint.pth"
    torch.save(
        checkpoints(own, state(net(1), 2.0))[kind],
        path,
        _use_new_zipfile_serialization=zip,
        pickle_protocol=4,
    )
    found = load(net(2), path)
    for name, tensor in state(found).items():
        np.testing.assert_array_equal(tensor.numpy(), own[name].numpy())
    assert found.preprocess.name == "torchvision"
    if kind == "Lightning":
        assert "not used: 'criterion.weight'" in found.weights


@pytest.mark.parametrize(
    ("kind", "part"), [("torchvision's scripts", "model_ema"), ("timm", "state_dict_ema")]
)
def test_the_average_can_be_chosen(tmp_path: Path, kind: str, part: str) -> None:
    torch.save(checkpoints(state(net(1)), state(net(1), 2.0))[kind], tmp_path / "net.pth")
    found = load(net(2), tmp_path / "net.pth", part=part)
    np.testing.assert_array_equal(found.layers[0].weight, 2 * net(1).layers[0].weight)
    assert f"under {part}" in found.weights
    with pytest.raises(tc.WeightFileError, match="no array of squeezenet1_1 is under 'teacher'"):
        load(net(2), tmp_path / "net.pth", part="teacher")


def test_two_nets_in_one_file_are_refused_until_one_is_named(tmp_path: Path) -> None:
    torch.save({"student": state(net(1)), "teacher": state(net(1), 2.0)}, tmp_path / "net.pth")
    with pytest.raises(tc.WeightFileError, match=r"more than once, under 'student\.' and 'teacher\.'"):
        load(net(2), tmp_path / "net.pth")
    found = load(net(2), tmp_path / "net.pth", part="student")
    np.testing.assert_array_equal(found.layers[0].weight, net(1).layers[0].weight)


def test_another_head_is_left_random_when_that_is_asked_for(tmp_path: Path) -> None:
    torch.save(state(resnet(1, classes=7)), tmp_path / "net.pth")
    with pytest.raises(tc.WeightFileError, match=r"fc\.weight has shape \(7, 512\).*head='random'"):
        load(resnet(2), tmp_path / "net.pth")
    found = load(resnet(2), tmp_path / "net.pth", head="random")
    np.testing.assert_array_equal(found.layers[0].weight, resnet(1, classes=7).layers[0].weight)
    np.testing.assert_array_equal(found.layers[-1].weight, resnet(2).layers[-1].weight)
    assert "fc: random (seed 2)" in found.weights


def test_a_head_of_several_layers_is_not_taken_for_no_head(tmp_path: Path) -> None:
    tensors = state(resnet(1))
    tensors["fc.1.weight"], tensors["fc.1.bias"] = tensors.pop("fc.weight"), tensors.pop("fc.bias")
    torch.save(tensors, tmp_path / "net.pth")
    with pytest.raises(tc.WeightFileError, match=r"needs fc, .*'fc\.1\.weight', of another head"):
        load(resnet(2), tmp_path / "net.pth")


class Own:
    """A class of the user's own, which is not there when the file is read."""


def neighbours() -> dict[str, Any]:
    """All that people were seen to keep beside weights."""
    complex_ = torch.view_as_complex(torch.tensor([[1.0, 3.0], [2.0, 4.0]]))
    parameter = torch.nn.Parameter(torch.ones(2))
    parameter.tag = "mine"
    kept = {
        "attributes": parameter,
        "buffer": torch.nn.Buffer(torch.ones(3)),
        "uint16": torch.ones(3).to(torch.uint16),
        "expanded": torch.arange(3.0).expand(4, 3),
        "default": collections.defaultdict(list, {"w": torch.ones(2)}),
        "last": torch.arange(24.0).reshape(1, 2, 3, 4).to(memory_format=torch.channels_last),
    }
    return {
        "counter": collections.Counter([1]), "set": {1, 2}, "frozen": frozenset([1]), "bytes": bytearray(9),
        "complex": 1 + 2j, "size": torch.Size([1, 2]), "device": torch.device("cpu"), "dtype": torch.float16,
        "namespace": argparse.Namespace(a=1), "path": pathlib.Path("a/b"), "when": datetime.date(2026, 1, 1),
        "losses": [number + 0.5 for number in range(100_000)], "own": Own(), "partial": partial(print, 1),
        "error": ValueError("x"), "scalar": np.float64(0.5), "float8": torch.ones(3).to(torch.float8_e4m3fn),
        "complex tensor": complex_, "sparse": torch.eye(2).to_sparse(), None: 1, (1, 2): 3, 2.5: 4, True: 5,
        "kept": kept,
    }  # fmt: skip


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("zip", [True, False], ids=["zip", "legacy"])
def test_what_is_no_array_is_skipped_and_said(tmp_path: Path, zip: bool, protocol: int) -> None:
    path, beside = tmp_path / "net.pth", neighbours()
    torch.save(beside, path, _use_new_zipfile_serialization=zip, pickle_protocol=protocol)
    kept = beside["kept"]
    expected = {
        "attributes": kept["attributes"].detach(), "buffer": kept["buffer"], "uint16": kept["uint16"],
        "expanded": kept["expanded"], "default.w": kept["default"]["w"], "last": kept["last"],
    }  # fmt: skip
    with open_weights(path) as file:
        assert set(file) == {f"kept.{name}" for name in expected}
        for name, tensor in expected.items():
            np.testing.assert_array_equal(file[f"kept.{name}"], tensor.numpy())
        said = {name: what for name, what in file.skipped.items() if name != "sparse"}
    names = {str(name) for name in beside} - {"kept", "sparse", "(1, 2)"}
    assert names <= set(said)
    assert said["own"].endswith("Own")
    assert said["namespace"] == "argparse.Namespace"
    assert said["losses"] == "list of 100000"


def test_a_conjugate_view_keeps_its_sign(tmp_path: Path) -> None:
    z = torch.view_as_complex(torch.tensor([[1.0, 3.0], [2.0, 4.0]]))
    torch.save({"imaginary": z.conj().imag}, tmp_path / "net.pth")
    with open_weights(tmp_path / "net.pth") as file:
        np.testing.assert_array_equal(file["imaginary"], [-3, -4])


def test_a_file_without_checksums_is_read(tmp_path: Path) -> None:
    before = torch.serialization.get_crc32_options()
    torch.serialization.set_crc32_options(False)
    try:
        torch.save({"a": torch.arange(3.0)}, tmp_path / "net.pth")
    finally:
        torch.serialization.set_crc32_options(before)
    with open_weights(tmp_path / "net.pth") as file:
        np.testing.assert_array_equal(file["a"], [0, 1, 2])


def test_programs_are_called_by_their_names(tmp_path: Path) -> None:
    small = torch.nn.Linear(2, 3)
    torch.export.save(torch.export.export(small, (torch.zeros(1, 2),)), tmp_path / "net.pt2")
    with (
        pytest.raises(tc.WeightFileError, match=r"exported program of PyTorch"),
        open_weights(tmp_path / "net.pt2"),
    ):
        pass
