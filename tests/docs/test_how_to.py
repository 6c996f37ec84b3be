"""The how-to pages and the README do what they say: Python is run, and so are the commands of the pages.

All blocks of a page run in order, in one folder and one namespace. A block with a caption is written to the
file of that name first. Commands of the class ``elsewhere`` need a network, a cluster or an hour: the parser
reads them, and that is all. What stands below a command on the page must be among what it prints.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tinycnn.cli import _parser, main

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "notebooks" / "docs" / "howto").glob("*.md"))
FENCE = re.compile(r"^```(?:\{code-block\} )?(python|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
OPTION = re.compile(r"^:(\w+): (.*)\n+", re.MULTILINE)

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)


@dataclass
class Block:
    """A fence: its language, its options, its text."""

    language: str
    text: str
    options: dict[str, str] = field(default_factory=dict)

    @property
    def commands(self) -> list[tuple[list[str], list[str]]]:
        """Each command's words, and the lines that the page shows below it."""
        found: list[tuple[list[str], list[str]]] = []
        for line in self.text.replace("\\\n", " ").splitlines():
            if line.startswith("$ "):
                found.append((shlex.split(line[2:]), []))
            elif found:
                found[-1][1].append(line)
        return found


def blocks(page: Path) -> Iterator[Block]:
    """The fences of a page, from top to bottom."""
    for language, text in FENCE.findall(page.read_text("utf-8")):
        options = dict(OPTION.findall(text)) if text.startswith(":") else {}
        yield Block(language, OPTION.sub("", text) if options else text, options)


def written(block: Block, folder: Path) -> None:
    """Keep a block that has a caption as the file of that name."""
    if "caption" in block.options:
        (folder / block.options["caption"]).write_text(block.text, "utf-8")


@each_page
def test_its_python_and_its_commands_run(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    names = {"__name__": "__main__"}
    for block in blocks(page):
        written(block, tmp_path)
        if block.options.get("class") == "torch":
            pytest.importorskip("torch", reason="torch is not installed; pip install 'tinycnn[peers]'")
        if block.language == "python":
            exec(compile(block.text, str(page), "exec"), names)
        elif block.options.get("class") != "elsewhere":
            for words, shown in block.commands:
                capsys.readouterr()
                assert main(words[1:]) == 0, words
                assert set(shown) <= set(capsys.readouterr().out.splitlines()), words
    for path in tmp_path.glob("*.py"):
        sys.modules.pop(path.stem, None)


@pytest.mark.slow
def test_the_python_of_a_page_runs_as_a_script(tmp_path: Path) -> None:
    """The one page whose code starts processes, which import the script."""
    page = next(page for page in PAGES if page.stem == "cluster")
    python = "\n".join(block.text for block in blocks(page) if block.language == "python")
    (tmp_path / "script.py").write_text(python, "utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "python.db").exists()


@each_page
def test_the_parser_knows_its_commands(page: Path) -> None:
    for block in blocks(page):
        for words, _ in block.commands if block.language == "console" else []:
            if words[0] == "tinycnn":
                _parser().parse_args(words[1:])
            else:
                assert block.options["class"] == "elsewhere", words


def test_there_are_pages_with_commands() -> None:
    assert sum(bool(block.commands) for page in PAGES for block in blocks(page)) > 10


def test_the_python_of_the_readme_runs() -> None:
    """On an image of a twelfth of the pixels."""
    names: dict[str, object] = {}
    for block in blocks(ROOT / "README.md"):
        exec(compile(block.text.replace("(224, 224)", "(64, 64)"), "README.md", "exec"), names)
    assert {"signals", "maps", "mine"} <= names.keys()


def test_the_parser_knows_the_commands_of_the_readme() -> None:
    commands = re.findall(r"^    (tinycnn .+)$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    assert len(commands) > 20
    for command in commands:
        _parser().parse_args(shlex.split(command, comments=True)[1:])


def test_what_the_readme_links_to_is_there() -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", (ROOT / "README.md").read_text("utf-8"))
    assert [link for link in links if not (ROOT / link).exists()] == []
