"""What a study says of files that change, go, are equal, or cannot be read; and what of its own troubles."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image
from study_runs import ARGUMENTS, ENVIRONMENT, Here, finish, setting, start

import tinycnn as tc
from tinycnn.cli import main
from tinycnn.experiments import studies
from tinycnn.experiments.studies import Tally


def run(path: Path, *places: Path) -> Tally:
    return studies.run(setting(), places, path, Here())


def of(path: Path) -> tuple[set[str], dict[str, str]]:
    """The images that have rows, and the files that are listed."""
    with studies.read(path) as results:
        return {row[3] for row in results.rows()}, dict(results.unreadable())


def test_new_content_replaces_the_rows_of_the_old(few: Path, tmp_path: Path) -> None:
    results = tmp_path / "r.db"
    assert run(results, few) == Tally(measured=6)
    before, _ = of(results)
    picture = tc.image.load(few / "0.png")
    Image.fromarray(255 - picture).save(few / "0.png")
    assert run(results, few) == Tally(measured=1, known=5)
    after, listed = of(results)
    assert (len(after), len(before & after), listed) == (6, 5, {})


def test_old_rows_stay_while_another_file_has_the_image(few: Path, tmp_path: Path) -> None:
    shutil.copy(few / "0.png", few / "copy.png")
    run(tmp_path / "r.db", few)
    before, _ = of(tmp_path / "r.db")
    shutil.copy(few / "1.png", few / "copy.png")
    assert run(tmp_path / "r.db", few) == Tally(known=7)
    assert of(tmp_path / "r.db")[0] == before


def test_content_that_breaks_takes_its_rows_with_it(few: Path, tmp_path: Path) -> None:
    run(tmp_path / "r.db", few)
    (few / "0.png").write_bytes(b"broken")
    assert run(tmp_path / "r.db", few) == Tally(unreadable=1, known=5)
    images, listed = of(tmp_path / "r.db")
    assert len(images) == 5
    assert "not an image" in listed[str(few / "0.png")]


def test_a_file_that_is_gone_is_reported_and_its_rows_are_kept(few: Path, tmp_path: Path) -> None:
    odd = os.fsencode(few) + b"/caf\xe9.png"
    shutil.copy(os.fsencode(few / "0.png"), odd)
    os.remove(few / "0.png")
    assert run(tmp_path / "r.db", few) == Tally(measured=6)
    before, _ = of(tmp_path / "r.db")
    kept = (few / "1.png").read_bytes()
    (few / "1.png").unlink()
    os.rename(odd, few / "renamed.png")
    for _ in range(2):
        tally = run(tmp_path / "r.db", few)
        assert (tally.measured, tally.gone) == (0, 1)
        images, listed = of(tmp_path / "r.db")
        assert images == before
        assert listed == {str(few / "1.png"): "gone since it was measured; its rows are kept"}
    (few / "1.png").write_bytes(kept)
    assert run(tmp_path / "r.db", few) == Tally(known=6)
    assert of(tmp_path / "r.db") == (before, {})


@pytest.mark.parametrize("images_of_a_task", [1, 8])
def test_equal_files_are_measured_once_and_counted_so(
    few: Path, tmp_path: Path, images_of_a_task: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tinycnn.experiments.studies.driver.MOST_IMAGES", images_of_a_task)
    monkeypatch.setattr("tinycnn.experiments.studies.driver.MOST_FILES", 3)
    for number in range(20):
        shutil.copy(few / "0.png", few / f"copy{number}.png")
        (few / f"broken{number}.png").write_bytes(b"equally broken")
    with ThreadPoolExecutor(2) as pool:
        tally = studies.run(setting(), [few], tmp_path / "r.db", pool, in_flight=3)
    assert tally == Tally(measured=6, known=20, unreadable=20)
    images, listed = of(tmp_path / "r.db")
    assert (len(images), len(listed)) == (6, 20)


def test_content_of_the_same_size_and_time_is_noticed(few: Path, tmp_path: Path) -> None:
    """As an archive unpacks it, in which all files have one time."""
    for name, shade in (("a", 10), ("b", 200)):
        Image.new("L", (28, 28), shade).save(few / f"{name}.bmp")
        os.utime(few / f"{name}.bmp", (10**9, 10**9))
    assert run(tmp_path / "r.db", few) == Tally(measured=8)
    shutil.copy2(few / "a.bmp", few / "b.bmp")
    assert run(tmp_path / "r.db", few) == Tally(known=8)
    assert len(of(tmp_path / "r.db")[0]) == 7


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_odd_names_and_links_cost_nothing_beside_them(few: Path, tmp_path: Path) -> None:
    for name in (b"a\nb.png", b" .png", b"\xff\xfe.png", b"-rf *.png", b"\x1b[2J.png"):
        shutil.copy(few / "0.png", os.fsencode(few) + b"/" + name)
    (few / "00.png").symlink_to("00.png")  # to itself
    (few / "01.png").symlink_to("gone.png")
    (few / "around").symlink_to(few)
    (few / "deeper").mkdir()
    (few / "deeper" / "02").symlink_to("02")
    shutil.copy(few / "1.png", few / "deeper")
    for _ in range(2):
        tally = run(tmp_path / "r.db", few)
        assert tally.measured + tally.known + tally.unreadable == 14
        images, listed = of(tmp_path / "r.db")
        assert len(images) == 6
        assert {Path(path).name for path in listed} == {"00.png", "01.png"}


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_a_byte_and_the_letters_that_stand_for_it_are_two_names(few: Path, tmp_path: Path) -> None:
    names = (b"\xff.png", rb"\xff.png", rb"\x5cxff.png", rb"\x5c.png", b"\\\xff.png", rb"\xg.png")
    for shade, name in enumerate(names):
        Image.new("L", (28, 28), 40 * shade).save(few / os.fsdecode(name))
    assert run(tmp_path / "r.db", few) == Tally(measured=6 + len(names))
    for left, name in reversed(list(enumerate(names, 6))):
        (few / os.fsdecode(name)).unlink()
        assert run(tmp_path / "r.db", few) == Tally(known=left, gone=12 - left)


def test_two_studies_at_once_on_one_file_make_one_table(few: Path, tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        tallies = list(pool.map(lambda _: run(tmp_path / "r.db", few), range(2)))
    assert all(tally.measured + tally.known == 6 for tally in tallies)
    run(tmp_path / "alone.db", few)
    with studies.read(tmp_path / "r.db") as both, studies.read(tmp_path / "alone.db") as alone:
        assert list(both.rows()) == list(alone.rows())


def test_pipes_and_folders_without_end_are_passed(few: Path, tmp_path: Path) -> None:
    os.mkfifo(few / "pipe.png")
    (few / "notes.h5").write_bytes(b"weights")  # of a format that Pillow only recognises
    deep = str(few)
    try:
        for _ in range(1200):
            deep += "/d"
            os.mkdir(deep)
        shutil.copy(few / "1.png", deep)
        assert run(tmp_path / "r.db", few) == Tally(measured=6, known=1, unreadable=1)
        assert of(tmp_path / "r.db")[1] == {str(few / "pipe.png"): "cannot be read: not a regular file"}
    finally:
        subprocess.run(["rm", "-rf", str(few)], check=True)  # shutil.rmtree is not up to it


@pytest.fixture
def bound(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A command that takes from root what lets it pass over permissions."""
    if os.getuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        pytest.skip("permissions do not bind this user")
    return ["setpriv", "--inh-caps=-all", "--bounding-set=-all"]


