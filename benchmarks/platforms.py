"""``python -m benchmarks.platforms``: where tinycnn was tried, a page made of what ``.ci/packages`` printed.

``.ci/packages`` asks for the lowest libraries (``lowest``) and for the line of what passed (``line``), in
environments that have nothing else: so this file needs Python alone. The page (``page``) ends with its lines,
and can be made of itself.
"""

from __future__ import annotations

import argparse
import configparser
import json
import platform
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

SETUP = Path(__file__).parents[1] / "setup.cfg"

PLATFORMS = {
    "Linux x86_64": "Linux, x86-64",
    "Linux aarch64": "Linux, ARM",
    "Darwin arm64": "macOS, ARM",
    "Darwin x86_64": "macOS, x86-64",
    "Windows AMD64": "Windows, x86-64",
}
"""System and machine as Python has them, and what people call them."""


@dataclass(frozen=True)
class Trial:
    """What came of one Python with the newest or the lowest libraries."""

    platform: str
    python: str
    libraries: str
    result: str
    versions: dict[str, str] = field(default_factory=dict)

    @property
    def order(self) -> tuple[int, ...]:
        """The version of Python as numbers."""
        return tuple(map(int, self.python.split(".")))


def requirements() -> dict[str, str]:
    """What tinycnn and its tests need, by name, each with the lowest version that setup.cfg permits."""
    config = configparser.ConfigParser()
    config.read(SETUP)
    blocks = config["options"]["install_requires"], config["options.extras_require"]["testing"]
    return dict(re.findall(r"^([\w-]+)>=([\d.]+)", "\n".join(blocks), re.M))


def line(libraries: str, result: str, python: str | None) -> str:
    """A trial in JSON, with the versions of the libraries that are installed beside this Python.

    Parameters
    ----------
    libraries : {"newest", "lowest"}
    result : str
    python : str or None
        A Python that was not tried; None is the one that runs.
    """
    here = f"{platform.system()} {platform.machine()}"
    found = {} if result.startswith("not tried") else _installed()
    return json.dumps(asdict(Trial(here, python or platform.python_version(), libraries, result, found)))


def _installed() -> dict[str, str]:
    found = {}
    for name in requirements():
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # of the tests, where only the wheel was tried
            continue
    return found


def trials(text: str) -> list[Trial]:
    """The trials in what ``.ci/packages`` printed, or in a page; all other lines are passed over."""
    return [Trial(**json.loads(line)) for line in text.splitlines() if line.startswith('{"platform"')]


def markdown(found: Sequence[Trial]) -> str:
    """The page of the documentation."""
    lines = "\n".join(json.dumps(asdict(trial)) for trial in found)
    return f"""# Where it was tried

Made by `bash .ci/packages | tee packages.log` and `python -m benchmarks.platforms page packages.log
--markdown FILE`; not written by hand. *Wheel* means that the wheel was installed into an environment of its
own, and that, outside the checkout, maps of a photograph were drawn by the command line and in Python, and
a claim was verified. *Tests* are all but the slow ones, which `.ci/run` has. The lowest libraries are
those that `setup.cfg` permits.

| platform | Python | newest libraries | lowest libraries |
|---|---|---|---|
{_table(found)}

On ARM, kernels are compiled for registers of 128 bits, which are tested on x86-64:
[registers of other machines](../explanation/kernels.md#registers-of-other-machines). Windows has no module
`resource`, so that `tinycnn course grade` limits less there.

## Libraries

| library | lowest | newest here |
|---|---|---|
{_libraries(found)}

## The lines of this page

```text
{lines}
```
"""


def _table(found: Iterable[Trial]) -> str:
    rows = []
    for key, name in PLATFORMS.items():
        here = sorted((trial for trial in found if trial.platform == key), key=lambda trial: trial.order)
        for python in dict.fromkeys(trial.python for trial in here):
            own = {trial.libraries: trial.result for trial in here if trial.python == python}
            cells = (own.get(libraries, "not tried") for libraries in ("newest", "lowest"))
            rows.append((name, python, *cells))
        if not here:
            rows.append((name, "any", "not tried", "not tried"))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _libraries(found: Sequence[Trial]) -> str:
    """Of each library the lowest version that was tried, and the newest, which may differ between Pythons."""
    rows = []
    for name in dict.fromkeys(name for trial in found for name in trial.versions):
        cells = (
            ", ".join(
                dict.fromkeys(
                    trial.versions[name]
                    for trial in found
                    if trial.libraries == libraries and name in trial.versions
                )
            )
            for libraries in ("lowest", "newest")
        )
        rows.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print what is asked for, or write the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.platforms", description=__doc__)
    wanted = parser.add_subparsers(dest="what", required=True)
    wanted.add_parser("lowest", help="requirements at their minimum, for pip")
    one = wanted.add_parser("line", help="a line that says what passed in this environment")
    one.add_argument("libraries", choices=("newest", "lowest"))
    one.add_argument("result")
    one.add_argument("--python", metavar="X.Y", help="a Python that was not tried")
    page = wanted.add_parser("page", help="the page, of what .ci/packages printed")
    page.add_argument("log", type=Path, nargs="+")
    page.add_argument("--markdown", type=Path, metavar="FILE", help="also write the page to a file")
    chosen = parser.parse_args(arguments)
    if chosen.what == "lowest":
        print("\n".join(f"{name}=={least}" for name, least in requirements().items()))
    elif chosen.what == "line":
        print(line(chosen.libraries, chosen.result, chosen.python))
    else:
        text = markdown([trial for path in chosen.log for trial in trials(path.read_text("utf-8"))])
        print(text)
        if chosen.markdown is not None:
            chosen.markdown.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
