"""What runs in a worker: images in, rows out. The model is built once per process and setting."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from tinycnn import zoo
from tinycnn.errors import ImageError, NonFiniteError, ShapeError, TinycnnError
from tinycnn.experiments.studies.bench import StudyBench
from tinycnn.experiments.studies.catalogue import get
from tinycnn.experiments.studies.row import StudyRow
from tinycnn.experiments.studies.setting import StudySetting, weights_hash
from tinycnn.image import decode
from tinycnn.model import Model

_building = threading.Lock()


def measure(setting: StudySetting, images: Sequence[tuple[str, bytes]]) -> list[list[StudyRow] | str]:
    """Measure a batch of images.

    Parameters
    ----------
    setting : StudySetting
    images : sequence of (hash, bytes of the file)

    Returns
    -------
    list
        For each image its rows, or in words why there are none.

    Raises
    ------
    TinycnnError
        The weights of that name are not those of the setting, on this machine.
    """
    bench = _bench(setting)
    return [_measure(bench, image, data) for image, data in images]


def check(setting: StudySetting, model: Model) -> None:
    """Put a blank image through a study, so that what cannot work is refused before the first image.

    Raises
    ------
    TinycnnError
        A rule has no row for a layer, there are fewer pairs of logits than asked for, ...
    """
    blank = np.zeros((1, *model.input_shape), np.float32)
    for _ in get(setting.study).measure(StudyBench(setting, model), blank, "0"):
        pass


def _measure(bench: StudyBench, image: str, data: bytes) -> list[StudyRow] | str:
    try:
        x = bench.model.preprocess(decode(data))
        return list(get(bench.setting.study).measure(bench, x, image))
    except (ImageError, ShapeError, NonFiniteError) as error:
        return str(error).removeprefix("the image: ")
    except MemoryError:
        return "needs more memory than the worker has"


def _bench(setting: StudySetting) -> StudyBench:
    with _building:  # threads that share a process share its model
        return _build(setting)


@lru_cache(maxsize=1)
def _build(setting: StudySetting) -> StudyBench:
    model = zoo.build(setting.model, setting.weights, setting.seed)
    found = weights_hash(model)
    if found != setting.weights_hash:
        raise TinycnnError(
            f"weights {setting.weights} of {setting.model} have hash {found[:12]} here, but "
            f"{setting.weights_hash[:12]} in the study; give all workers the same file"
        )
    return StudyBench(setting, model)
