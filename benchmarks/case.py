"""What a benchmark is: the same job, done by tinycnn and by its peer, PyTorch or Captum."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Work = tuple[float, float]
"""Floating-point operations that layers are defined by, and bytes of weights that have to be read."""

Job = Callable[[], object]
"""The function that is timed, many times in one process."""


@dataclass(frozen=True)
class Case:
    """One benchmark: a row of the table.

    Parameters
    ----------
    name : str
        Unique; what the table and ``--only`` call it.
    ours, theirs : functions without arguments that return a Job
        They import what they need, so that each process loads its own side only, and build the inputs, which
        is not timed.
    work : function that returns Work, optional
        What no implementation of the layers' definitions can do without; a faster method may.
    goal : float, optional
        The ratio theirs / ours to reach.
    fresh : bool
        Time a whole new process that imports its side, prepares and runs the job once.
    quick : bool
        Small enough for the short form that only checks that everything works.
    """

    name: str
    ours: Callable[[], Job]
    theirs: Callable[[], Job]
    work: Callable[[], Work] | None = None
    goal: float | None = None
    fresh: bool = False
    quick: bool = False
