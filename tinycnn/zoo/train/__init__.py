"""Training by tinycnn's own forward and backward kernels."""

from types import ModuleType

from tinycnn.files import submodule
from tinycnn.zoo.train.gradients import VJPS, gradients
from tinycnn.zoo.train.sgd import Recipe, accuracy, parameters_of, shifted, train

__all__ = ["VJPS", "Recipe", "accuracy", "gradients", "parameters_of", "shifted", "train"]


def __getattr__(name: str) -> ModuleType:
    return submodule(__name__, name)
