"""Statistics of maps over any number of images, on one machine or a cluster, that survive being killed."""

from tinycnn.studies.bench import Bench
from tinycnn.studies.catalogue import STUDIES, Study, get
from tinycnn.studies.driver import Tally, run
from tinycnn.studies.executors import Workers, cluster, processes
from tinycnn.studies.results import Results, create, read
from tinycnn.studies.row import Row
from tinycnn.studies.setting import Setting, describe, weights_hash
from tinycnn.studies.sources import walk
from tinycnn.studies.worker import check, measure

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
