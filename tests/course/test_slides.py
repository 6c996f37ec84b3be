"""Slides: what of a lesson is shown, and what is said."""

from __future__ import annotations

from pathlib import Path

import pytest
from submission import nbformat

from tinycnn.cli import main
from tinycnn.course import Lesson
from tinycnn.course.lessons import lessons, solutions
from tinycnn.course.slides import deck, export_slides
from tinycnn.errors import OutputError

nbconvert = pytest.importorskip("nbconvert", reason="slides need the extra: pip install 'tinycnn[notebooks]'")

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="


@pytest.fixture
def lesson() -> Lesson:
    text, code, output = (
        nbformat.v4.new_markdown_cell,
        nbformat.v4.new_code_cell,
        nbformat.v4.new_output,
    )
    drawn = output("display_data", data={"image/png": PIXEL})
    said = output("stream", text="printed")
    cells = [
        text("# Title\n\nYou can\n\n1. count;\n2. add."),
        code("secret = 1", outputs=[said]),
        text("Before.\n\n## 1. One\n\nWords of it.\n\n$$a = b$$"),
        code("draw()", outputs=[said, drawn]),
        text("More words.\n\n| a | b |\n|---|---|"),
        text("## 2. Exercises\n\n- none"),
        text("## Further reading"),
    ]
    return Lesson(Path("00-numbers.ipynb"), nbformat.v4.new_notebook(cells=cells), ())


def test_every_slide_has_its_heading_and_sentences_are_notes(lesson: Lesson) -> None:
    found = [
        (cell.metadata.get("slideshow", {}).get("slide_type"), cell.source, len(cell.get("outputs", [])))
        for cell in deck(lesson).cells
    ]
    assert found == [
        ("slide", "# Title\n\n1. count;\n2. add.", 0),
        ("notes", "You can", 0),
        ("notes", "Before.", 0),
        ("slide", "## 1. One\n\n$$a = b$$", 0),
        ("notes", "Words of it.", 0),
        ("subslide", "## 1. One", 0),
        (None, "", 1),
        ("subslide", "## 1. One\n\n| a | b |\n|---|---|", 0),
        ("notes", "More words.", 0),
    ]


def test_every_lesson_has_slides_with_figures() -> None:
    for lesson in lessons(solutions()):
        cells = deck(lesson).cells
        sections = sum(cell.metadata.get("slideshow") == {"slide_type": "slide"} for cell in cells)
        assert sections >= 5
        assert lesson.path.name.startswith("02") or any(cell.cell_type == "code" for cell in cells)
        assert not any("SOLUTION" in cell.source or "For teachers" in cell.source for cell in cells)


def test_the_command_writes_a_page_once(
    lesson: Lesson, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    templates = Path(nbconvert.__file__).parents[4] / "share" / "jupyter"  # where pip puts them
    monkeypatch.setenv("JUPYTER_PATH", str(templates))
    monkeypatch.setattr("tinycnn.course.slides.lessons", lambda _: (lesson,))
    assert main(["course", "slides", str(tmp_path)]) == 0
    (page,) = tmp_path.iterdir()
    assert capsys.readouterr().out.strip() == str(page) == str(tmp_path / "00-numbers.slides.html")
    text = page.read_text("utf-8")
    assert "<title>00-numbers" in text
    assert PIXEL[:40] in text
    assert "secret" not in text
    assert "printed" not in text
    assert '<aside class="notes">' in text
    with pytest.raises(OutputError, match="may hold somebody's work"):
        export_slides(tmp_path)