def test_a_results_file_in_a_read_only_folder_is_read(few: Path, tmp_path: Path, bound: list[str]) -> None:
    folder = tmp_path / "archive"
    folder.mkdir()
    run(folder / "r.db", few)
    folder.chmod(0o555)
    command = [*bound, sys.executable, "-m", "tinycnn", "study"]
    options = {"env": ENVIRONMENT, "capture_output": True, "text": True, "check": False}
    try:
        done = subprocess.run([*command, "summary", str(folder / "r.db")], **options)
        assert (done.returncode, done.stderr) == (0, "")
        assert "6 images" in done.stdout
        new = ["class-sensitivity", str(few), "--model", "digits", "--results", str(folder / "new.db")]
        done = subprocess.run([*command, *new], **options)
        assert done.returncode == 1
        assert (
            done.stderr
            == f"tinycnn: {folder}/new.db: unable to open database file; choose another --results\n"
        )
    finally:
        folder.chmod(0o755)


def test_a_results_file_is_made_with_its_folder(few: Path, tmp_path: Path) -> None:
    run(tmp_path / "new folder?#%" / "r.db", few)
    assert len(of(tmp_path / "new folder?#%" / "r.db")[0]) == 6


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"no database at all" * 100, "not a results file: file is not a database"),
        (None, "damaged: database disk image is malformed"),
        ("CREATE TABLE other (x)", "not a results file of 'tinycnn study'"),
        ("CREATE TABLE meta (name, value)", "not a results file of 'tinycnn study'"),
        ("CREATE TABLE meta AS SELECT 'study' name, 'NaN' value", "not a results file of 'tinycnn study'"),
    ],
)
def test_what_is_no_results_file_says_why(
    content: bytes | str | None, reason: str, few: Path, tmp_path: Path
) -> None:
    path = tmp_path / "r.db"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        with sqlite3.connect(path) as connection:
            connection.execute(content)
    else:
        run(path, few)
        whole = path.read_bytes()
        path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    with pytest.raises(tc.TinycnnError, match=reason):
        of(path)


