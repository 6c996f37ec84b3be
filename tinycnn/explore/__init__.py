"""A page to play with: choose an image, a network, a rule and a target, and see the map at once."""

from types import ModuleType

from tinycnn.explore.session import Choice, Session
from tinycnn.files import submodule

__all__ = ["Choice", "Session"]


def __getattr__(name: str) -> ModuleType:
    return submodule(__name__, name)
