"""A page to play with: choose an image, a network, a rule and a target, and see the map at once."""

from tinycnn.explore.session import Choice, Session

__all__ = ["Choice", "Session"]