def test_a_file_of_another_program_stays_as_it_is(few: Path, tmp_path: Path) -> None:
    path = tmp_path / "theirs.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE bookmarks (place)")
    before = path.read_bytes()
    with pytest.raises(tc.TinycnnError, match="not a results file of 'tinycnn study'"):
        run(path, few)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == ["theirs.db"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("INSERT INTO meta VALUES ('epochs', '3')", "another version .* epochs; choose another"),
        ("DELETE FROM meta WHERE name = 'pairs'", "another version .* pairs; choose another"),
        ("UPDATE meta SET value = '3' WHERE name = 'units'", "another version .* units is no tuple"),
        ("UPDATE meta SET value = '[\"x\"]' WHERE name = 'seed'", "another version .* seed is no int"),
        ("UPDATE meta SET value = '\"palmistry\"' WHERE name = 'study'", "a study 'palmistry'"),
        ("ALTER TABLE rows ADD COLUMN luck REAL", "another version .* columns rule, .*, luck"),
        ("DROP TABLE rows", "another version .* columns ;"),
        ("CREATE TRIGGER t INSERT ON rows BEGIN DELETE FROM files; END", "not a results file"),
        ("CREATE VIEW v AS SELECT 1", "not a results file"),
        (
            "UPDATE meta SET value = replace(hex(zeroblob(9000000)), '00', '[') WHERE name = 'seed'",
            "not a re",
        ),
        ("UPDATE meta SET value = hex(zeroblob(9000000)) WHERE name = 'seed'", "too big"),
    ],
)
def test_a_results_file_of_another_version_or_with_programs_is_refused(
    few: Path, tmp_path: Path, change: str, reason: str
) -> None:
    path = tmp_path / "r.db"
    with studies.create(path, setting()):
        pass
    with sqlite3.connect(path) as connection:
        connection.execute(change)
    for use in (of, lambda path: run(path, few)):
        with pytest.raises(tc.TinycnnError, match=reason):
            use(path)


