"""Every experiment by its name."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from tinycnn.errors import UnknownNameError
from tinycnn.experiments import (
    adversarial,
    caught,
    class_sensitivity,
    depth,
    filters,
    hidden_units,
    ig_steps,
    layers,
    mprt_width,
    pooling,
    rates,
    smoothed,
    targets,
    three_rules,
    two_digits,
)
from tinycnn.experiments.experiment import Experiment

EXPERIMENTS: Mapping[str, Experiment] = MappingProxyType(
    {
        experiment.name: experiment
        for experiment in (
            three_rules.EXPERIMENT,
            filters.EXPERIMENT,
            hidden_units.EXPERIMENT,
            rates.EXPERIMENT,
            pooling.EXPERIMENT,
            depth.EXPERIMENT,
            layers.EXPERIMENT,
            targets.EXPERIMENT,
            class_sensitivity.EXPERIMENT,
            adversarial.EXPERIMENT,
            two_digits.EXPERIMENT,
            caught.EXPERIMENT,
            mprt_width.EXPERIMENT,
            ig_steps.EXPERIMENT,
            smoothed.EXPERIMENT,
        )
    }
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
