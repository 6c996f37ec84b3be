"""``tinycnn weights``: list, fetch, inspect and convert pretrained weights."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from rich.filesize import decimal

from tinycnn.cli.progress import status
from tinycnn.cli.terminal import show, show_table
from tinycnn.weights import REGISTRY, convert, fetch, inspect, is_cached


def add(commands: Any) -> None:
    """Declare the command's arguments."""
    parser = commands.add_parser("weights", help="list, fetch, inspect and convert pretrained weights")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)

    action = actions.add_parser(
        "list", help="what can be had: model, task, size, source, licence, in the cache?"
    )
    action.set_defaults(run=run_list)

    action = actions.add_parser("fetch", help="download, verify and keep weights; print where they are")
    action.add_argument("name", metavar="NAME", help="see 'tinycnn weights list'")
    action.add_argument("--offline", action="store_true", help="only look in the cache")
    action.set_defaults(run=run_fetch)

    action = actions.add_parser("inspect", help="what is in a weight file: names, shapes, types, sizes, hash")
    action.add_argument("file", type=Path, metavar="FILE", help="of any format; told from its content")
    action.set_defaults(run=run_inspect)

    action = actions.add_parser("convert", help="write a weight file's arrays in another format")
    action.add_argument("file", type=Path, metavar="FILE", help="of any format; told from its content")
    action.add_argument("out", type=Path, metavar="OUT", help="ends in .npz, .h5 or .safetensors")
    action.set_defaults(run=run_convert)


def run_list(arguments: argparse.Namespace) -> int:
    """Print the registry, a stanza for each entry."""
    for entry in REGISTRY.values():
        show(f"{entry.name} ({decimal(entry.bytes)}{', in the cache' if is_cached(entry.name) else ''})")
        show(f"    {entry.model}: {entry.task}")
        show(f"    {entry.source}; {entry.licence}")
        show(f"    verified by {entry.verified}")
    return 0


def run_fetch(arguments: argparse.Namespace) -> int:
    """Fetch weights, unless they are in the cache, and print where the file is."""
    show(fetch(arguments.name, offline=arguments.offline))
    return 0


def run_inspect(arguments: argparse.Namespace) -> int:
    """Print a file's arrays."""
    contents = inspect(arguments.file)
    rows = [
        (row.name, "x".join(map(str, row.shape)) or "scalar", row.dtype, f"{row.bytes:,}")
        for row in contents.rows
    ]
    show_table(rows, ("name", "shape", "type", "bytes"))
    for name, what in contents.skipped.items():
        show(f"skipped {name!r}: {what}")
    total = sum(row.bytes for row in contents.rows)
    show(f"{contents.path}: {contents.format}, {len(contents.rows)} arrays, {total:,} bytes")
    show(f"sha256 {contents.sha256}")
    return 0


def run_convert(arguments: argparse.Namespace) -> int:
    """Write the arrays, whole or not at all."""
    with status(f"converting {arguments.file}"):
        convert(arguments.file, arguments.out)
    show(arguments.out)
    return 0
