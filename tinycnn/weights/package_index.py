"""Finding a distribution's file with pip, without installing or running anything.

``pip download`` runs a source distribution's ``setup.py`` to learn what it depends on. pip's own finder and
session only look and download, by all that pip is set up with: index, mirrors, proxies, certificates,
credentials. pip does not promise to keep them as they are; if it changes them, fetching says so, and what
to download by hand. Where no pip is installed, as in uv's environments, it is the one that `ensurepip` has.
"""

from __future__ import annotations

import logging
import sys
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tinycnn.weights.registry import Package


def locate(package: Package, timeout: float) -> tuple[Any, str]:
    """A session of pip's, and the address of a package's file.

    Raises
    ------
    OSError
        There is no pip, no network, or the index does not have the file.
    """
    logging.getLogger("pip").addHandler(logging.NullHandler())  # else what it finds missing is printed
    try:
        _find_pip()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from pip._internal.commands import create_command

            command: Any = create_command("download")
            options, _ = command.parser.parse_args(["--no-cache-dir"])
            session = command._build_session(options, retries=0, timeout=timeout)
            finder = command._build_package_finder(options, session, ignore_requires_python=True)
            candidates = finder.find_all_candidates(package.name)
    except (ImportError, AttributeError, TypeError) as error:
        raise OSError(f"pip is missing, or of a kind that is not known ({error})") from error
    for candidate in candidates:
        if candidate.link.filename == package.archive:
            return session, candidate.link.url_without_fragment
    raise OSError("the package index cannot be reached, or does not have the file")


def _find_pip() -> None:
    """If no pip is installed, make the one that came with Python known, last of all places."""
    ensurepip = None if find_spec("pip") else find_spec("ensurepip")  # of split Pythons, both may be missing
    if ensurepip is not None and ensurepip.origin is not None:
        sys.path.extend(map(str, Path(ensurepip.origin).parent.glob("_bundled/pip-*.whl")))