def test_a_full_disk_is_said_to_be_full_and_costs_nothing(
    few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tinycnn.experiments.studies.driver.MOST_IMAGES", 1)
    path = tmp_path / "r.db"
    connect = sqlite3.connect

    def on_a_full_disk(*arguments: object, **options: object) -> sqlite3.Connection:
        connection = connect(*arguments, **options)
        connection.execute("PRAGMA max_page_count = 1")  # as many as there are
        return connection

    run(path, few / "0.png")
    monkeypatch.setattr("sqlite3.connect", on_a_full_disk)
    with pytest.raises(tc.TinycnnError, match="the disk is full; what is done is kept: free some space"):
        for number in range(1000):
            Image.new("L", (28, 28), number % 256).save(few / f"{number}.png")
            run(path, few)
    monkeypatch.undo()
    assert run(path, few).unreadable == 0


def test_a_results_file_that_is_damaged_anywhere_is_summed_up_or_said_to_be_damaged(
    few: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(tmp_path / "r.db", few)
    whole = (tmp_path / "r.db").read_bytes()
    said = []
    for at in (*range(0, len(whole), len(whole) // 40), len(whole) - 100):
        for filler in (b"\0", b"\xff"):
            (tmp_path / "d.db").write_bytes(whole[:at] + 64 * filler + whole[at + 64 :])
            if main(["study", "summary", str(tmp_path / "d.db")]):
                said.append(capsys.readouterr().err)
    assert len(said) > 5
    assert all(each.count("\n") == 1 for each in said), said


def test_a_file_that_another_process_holds_is_waited_for(
    few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tinycnn.experiments.studies.results.PATIENCE", 0.3)
    with sqlite3.connect(tmp_path / "r.db", isolation_level=None) as other:
        other.execute("CREATE TABLE x (y)")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(tc.TinycnnError, match="another process has held it"):
            run(tmp_path / "r.db", few)


def test_studies_that_start_at_once_on_one_file_do_not_lock_each_other_out(tmp_path: Path) -> None:
    """Each opens the file a hundred times, while the others do."""
    opening = (
        "import sys\nfrom tinycnn.experiments import studies\n"
        "found, _ = studies.describe('class-sensitivity', 'digits', 'digits', ['guided'])\n"
        "import os, time\ntime.sleep(max(0, float(sys.argv[1]) - time.time()))\n"
        "for number in range(100):\n"
        "    with studies.create(f'{number}.db', found):\n        pass\n"
    )
    at = str(time.time() + 6)
    command = [sys.executable, "-c", opening, at]
    running = [
        subprocess.Popen(command, env=ENVIRONMENT, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    for process in running:
        assert process.communicate(timeout=300)[1] == ""
        assert process.returncode == 0


SCRIPT = """
from tinycnn.experiments import studies
found, _ = studies.describe("class-sensitivity", "digits", "digits", ["guided"])
with studies.processes(2) as workers:
    studies.run(found, ["{images}"], "r.db", workers.executor)
"""


def test_a_script_without_its_guard_is_told_so(few: Path, tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT.format(images=few), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "script.py"],
        env=ENVIRONMENT,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "if __name__ == '__main__'" in done.stderr  # workers, which run the script too, fail in their way
    assert "memory" not in done.stderr


def test_a_worker_that_is_killed_is_said_to_be(images: Path, tmp_path: Path) -> None:
    process = start(images, tmp_path / "r.db", "--workers", "2")
    until = time.monotonic() + 120
    while not (found := _workers(process.pid)):
        assert time.monotonic() < until
        time.sleep(0.05)
    os.kill(found[-1], 9)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 1
    assert err.startswith(
        "tinycnn: a worker was killed by SIGKILL, perhaps for want of memory; what is done is kept"
    )
    assert err.count("\n") == 1
    assert "unreadable" in finish(start(images, tmp_path / "r.db", "--workers", "2"))


def _workers(parent: int) -> list[int]:
    psutil = pytest.importorskip("psutil")
    return [
        child.pid for child in psutil.Process(parent).children() if "spawn_main" in " ".join(child.cmdline())
    ]


def test_the_command_tells_of_a_file_that_is_gone(
    few: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["study", "class-sensitivity", str(few), "--results", str(tmp_path / "r.db"), *ARGUMENTS]
    assert main([*command, "--workers", "1"]) == 0
    (few / "1.png").unlink()
    capsys.readouterr()
    assert main([*command, "--workers", "1"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("0 images measured, 5 known before, 0 unreadable, 1 gone\n")
    assert err == f"tinycnn: unreadable: {few}/1.png: gone since it was measured; its rows are kept\n"
