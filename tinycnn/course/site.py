"""The students' lessons as a site in which they run in a browser: JupyterLite, with tinycnn's wheel in it."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from tinycnn.course.lessons import INSTALL, Lesson, lessons, solutions
from tinycnn.errors import OutputError, TinycnnError
from tinycnn.files import check_folder


def export_site(folder: str | os.PathLike[str]) -> Path:
    """Build the site, without a network.

    Parameters
    ----------
    folder : path-like
        Made if need be; must be empty.

    Returns
    -------
    Path
        The page to begin with. The folder wants a server, such as ``python -m http.server -d FOLDER``.

    Raises
    ------
    OutputError
        The folder cannot be written, or is not empty.
    TinycnnError
        The extra ``[site]`` is not installed; the source is not here, of which the wheel is made; or one of
        the programs that build the parts failed.
    """
    if any(find_spec(name) is None for name in ("jupyterlite_core", "jupyterlite_pyodide_kernel")):
        raise TinycnnError(
            "the site needs the extra [site]; in a checkout: pip install -e '.[notebooks,site]'"
        )
    source, course = solutions().parent, lessons()
    check_folder(folder)
    if any(Path(folder).iterdir()):
        raise OutputError(f"{os.fspath(folder)} is not empty; choose another folder")
    with TemporaryDirectory() as place:
        files = Path(place, "files")
        files.mkdir()
        for lesson in course:
            (files / lesson.path.name).write_bytes(installing(lesson))
        building = f"build --build-base={place}/build egg_info --egg-base={place}"  # nothing into the source
        beside = f"-C--build-option={building}"
        making = ("wheel", "-q", "--no-deps", "--no-build-isolation", "-w", "wheels")
        _run(place, "pip", *making, beside, str(source))
        (wheel,) = Path(place, "wheels").iterdir()
        output = ("--output-dir", os.path.abspath(folder))
        wheels = ("--piplite-wheels", str(wheel))
        _run(place, "jupyterlite_core.app", "build", "--contents", str(files), *output, *wheels)
    return Path(folder) / "lab" / "index.html"


def installing(lesson: Lesson) -> bytes:
    """A student's copy that begins with the install."""
    import nbformat

    notebook = nbformat.from_dict(lesson.notebook)
    notebook.cells = [nbformat.v4.new_code_cell(INSTALL, id="install"), *notebook.cells]
    return nbformat.writes(notebook).encode() + b"\n"


def _run(place: str, *command: str) -> None:
    environment = {**os.environ, "PYTHONWARNINGS": "default"}  # what these programs warn of is not ours
    words = [sys.executable, "-m", *command]
    done = subprocess.run(words, cwd=place, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise TinycnnError(f"{command[0]} failed: {said[-1] if said else done.returncode}")
