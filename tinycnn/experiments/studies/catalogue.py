"""The catalogue of studies: what each measures, and by which function."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tinycnn.errors import UnknownNameError
from tinycnn.experiments.studies import (
    adversarial,
    class_sensitivity,
    csc,
    faithfulness,
    layer_randomisation,
    mprt,
)
from tinycnn.experiments.studies.bench import StudyBench
from tinycnn.experiments.studies.row import StudyRow
from tinycnn.ops.types import Array


@dataclass(frozen=True)
class Study:
    """A question that is put to one image after the other.

    Parameters
    ----------
    name : str
    says : str
        What is measured, in a sentence.
    pairs : str
        What the setting's number of pairs counts, in words.
    measures : tuple of str
        Names of the numbers in each row.
    measure : callable
        ``measure(bench, x, image)`` yields the rows of one image. They depend on nothing else.
    layers : str
        What the layer of a row is, in words.
    """

    name: str
    says: str
    pairs: str
    measures: tuple[str, ...]
    measure: Callable[[StudyBench, Array, str], Iterator[StudyRow]]
    layers: str = "random down to"


_ALL = (
    Study(
        "class-sensitivity",
        "distance of the maps of two logits, each map scaled to norm one (1.414: unrelated)",
        "pairs of logits for each image",
        class_sensitivity.MEASURES,
        class_sensitivity.measure,
    ),
    Study(
        "adversarial",
        "distance of the maps before and after an attack, each map scaled to norm one",
        "classes that each image is pushed to",
        adversarial.MEASURES,
        adversarial.measure,
    ),
    Study(
        "layer-randomisation",
        "likeness of the trained net's map and that of a net whose layers are random from the top down",
        "random nets that each image is shown to",
        layer_randomisation.MEASURES,
        layer_randomisation.measure,
    ),
    Study(
        "mprt",
        "rank correlation of the magnitudes of the net's map and that of ever more random nets",
        "random nets that each image is shown to",
        mprt.MEASURES,
        mprt.measure,
    ),
    Study(
        "csc",
        "how alike independent signals become on their way down",
        "draws of five signals for each image",
        csc.MEASURES,
        csc.measure,
        layers="at the input of",
    ),
    Study(
        "faithfulness",
        "areas of deletion and insertion, infidelity and max-sensitivity of the largest logit's map",
        "draws of noise for each image",
        faithfulness.MEASURES,
        faithfulness.measure,
    ),
)

STUDIES: Mapping[str, Study] = MappingProxyType({study.name: study for study in _ALL})
"""Every study by its name."""


def get(name: str) -> Study:
    """The study of that name.

    Raises
    ------
    UnknownNameError
        There is none; the message names the nearest.
    """
    if name not in STUDIES:
        raise UnknownNameError("study", name, STUDIES)
    return STUDIES[name]
