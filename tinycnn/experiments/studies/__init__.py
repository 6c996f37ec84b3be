"""Statistics of maps over any number of images, on one machine or a cluster, that survive being killed."""

from tinycnn.experiments.studies.bench import Bench
from tinycnn.experiments.studies.catalogue import STUDIES, Study, get
from tinycnn.experiments.studies.driver import Tally, run
from tinycnn.experiments.studies.executors import Workers, cluster, processes
from tinycnn.experiments.studies.results import Results, create, read
from tinycnn.experiments.studies.row import Row
from tinycnn.experiments.studies.setting import Setting, describe, weights_hash
from tinycnn.experiments.studies.sources import walk
from tinycnn.experiments.studies.worker import check, measure

__all__ = [
    "STUDIES",
    "Bench",
    "Results",
    "Row",
    "Setting",
    "Study",
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
