"""The book builds without a warning or a network, is complete, and works in a browser from the disk."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from browsing import chromium, expect, opened

EXTRA = "the book needs the extra: pip install 'tinycnn[docs]'"
for package in ("sphinx", "myst_nb", "furo", "latex2mathml", "sphinx_argparse_cli"):
    pytest.importorskip(package, reason=EXTRA)

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "",
    ".ops",
    ".ops.kernels",
    ".rules",
    ".zoo",
    ".weights",
    ".weights.names",
    ".zoo.train",
    ".testing",
)
FAR = re.compile(r"""<(?:img|script|iframe|link)\b[^>]*(?:src|href)=["'](?:https?:)?//""")
PICTURE = re.compile(r"<img\b[^>]*>")
LOOKED_AT = (
    "index",
    "04-why-guided-backprop-shows-the-image",
    "docs/explanation/architecture",
    "docs/explanation/theory",
    "docs/reference/commands",
    "docs/reference/rules",
    "docs/teaching",
    "docs/claims",
)


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The book, built with all warnings as errors, references that lead nowhere among them."""
    out = tmp_path_factory.mktemp("book")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-n", "--keep-going", "notebooks", str(out)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": ""}  # Python's own, of libraries
    built = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (built.returncode, built.stderr) == (0, "")
    return out


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as running:
        yield running


def pages(book: Path) -> Iterator[tuple[Path, str]]:
    for path in sorted(book.rglob("*.html")):
        yield path.relative_to(book), path.read_text("utf-8")


def test_no_page_asks_for_anything_from_another_machine(book: Path) -> None:
    assert {path: FAR.findall(text) for path, text in pages(book) if FAR.search(text)} == {}


def test_every_picture_has_an_alternative_text(book: Path) -> None:
    pictures = [tag for _, text in pages(book) for tag in PICTURE.findall(text) if "_images/" in tag]
    assert len(pictures) > 20
    assert [tag for tag in pictures if not re.search(r'alt="[^"]{10,}', tag)] == []


def test_every_public_name_is_in_the_reference(book: Path) -> None:
    from sphinx.util.inventory import InventoryFile

    inventory = InventoryFile.loads((book / "objects.inv").read_bytes(), uri="")
    known = {name for kind in inventory.data.values() for name in kind}
    missing = []
    for package in PACKAGES:
        module = import_module(f"tinycnn{package}")
        for name in module.__all__:
            thing = getattr(module, name)
            home = getattr(thing, "__module__", ""), getattr(thing, "__qualname__", name)
            full = thing.__name__ if isinstance(thing, type(re)) else ".".join(home)
            suffix = re.compile(rf"tinycnn{re.escape(package)}\b.*\.{re.escape(name)}")
            if name != "__version__" and full not in known and not any(map(suffix.fullmatch, known)):
                missing.append(f"tinycnn{package}.{name}")
    assert missing == []


def test_every_notebook_is_in_it(book: Path) -> None:
    notebooks = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
    assert [path.stem for path in sorted(book.glob("[0-9][0-9]-*.html"))] == notebooks


@pytest.mark.parametrize("name", LOOKED_AT)
def test_a_page_is_silent_and_fits_a_phone(book: Path, browser: Any, name: str) -> None:
    with opened(browser, (book / f"{name}.html").as_uri(), 360) as (page, said):
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        broken = "[...document.images].filter((image) => image.complete && !image.naturalWidth).length"
        assert page.evaluate(broken) == 0
    assert said == []


def test_the_search_finds_words_of_pages_and_names_of_functions(book: Path, browser: Any) -> None:
    for words, found in (("Winograd", "The fast kernels"), ("check_adjoint", "check_adjoint")):
        address = f"{(book / 'search.html').as_uri()}?q={words}"
        with opened(browser, address, 1200) as (page, said):
            expect(page.locator("#search-results li").filter(has_text=found).first).to_be_visible()
        assert said == []
