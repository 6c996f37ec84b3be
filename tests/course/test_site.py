"""The site: what it is built of, and when it is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from submission import nbformat

from tinycnn.cli import main
from tinycnn.course.lessons import INSTALL, code_cells, lessons
from tinycnn.course.site import export_site, installing
from tinycnn.errors import OutputError, TinycnnError

needed = pytest.mark.parametrize("missing", ["jupyterlite_core", "jupyterlite_pyodide_kernel"])


def test_a_lesson_begins_with_the_install_and_goes_on_as_it_was() -> None:
    lesson = lessons()[0]
    notebook = nbformat.reads(installing(lesson).decode(), as_version=4)
    nbformat.validate(notebook)
    assert code_cells(notebook)[0].source == INSTALL
    assert notebook.cells[1:] == lesson.notebook.cells


@needed
def test_without_the_extra_it_says_so(missing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tinycnn.course.site.find_spec", lambda name: None if name == missing else True)
    with pytest.raises(TinycnnError, match=r"needs the extra \[site\]"):
        export_site(tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_folder_that_is_not_empty_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tinycnn.course.site.find_spec", bool)
    (tmp_path / "mine").write_text("kept", encoding="utf-8")
    with pytest.raises(OutputError, match="is not empty"):
        export_site(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


@pytest.mark.slow
def test_the_site_holds_the_lessons_and_the_wheel(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("jupyterlite_core", "jupyterlite_pyodide_kernel"):
        pytest.importorskip(name, reason="the site needs the extra: pip install 'tinycnn[site]'")
    assert main(["course", "site", str(tmp_path)]) == 0
    first = tmp_path / "lab" / "index.html"
    assert capsys.readouterr().out.strip() == str(first)
    assert first.exists()
    listed = json.loads((tmp_path / "api" / "contents" / "all.json").read_text("utf-8"))["content"]
    assert sorted(item["name"] for item in listed) == [lesson.path.name for lesson in lessons()]
    (wheel,) = tmp_path.rglob("tinycnn-*.whl")
    assert "tinycnn" in json.loads((wheel.parent / "all.json").read_text("utf-8"))
