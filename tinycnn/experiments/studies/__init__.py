"""Statistics of maps over any number of images, on one machine or a cluster, that survive being killed."""

from typing import Any

from tinycnn.experiments.studies.bench import StudyBench
from tinycnn.experiments.studies.catalogue import STUDIES, Study, get
from tinycnn.experiments.studies.driver import Tally, run
from tinycnn.experiments.studies.executors import Workers, cluster, processes
from tinycnn.experiments.studies.results import Results, create, read
from tinycnn.experiments.studies.row import StudyRow
from tinycnn.experiments.studies.setting import StudySetting, describe, weights_hash
from tinycnn.experiments.studies.sources import walk
from tinycnn.experiments.studies.worker import check, measure
from tinycnn.files import submodule

__all__ = [
    "STUDIES",
    "Results",
    "Study",
    "StudyBench",
    "StudyRow",
    "StudySetting",
    "Tally",
    "Workers",
    "check",
    "cluster",
    "create",
    "describe",
    "get",
    "measure",
    "processes",
    "read",
    "run",
    "walk",
    "weights_hash",
]

RENAMED = {"Bench": "StudyBench", "Row": "StudyRow", "Setting": "StudySetting"}
"""What version 0.1 called by names that other parts of the package have, too."""


def __getattr__(name: str) -> Any:
    if name in RENAMED:
        return globals()[RENAMED[name]]
    return submodule(__name__, name)
