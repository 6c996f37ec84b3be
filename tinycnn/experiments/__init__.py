"""The experiments of Nie, Zhang and Patel (2018), run again: one file each, the report on them, and studies.

What is named here is imported when first asked for: figures and statistics take half a second to import, and
`studies` needs neither.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tinycnn.files import submodule

if TYPE_CHECKING:
    from tinycnn.experiments.catalogue import EXPERIMENTS, chosen
    from tinycnn.experiments.experiment import Experiment, Inputs, Number, Result, Statement
    from tinycnn.experiments.record import Record, reproduce

__all__ = [
    "EXPERIMENTS",
    "Experiment",
    "Inputs",
    "Number",
    "Record",
    "Result",
    "Statement",
    "chosen",
    "reproduce",
]

_HOMES = {"EXPERIMENTS": "catalogue", "chosen": "catalogue", "Record": "record", "reproduce": "record"}

RENAMED = {"Finding": "Statement", "Setting": "Inputs"}
"""What version 0.1 called by names that other parts of the package have, too."""


def __getattr__(name: str) -> Any:
    name = RENAMED.get(name, name)
    if name not in __all__:
        return submodule(__name__, name)
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'experiment')}"), name)
