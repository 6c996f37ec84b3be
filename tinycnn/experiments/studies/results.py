"""The results file: an SQLite database that is whole after every batch, whatever happens to the process.

A batch of images is one transaction: its rows, and the note that its files are done, appear together or not
at all. So a run that is killed goes on where it was, loses at most the batches under way, and counts none
twice.
"""

from __future__ import annotations

import dataclasses
import json
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tinycnn.errors import OutputError, TinycnnError
from tinycnn.experiments.studies.catalogue import STUDIES, get
from tinycnn.experiments.studies.row import StudyRow
from tinycnn.experiments.studies.setting import StudySetting
from tinycnn.experiments.studies.sources import File

PATIENCE = 60
"""Seconds to wait for another process that writes."""

LONGEST = 1 << 24
"""Bytes of any text in a results file."""

KEY = "rule, depth, layer, image, classes, seed"
"""The columns that tell a row from all others; rows are kept in this order."""

_TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE files (
    path TEXT PRIMARY KEY, size INTEGER NOT NULL, changed INTEGER NOT NULL, image TEXT, problem TEXT
) WITHOUT ROWID;
CREATE INDEX files_by_image ON files (image);
CREATE TABLE rows (
    rule TEXT, depth INTEGER, layer TEXT, image TEXT, classes TEXT, seed INTEGER, {measures},
    PRIMARY KEY ({key})
) WITHOUT ROWID;
"""


class Results:
    """A results file that is open. See `create` and `read`.

    Parameters
    ----------
    connection : sqlite3.Connection
    setting : StudySetting
    """

    def __init__(self, connection: sqlite3.Connection, setting: StudySetting) -> None:
        self.setting = setting
        self.measures = get(setting.study).measures
        self._connection = connection

    def knows(self, file: File) -> bool:
        """Whether a file of this path, size and time is done."""
        found = self._one("SELECT size, changed FROM files WHERE path = ?", file.path)
        return found == (file.size, file.changed)

    def has(self, image: str) -> bool:
        """Whether an image is done, whatever its file is called."""
        return self._one("SELECT 1 FROM files WHERE image = ?", image) is not None

    def add(self, done: Iterable[tuple[File, str | None, list[StudyRow] | str]]) -> None:
        """Write down what became of some files.

        Parameters
        ----------
        done : iterable of (file, hash of the image, rows or what is wrong)
            The hash is None where the file could not even be read: what it held before is kept.

        Notes
        -----
        Rows of an image that no file holds any more, as its file has another now, are dropped.
        """
        places = ", ".join("?" * (6 + len(self.measures)))
        with _transaction(self._connection):
            for file, image, found in done:
                problem, rows = (found, []) if isinstance(found, str) else (None, found)
                before = self._image(file.path)
                now = before if image is None else None if problem else image
                known = (file.path, file.size, file.changed, now, problem)
                self._connection.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?)", known)
                if before not in (None, now) and not self.has(before):
                    self._connection.execute("DELETE FROM rows WHERE image = ?", (before,))
                self._connection.executemany(
                    f"INSERT OR IGNORE INTO rows VALUES ({places})",  # two files may hold one image
                    [(r.rule, r.depth, r.layer, r.image, r.classes, r.seed, *r.values) for r in rows],
                )

    def paths(self) -> Iterator[str]:
        """Paths of all files, as `sources.look` writes them."""
        for (path,) in self._connection.execute("SELECT path FROM files"):
            yield path

    def forget(self, gone: Iterable[str]) -> int:
        """Note that files are not there any more; return how many images went with them.

        Their rows are kept, and they are listed as unreadable; of those that were renamed nothing is kept.
        """
        count = 0
        with _transaction(self._connection):
            for path in gone:
                image = self._image(path)
                self._connection.execute("DELETE FROM files WHERE path = ?", (path,))
                if image is not None and not self.has(image):
                    problem = "gone since it was measured; its rows are kept"
                    lost = (path, 0, 0, image, problem)
                    self._connection.execute("INSERT INTO files VALUES (?, ?, ?, ?, ?)", lost)
                    count += 1
        return count

    def unreadable(self) -> Iterator[tuple[str, str]]:
        """Paths of files that could not be measured, or are gone, in order, each with the reason."""
        yield from self._connection.execute(
            "SELECT path, problem FROM files WHERE problem IS NOT NULL ORDER BY path"
        )

    def per_image(self, measure: str) -> Iterator[tuple[str, int, str, float | None, int]]:
        """The mean of one measure over the rows of each image.

        Yields
        ------
        (rule, depth, layer, mean, undefined)
            In order of the rows' key. The mean is None where the measure is undefined in all rows;
            `undefined` counts these.
        """
        yield from self._connection.execute(
            f"SELECT rule, depth, layer, AVG({measure}), COUNT(*) - COUNT({measure}) FROM rows "
            "GROUP BY rule, depth, layer, image ORDER BY rule, depth, layer, image"
        )

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """All rows in order: the columns of `KEY`, then the measures."""
        yield from self._connection.execute(f"SELECT * FROM rows ORDER BY {KEY}")

    def _image(self, path: str) -> Any:
        found = self._one("SELECT image FROM files WHERE path = ?", path)
        return found and found[0]

    def _one(self, query: str, value: str) -> Any:
        return self._connection.execute(query, (value,)).fetchone()


@contextmanager
def create(path: str | os.PathLike[str], setting: StudySetting) -> Iterator[Results]:
    """Open a results file to write to: a new one, or one of the same setting.

    Raises
    ------
    TinycnnError
        It belongs to another setting, or is no results file.
    OutputError
        It cannot be written.
    """
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{os.fspath(path)}: {error.strerror}; choose another --results") from error
    if os.path.exists(path) and not os.path.isfile(path):
        raise OutputError(f"{os.fspath(path)}: not a regular file; choose another --results")
    with _open(path) as connection:
        if _is_filled(connection):  # before anything of another program's is changed
            _setting(connection, path)
        _take_turns(connection)
        connection.execute("PRAGMA synchronous = NORMAL")
        with _transaction(connection):
            if not _is_filled(connection):
                _fill(connection, setting)
            found = _setting(connection, path)
        _agree(found, setting, path)
        yield Results(connection, setting)


@contextmanager
def read(path: str | os.PathLike[str]) -> Iterator[Results]:
    """Open a results file to look into, also while a study writes to it.

    Raises
    ------
    TinycnnError
        There is no such file, or it is no results file.
    """
    name = os.fspath(path)
    if not os.path.isfile(path):
        raise TinycnnError(f"{name}: no such results file; 'tinycnn study' makes one")
    frozen = not os.access(os.path.dirname(os.path.realpath(path)), os.W_OK)
    if frozen and os.path.exists(f"{os.path.realpath(path)}-wal"):  # whose part in it only SQLite can tell
        raise TinycnnError(
            f"{name}: still written to, or its study was killed, and the folder cannot be written; copy it "
            f"with {os.path.basename(name)}-wal to a folder that can"
        )
    with _open(path, frozen) as connection:
        found = _setting(connection, path)
        (damage,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        if damage != "ok":
            raise TinycnnError(f"{name}: damaged: {' '.join(damage.split())}")
        yield Results(connection, found)


@contextmanager
def _open(path: str | os.PathLike[str], frozen: bool = False) -> Iterator[sqlite3.Connection]:
    place = Path(os.path.abspath(path)).as_uri() + ("?mode=ro&immutable=1" if frozen else "")
    name = os.fspath(path)
    try:
        connection = sqlite3.connect(place, timeout=PATIENCE, isolation_level=None, uri=True)
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST)
        try:
            yield connection
        finally:
            connection.close()
    except sqlite3.OperationalError as error:
        if "full" in str(error):
            raise OutputError(
                f"{name}: the disk is full; what is done is kept: free some space and run the same command"
            ) from error
        locked = "another process has held it for a minute" if "locked" in str(error) else error
        raise OutputError(f"{name}: {locked}; choose another --results") from error
    except sqlite3.DatabaseError as error:
        wrong = "not a results file" if "not a database" in str(error) else "damaged"
        raise TinycnnError(f"{name}: {wrong}: {error}") from error


def _take_turns(connection: sqlite3.Connection) -> None:
    """Let others read while one writes. SQLite refuses this change at once where another is making it."""
    latest = time.monotonic() + PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > latest:
                raise
            time.sleep(0.05)


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if connection.in_transaction:  # SQLite has ended it itself where the disk is full
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _fill(connection: sqlite3.Connection, setting: StudySetting) -> None:
    measures = ", ".join(f"{name} REAL" for name in get(setting.study).measures)
    for statement in _TABLES.format(measures=measures, key=KEY).strip().split(";\n"):
        connection.execute(statement)
    values = dataclasses.asdict(setting)
    connection.executemany("INSERT INTO meta VALUES (?, ?)", [(k, json.dumps(v)) for k, v in values.items()])


def _is_filled(connection: sqlite3.Connection) -> bool:
    return connection.execute("SELECT 1 FROM sqlite_master").fetchone() is not None


def _setting(connection: sqlite3.Connection, path: str | os.PathLike[str]) -> StudySetting:
    """The setting of a results file that is in all what this version writes."""
    try:
        programs = connection.execute("SELECT 1 FROM sqlite_master WHERE type NOT IN ('table', 'index')")
        values = {name: json.loads(value) for name, value in connection.execute("SELECT * FROM meta")}
        if programs.fetchone() or not isinstance(values.get("study"), str):
            raise TypeError("there is no study, or what would be run with it")
    except sqlite3.OperationalError as error:
        if "no such table" not in str(error):
            raise
        raise TinycnnError(f"{os.fspath(path)}: not a results file of 'tinycnn study'") from error
    except (TypeError, ValueError, RecursionError) as error:
        raise TinycnnError(f"{os.fspath(path)}: not a results file of 'tinycnn study'") from error
    if difference := _foreign(connection, values):
        raise TinycnnError(
            f"{os.fspath(path)}: made by another version of tinycnn, {difference}; choose another --results, "
            "or use that version"
        )
    lists = {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
    return StudySetting(**{**values, **lists})


def _foreign(connection: sqlite3.Connection, values: dict[str, Any]) -> str:
    """What tells a results file of another version from ours; nothing if it could be ours."""
    kinds = {each.name: str(each.type) for each in dataclasses.fields(StudySetting)}
    if extra := values.keys() ^ kinds.keys():
        return f"whose settings have, or lack, {', '.join(sorted(map(str, extra)))}"
    for name, kind in kinds.items():
        value, item = values[name], str if "str" in kind else int
        items = value if isinstance(value, list) else [value]
        if isinstance(value, list) != ("tuple" in kind) or any(type(each) is not item for each in items):
            return f"in which {name} is no {kind}"
    if values["study"] not in STUDIES:
        return f"which has a study {values['study']!r}"
    columns = [name for _, name, *_ in connection.execute("PRAGMA table_info(rows)")]
    if columns != [*KEY.split(", "), *get(values["study"]).measures]:
        return f"whose rows have the columns {', '.join(columns)}"
    return ""


def _agree(found: StudySetting, asked: StudySetting, path: str | os.PathLike[str]) -> None:
    """Refuse a file of another setting, and name the first difference."""
    for each in dataclasses.fields(StudySetting):
        there, here = getattr(found, each.name), getattr(asked, each.name)
        if each.compare and there != here:
            raise TinycnnError(
                f"{os.fspath(path)} belongs to another setting: {each.name} is {there!r} there, "
                f"{here!r} here; choose another --results"
            )
