"""Each operation of torch by itself: what it makes of an image, and its gradient, to 1e-9 in float64."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import tinycnn as tc

torch = pytest.importorskip("torch", reason="the extra [torch] is not installed")

import torch.nn.functional as F  # noqa: E402
from importing.torch_nets import made, maps  # noqa: E402
from torch import Tensor, nn  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")


class Function(nn.Module):
    """A function between a convolution, so that its input has both signs, and a dense layer."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.first, self.function = nn.Conv2d(3, 4, 1), function
        self.head = nn.LazyLinear(3)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.function(self.first(x)).flatten(1))


class Scaled(nn.Module):
    """Two convolutions that share a bias, and whose kernels are computed of one array."""

    def __init__(self) -> None:
        super().__init__()
        self.w, self.b = nn.Parameter(torch.randn(4, 4, 1, 1)), nn.Parameter(torch.randn(4))

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(F.conv2d(x, 2 * self.w, self.b).relu(), self.w / 2, self.b)


def attention(x: Tensor) -> Tensor:
    """A gate from the mean and the largest of all channels, as CBAM's."""
    pooled = torch.cat([x.mean(1, keepdim=True), x.max(1, keepdim=True)[0]], 1)
    return x * torch.sigmoid(pooled.sum(1, keepdim=True))


OPERATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "transposed convolution": nn.ConvTranspose2d(4, 6, 3, stride=2, padding=1, output_padding=1, groups=2),
    "transposed, dilated": nn.ConvTranspose2d(4, 2, (3, 2), dilation=2, bias=False),
    "local response norm": nn.LocalResponseNorm(3, 0.3, 0.6, 1.5),
    "local response norm, a function": lambda x: F.local_response_norm(x, 5),
    "group norm": nn.GroupNorm(2, 4),
    "instance norm": nn.InstanceNorm2d(4, affine=True),
    "nearest": lambda x: F.interpolate(x, scale_factor=2),
    "nearest to a size": lambda x: F.interpolate(x, size=(5, 11)),
    "bilinear": lambda x: F.interpolate(x, size=(9, 5), mode="bilinear"),
    "bilinear, corners aligned": nn.Upsample(scale_factor=3, mode="bilinear", align_corners=True),
    "reflect": nn.ReflectionPad2d((1, 2, 3, 0)),
    "edge": nn.ReplicationPad2d((0, 2, 1, 1)),
    "constant": lambda x: F.pad(x, (1, -1, 2, 0), value=0.5),
    "padded channels": lambda x: F.pad(x, (0, 0, 0, 0, 1, 2)),
    "padded channels and rows": lambda x: F.pad(x, (0, 0, 2, 1, 1, 0)),
    "adaptive mean": nn.AdaptiveAvgPool2d((2, 4)),
    "adaptive largest": nn.AdaptiveMaxPool2d((4, 1)),
    "mean of channels": lambda x: x.mean(1),
    "largest of channels": lambda x: torch.amax(x, 1, keepdim=True),
    "sum of rows": lambda x: x.sum(2, keepdim=True) * x,
    "largest of columns": lambda x: x.max(3)[0],
    "spatial attention": attention,
    "stack": lambda x: torch.stack([x, 2 * x.relu()], 2),
    "zeros and ones": lambda x: x * torch.ones_like(x) + torch.zeros_like(x),
    "clip": lambda x: x.clip(-0.3, 0.5),
    "its own precision": lambda x: 2 * x.to(x.dtype),
    "relu6": lambda x: F.relu6(4 * x),
    "one bias, two weights": Scaled(),
    "computed of zeros": lambda x: x + torch.zeros_like(x) @ torch.eye(8, dtype=x.dtype),
}  # fmt: skip


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_is_that_of_torch(name: str) -> None:
    x = torch.randn(1, 3, 8, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(1))

    def kind() -> nn.Module:
        net = Function(OPERATIONS[name])
        net(x.float())  # so that the dense layer knows its size
        return net

    net = made(kind)
    model = tc.from_torch(net, x)
    logits, gradient = (each.numpy() for each in maps(net, x, guided=False))
    trace = tc.forward(model, x.numpy())
    np.testing.assert_allclose(trace.output, logits, rtol=0, atol=1e-9 * np.abs(logits).max())
    found = tc.backward(trace, tc.targets.max_logit()(trace), tc.rules.GRADIENT)[0]
    np.testing.assert_allclose(found, gradient, rtol=0, atol=1e-9 * np.abs(gradient).max())


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda x: F.local_response_norm(x, 4), "over 4 channels is not supported, only an odd number"),
        (lambda x: torch.stack([x, x], 0), "along the axis of images is not supported"),
        (lambda x: F.layer_norm(x, (8, 8)), "layer_norm: is an operation for which there is no layer here"),
        (lambda x: F.interpolate(x, size=9, mode="bicubic"), "upsample_bicubic2d: is an operation for which"),
        (lambda x: x.mean((2, 3), keepdim=True).squeeze(), "squeeze: without an axis takes that of images"),
        (lambda x: F.pad(x, (1, 1, 1, 1), mode="circular"), "of the kind 'circular' is not supported"),
        (lambda x: F.softplus(x, threshold=1), "softplus: threshold = 1 is not supported"),
        (lambda x: torch.clamp(x, min=torch.zeros(4, 1, 1)), "clamp: does not fit"),
        (lambda x: torch.max(x, 2 * x), "max: of two images, or of all numbers, is not supported"),
    ],
)
def test_an_operation_without_a_layer_is_named(function: Callable[[Tensor], Tensor], words: str) -> None:
    class Net(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return function(x)

    with pytest.raises(tc.ModelFileError, match=words) as caught:
        tc.from_torch(Net().eval(), torch.zeros(1, 4, 8, 8))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("dim", [1, 2, 3])
def test_an_output_has_the_axes_that_torch_gives_it(dim: int) -> None:
    class Net(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.cat([x, -x], dim).transpose(1, 3)

    x = torch.randn(1, 3, 4, 5, generator=torch.Generator().manual_seed(1))
    found = tc.predict(tc.from_torch(Net().eval(), x), x.numpy())
    np.testing.assert_array_equal(found, Net()(x).numpy())


@pytest.mark.parametrize("dtype", [torch.int32, torch.complex64, torch.float16])
def test_an_example_of_another_precision_is_refused(dtype: torch.dtype) -> None:
    with pytest.raises(tc.ModelFileError, match="needs an example"):
        tc.from_torch(nn.ReLU().eval(), torch.zeros(1, 4, 8, 8, dtype=dtype))


@pytest.mark.parametrize(
    "halved", [lambda x, y: 0.5 * (x * y), lambda x, y: 0.5 * x * y, lambda x, y: x * (0.5 * y)]
)
def test_gelu_that_an_exporter_took_apart_is_gelu(halved: Callable, tmp_path: Path) -> None:
    class Net(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return halved(x, 1 + torch.erf(x / 2**0.5))

    pytest.importorskip("onnx", reason="the extra [onnx] is not installed")
    x = torch.randn(1, 3, 8, 8, generator=torch.Generator().manual_seed(1))
    torch.onnx.export(Net(), (x,), str(tmp_path / "net.onnx"), dynamo=False)
    model = tc.load_model(tmp_path / "net.onnx")
    assert [type(layer) for layer in model.layers] == [tc.layers.GELU]
    expected = F.gelu(x.double()).numpy()
    np.testing.assert_allclose(tc.predict(model, x.numpy()), expected, rtol=0, atol=3e-7)  # a last digit


def test_an_error_function_by_itself_is_named(tmp_path: Path) -> None:
    class Net(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.erf(x)

    pytest.importorskip("onnx", reason="the extra [onnx] is not installed")
    torch.onnx.export(Net(), (torch.zeros(1, 3, 8, 8),), str(tmp_path / "net.onnx"), dynamo=False)
    with pytest.raises(tc.ModelFileError, match="Erf is supported as a part of GELU only"):
        tc.load_model(tmp_path / "net.onnx")
