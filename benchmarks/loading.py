"""``python -m benchmarks.loading``: a whole VGG-16 read from a file of each format.

The peer is the least that any reader must do: read the file's bytes, then change the layout of each array
with NumPy where the file's is not ours. Each run is a process of its own; the two sides take turns, and the
file is in the system's cache for both. Memory is the peak above what the process had before.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.libraries import h5py, safetensors
from benchmarks.worker import forget_peak, peak, resident
from tinycnn import Model
from tinycnn.files import atomic_write
from tinycnn.layers import flat
from tinycnn.ops.types import Array
from tinycnn.weights.names import FAMILIES, TENSORFLOW, TORCH, Family, Layout
from tinycnn.zoo import vgg16

GOAL_TIME, GOAL_MEMORY = 1.5, 1.25


def main() -> None:
    """Measure every format, and print the table; or, as a child, one side of one format."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.loading", description=__doc__)
    parser.add_argument("--repeats", type=int, default=5, help="pairs of runs per format")
    parser.add_argument("--child", nargs=3, metavar=("SIDE", "LAYOUT", "FILE"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.child:
        side, layout, file = chosen.child
        print(json.dumps(_measured(side, layout, Path(file))))
        return
    title = f"VGG-16, 138 million parameters; goals: time {GOAL_TIME}, memory {GOAL_MEMORY} of the file"
    table = Table("format", "MB", "ours s", "plain s", "ratio", "min", "max", "memory / file", title=title)
    with tempfile.TemporaryDirectory() as folder:
        for name, (layout, write) in FORMATS.items():
            path = Path(folder) / "net"
            write(path)
            table.add_row(name, f"{path.stat().st_size / 1e6:.0f}", *_row(path, layout, chosen.repeats))
    Console(width=110).print(table)


def _row(path: Path, layout: str, repeats: int) -> Iterator[str]:
    pairs = [[_child(side, layout, path) for side in ("ours", "plain")] for _ in range(repeats)]
    ours, plain = ([run[side][0] for run in pairs] for side in (0, 1))
    ratios = [mine / theirs for mine, theirs in zip(ours, plain, strict=True)]
    yield from (f"{statistics.median(times):.2f}" for times in (ours, plain))
    yield from (f"{pick(ratios):.2f}" for pick in (statistics.median, min, max))
    yield f"{max(run[0][1] for run in pairs) / path.stat().st_size:.2f}"


def _child(side: str, layout: str, path: Path) -> tuple[float, int]:
    command = [sys.executable, "-m", "benchmarks.loading", "--child", side, layout, str(path)]
    seconds, extra = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return seconds, extra


def _measured(side: str, layout: str, path: Path) -> tuple[float, int]:
    """Seconds, and bytes of memory above those before."""
    shapes = _file_shapes() if side == "plain" else []
    before = resident()
    forget_peak()
    start = time.perf_counter()
    kept = vgg16(str(path)) if side == "ours" else _plain(path, layout, shapes)
    seconds = time.perf_counter() - start
    extra = peak() - before
    del kept
    return seconds, extra


def _plain(path: Path, layout: str, shapes: list[tuple[int, ...]]) -> list[Array]:
    """The file's bytes, and each array turned to our layout; which bytes are whose does not matter here."""
    data = np.frombuffer(path.read_bytes(), np.float32, sum(map(_size, shapes)))
    arrays = [
        part.reshape(shape)
        for part, shape in zip(
            np.split(data, np.cumsum([_size(s) for s in shapes[:-1]])), shapes, strict=True
        )
    ]
    if layout == "torch":
        return arrays
    return [np.ascontiguousarray(array.transpose(TURNS[array.ndim])) for array in arrays]


TURNS = {4: (3, 2, 0, 1), 2: (1, 0), 1: (0,)}
"""From our axes to those of a file of TensorFlow's layout: HWIO -> OIHW, (in, out) -> (out, in)."""


def _size(shape: tuple[int, ...]) -> int:
    return int(np.prod(shape))


def _file_shapes() -> list[tuple[int, ...]]:
    """Shapes in TensorFlow's layout; the first dense weight with the axes of the image that it reads."""
    ours = [array.shape for _, _, array in _parameters(vgg16())]
    laid = [TENSORFLOW.shape(shape) for shape in ours]
    return [(7, 7, 512, 4096) if shape == (25088, 4096) else shape for shape in laid]


def _parameters(model: Model) -> Iterator[tuple[str, str, Array]]:
    for layer in flat(model.layers):
        for key, array in layer.parameters():
            yield layer.name, key, array


def _arrays(family: Family) -> dict[str, Array]:
    """A random VGG-16 under a family's names and in its layout."""
    return {
        family.theirs("vgg16", layer, key): _laid_out(array, family.layout)
        for layer, key, array in _parameters(vgg16())
    }


def _laid_out(array: Array, layout: Layout) -> Array:
    if layout is TORCH or array.ndim == 1:
        return array
    if array.ndim == 4:
        return np.ascontiguousarray(array.transpose(2, 3, 1, 0))
    if array.shape[1] == 25088:
        return np.ascontiguousarray(array.reshape(-1, 512, 7, 7).transpose(2, 3, 1, 0)).reshape(25088, -1)
    return np.ascontiguousarray(array.T)


def _family(name: str) -> Family:
    return next(family for family in FAMILIES if family.name == name)


def _write_npz(path: Path) -> None:
    with atomic_write(path) as file:
        np.savez(file, **_arrays(_family("Frossard")))


def _write_keras2(path: Path) -> None:
    """The legacy layout: attributes list the layers, and each layer's weights."""
    by_layer: dict[str, dict[str, Array]] = {}
    for name, array in _arrays(_family("Keras 2")).items():
        layer, _, weight = name.partition("/")
        by_layer.setdefault(layer, {})[weight] = array
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [name.encode() for name in by_layer]
        for layer, weights in by_layer.items():
            group = file.create_group(layer)
            group.attrs["weight_names"] = [name.encode() for name in weights]
            for name, array in weights.items():
                group.create_dataset(name, data=array)


def _write_keras3(path: Path) -> None:
    with h5py.File(path, "w") as file:
        for name, array in _arrays(_family("Keras 3")).items():
            file.create_dataset(f"layers/{name}", data=array)


def _write_safetensors(path: Path) -> None:
    safetensors.save_file(_arrays(_family("torchvision")), path)


def _write_torch(path: Path, zipped: bool) -> None:
    import torch

    tensors = {
        name: torch.from_numpy(array.copy()) for name, array in _arrays(_family("torchvision")).items()
    }
    torch.save(tensors, path, _use_new_zipfile_serialization=zipped)


FORMATS: Mapping[str, tuple[str, Callable[[Path], None]]] = {
    "npz, Frossard's names": ("tensorflow", _write_npz),
    "HDF5, Keras's legacy layout": ("tensorflow", _write_keras2),
    "HDF5, Keras 3": ("tensorflow", _write_keras3),
    "safetensors": ("torch", _write_safetensors),
    "torch, zip": ("torch", lambda path: _write_torch(path, True)),
    "torch, legacy": ("torch", lambda path: _write_torch(path, False)),
}
"""From the name of a format to its layout, and what writes it."""


if __name__ == "__main__":
    main()
