"""Faults that change nothing that anybody could see, each with its reason."""

from __future__ import annotations

EQUIVALENT: dict[str, str] = {}
"""From the name of a fault to why the faulty program is as good as the right one."""
