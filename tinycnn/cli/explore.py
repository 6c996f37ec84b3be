"""``tinycnn explore``: a page to play with, served from this machine to this machine."""

from __future__ import annotations

import argparse
import dataclasses
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tinycnn import zoo
from tinycnn.cli.options import whole_number
from tinycnn.errors import ImageError, ModelFileError, TinycnnError
from tinycnn.files import open_file
from tinycnn.image import SAMPLES
from tinycnn.image.reading import LARGEST


def add(commands: Any) -> None:
    """Declare the command's arguments."""
    parser = commands.add_parser(
        "explore",
        help="a page to play with: image, network, rule and target",
        description="Serve a page on which image, network, rule, target and layer are chosen, and the maps "
        "follow at once. Only this machine can reach it, unless --host says otherwise.",
    )
    parser.add_argument(
        "image", nargs="?", default="chelsea", metavar="IMAGE", help="a file, or a sample (%(default)s)"
    )
    parser.add_argument(
        "--model", metavar="FILE", help="the file of a network, which the page then offers: ONNX, Keras, .npz"
    )
    parser.add_argument(
        "--port", type=whole_number, default=8765, help="0 takes any that is free (%(default)s)"
    )
    parser.add_argument("--host", default="127.0.0.1", help="the address to serve on (%(default)s)")
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Serve until interrupted."""
    if find_spec("starlette") is None or find_spec("uvicorn") is None:
        raise TinycnnError("the page needs the extra [app]: pip install 'tinycnn[app]'")
    from tinycnn.explore.server import serve
    from tinycnn.explore.session import Choice, Session

    session, first = Session(arguments.model), Choice()
    if arguments.model is not None:
        if not zoo.is_file(arguments.model):
            raise ModelFileError(arguments.model, "there is no such file")
        first = dataclasses.replace(first, model=arguments.model, weights=zoo.OWN)
    if arguments.image not in SAMPLES or Path(arguments.image).exists():
        first = dataclasses.replace(first, image=session.add(_bytes(arguments.image), arguments.image))
    serve(session, first, arguments.host, arguments.port, browser=not arguments.no_browser)
    return 0


def _bytes(path: str) -> bytes:
    try:
        with open_file(path, LARGEST) as file:
            return file.read()
    except OSError as error:
        raise ImageError(f"{path}: {error.strerror}") from None
