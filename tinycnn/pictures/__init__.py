"""What is drawn and what is measured: maps as images, figures, the slider of a notebook, measures of maps."""

from types import ModuleType

from tinycnn.files import submodule


def __getattr__(name: str) -> ModuleType:
    return submodule(__name__, name)
