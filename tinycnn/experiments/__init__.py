"""The experiments of Nie, Zhang and Patel (2018): one file each, and the report on them."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from tinycnn.errors import UnknownNameError
from tinycnn.experiments import filters, hidden_units, three_rules
from tinycnn.experiments.experiment import Experiment, Finding, Number, Result, Setting
from tinycnn.experiments.record import Record, reproduce

EXPERIMENTS: Mapping[str, Experiment] = MappingProxyType(
    {module.EXPERIMENT.name: module.EXPERIMENT for module in (three_rules, filters, hidden_units)}
)
"""Every experiment by its name, in the order of the report."""


def chosen(names: Sequence[str]) -> list[Experiment]:
    """The experiments of these names, in the order of the report; all of them if there is no name.

    Raises
    ------
    UnknownNameError
    """
    for name in names:
        if name not in EXPERIMENTS:
            raise UnknownNameError("experiment", name, EXPERIMENTS)
    return [experiment for name, experiment in EXPERIMENTS.items() if name in names or not names]


__all__ = [
    "EXPERIMENTS",
    "Experiment",
    "Finding",
    "Number",
    "Record",
    "Result",
    "Setting",
    "chosen",
    "reproduce",
]
