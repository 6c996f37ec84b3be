"""Networks from elsewhere: ONNX files, Keras files, PyTorch modules, and files of our own."""

from types import ModuleType

from tinycnn.files import submodule


def __getattr__(name: str) -> ModuleType:
    return submodule(__name__, name)
