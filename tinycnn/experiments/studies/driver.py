"""The driver: images from files and folders through any executor into a results file."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from dataclasses import dataclass, field, replace

from tinycnn.errors import TinycnnError
from tinycnn.experiments.studies.results import Results, create
from tinycnn.experiments.studies.row import StudyRow
from tinycnn.experiments.studies.setting import StudySetting
from tinycnn.experiments.studies.sources import File, is_there, look, walk
from tinycnn.experiments.studies.worker import measure
from tinycnn.files import open_file
from tinycnn.image.reading import LARGEST

MOST_IMAGES, MOST_BYTES, MOST_FILES = 8, 1 << 22, 1000
"""What one task carries: up to so many images, of so many files, and no more once it holds so many bytes."""


@dataclass(frozen=True)
class Tally:
    """How far a run is, in files.

    Parameters
    ----------
    measured, unreadable : int
        In this run.
    known : int
        Done before, or of the content of one that was.
    gone : int
        Of earlier runs, and not there any more; their rows are kept.
    """

    measured: int = 0
    unreadable: int = 0
    known: int = 0
    gone: int = 0


Found = tuple[File, str | None, list[StudyRow] | str]
"""A file, the hash of its image, and its rows or what is wrong with it."""


@dataclass
class _Task:
    """Files that travel together, each with the hash of its image, and the images, each once."""

    files: list[tuple[File, str]] = field(default_factory=list)
    images: list[tuple[str, bytes]] = field(default_factory=list)

    @property
    def full(self) -> bool:
        size = sum(len(data) for _, data in self.images)
        return len(self.images) >= MOST_IMAGES or size >= MOST_BYTES or len(self.files) >= MOST_FILES

    def found(self, results: list[list[StudyRow] | str]) -> Iterator[Found]:
        """What became of each file; of equal ones the first has the rows."""
        of_image = dict(zip((image for image, _ in self.images), results, strict=True))
        for file, image in self.files:
            yield file, image, of_image[image]
            if not isinstance(of_image[image], str):
                of_image[image] = []


def run(
    setting: StudySetting,
    places: Iterable[str | os.PathLike[str]],
    path: str | os.PathLike[str],
    executor: Executor,
    in_flight: int = 16,
    watch: Callable[[Tally], None] = lambda tally: None,
) -> Tally:
    """Measure all images that the results file does not have yet.

    Parameters
    ----------
    setting : StudySetting
    places : iterable of path-like
        Files and folders, see `sources.walk`.
    path : path-like
        The results file, made if need be. Killed at any moment, the run goes on when it is called again.
    executor : concurrent.futures.Executor
        Of threads, processes or a cluster: rows do not depend on it.
    in_flight : int
        Tasks that are handed out at once; this bounds the memory.
    watch : callable
        Is shown the tally after every change.

    Returns
    -------
    Tally

    Raises
    ------
    TinycnnError
        The file belongs to another setting; a place does not exist; a worker died.
    """
    with create(path, setting) as results:
        driver = _Driver(setting, results, executor, in_flight, watch)
        try:
            driver.drive(places)
        except BrokenExecutor as error:
            raise TinycnnError(f"{error}; what is done is kept: run the same command again") from error
        finally:
            for future in driver.waiting:
                future.cancel()
        return driver.tally


class _Driver:
    """Hands out tasks, and writes down what comes back."""

    def __init__(
        self,
        setting: StudySetting,
        results: Results,
        executor: Executor,
        in_flight: int,
        watch: Callable[[Tally], None],
    ) -> None:
        self.setting, self.results, self.executor = setting, results, executor
        self.in_flight, self.watch = in_flight, watch
        self.waiting: dict[Future[list[list[StudyRow] | str]], _Task] = {}
        self.carriers: dict[str, _Task] = {}
        self.tally = Tally()

    def drive(self, places: Iterable[str | os.PathLike[str]]) -> None:
        for task in self._tasks(places):
            self.waiting[self.executor.submit(measure, self.setting, task.images)] = task
            while len(self.waiting) >= self.in_flight:
                self._collect()
        while self.waiting:
            self._collect()
        gone = [path for path in self.results.paths() if not is_there(path)]
        self.tally = replace(self.tally, gone=self.results.forget(gone))

    def _tasks(self, places: Iterable[str | os.PathLike[str]]) -> Iterator[_Task]:
        task = _Task()
        for path in walk(places):
            file = look(path)
            if self.results.knows(file):
                self._count("known")
                continue
            try:
                with open_file(path, LARGEST) as content:
                    data = content.read()
            except OSError as error:
                unknown = File(file.path, 0, 0)  # so that the next run tries again
                self._write([(unknown, None, f"cannot be read: {error.strerror}")])
                continue
            image = hashlib.sha256(data).hexdigest()
            if self.results.has(image):
                self._write([(file, image, [])])
                continue
            if image not in self.carriers:
                self.carriers[image] = task
                task.images.append((image, data))
            carrier = self.carriers[image]
            carrier.files.append((file, image))
            if carrier is not task and len(carrier.files) >= MOST_FILES:
                self._collect()
            if task.full:
                yield task
                task = _Task()
        if task.images:
            yield task

    def _collect(self) -> None:
        done, _ = wait(self.waiting, return_when=FIRST_COMPLETED)
        for future in done:
            task = self.waiting.pop(future)
            for image, _ in task.images:
                del self.carriers[image]
            self._write(list(task.found(future.result())))

    def _write(self, found: list[Found]) -> None:
        self.results.add(found)
        for _, _, rows in found:
            self._count("unreadable" if isinstance(rows, str) else "measured" if rows else "known")

    def _count(self, kind: str) -> None:
        self.tally = replace(self.tally, **{kind: getattr(self.tally, kind) + 1})
        self.watch(self.tally)
