"""Reads mutated model files: ``python model_fuzz.py COUNT SEED``, run by a test in a process of its own.

Every outcome must be a model or a `TinycnnError` of one line; anything else ends the process. The last line
printed is a JSON object: how many were read and refused, the slowest in seconds, and the growth in bytes.
A mutant that takes more than half a gigabyte ends it, too, and so does one that makes Python warn.
"""

from __future__ import annotations

import json
import random
import resource
import sys
import tempfile
import time
import warnings
from collections import Counter
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1])]

import onnx  # noqa: E402
from importing import small_keras  # noqa: E402
from importing.small_onnx import NETS, made  # noqa: E402
from importing.test_own_files import some_net  # noqa: E402

import tinycnn as tc  # noqa: E402
from benchmarks.fuzz import mutate  # noqa: E402
from tinycnn.zoo.importing.own import save_model  # noqa: E402

MOST = 512 << 20
"""Bytes that a mutant may take."""


def redone(model: onnx.ModelProto, draw: random.Random) -> bytes:
    """The same file with an operator, an edge, an attribute or a side changed: it still is an ONNX file."""
    model = onnx.ModelProto.FromString(model.SerializeToString())
    nodes = model.graph.node
    for _ in range(draw.choice((1, 1, 2, 4))):
        node, other = draw.choice(nodes), draw.choice(nodes)
        match draw.randrange(7):
            case 0:
                node.op_type = draw.choice(
                    [each.op_type for each in nodes] + ["Shape", "Transpose", "Expand"]
                )
            case 1 if node.input:
                node.input[draw.randrange(len(node.input))] = draw.choice(list(other.output))
            case 2 if node.attribute:
                attribute = draw.choice(list(node.attribute))
                if attribute.ints:
                    attribute.ints[draw.randrange(len(attribute.ints))] = draw.choice(
                        (-1, 0, 7, 1 << 20, 1 << 62)
                    )
                else:
                    attribute.i = draw.choice((-1, 0, 3, 1 << 40))
            case 3 if model.graph.initializer:
                tensor = draw.choice(list(model.graph.initializer))
                if tensor.dims:
                    tensor.dims[draw.randrange(len(tensor.dims))] = draw.choice((0, 1, 5, 1 << 31, 1 << 60))
            case 4:
                shape = model.graph.input[0].type.tensor_type.shape
                draw.choice(list(shape.dim)).dim_value = draw.choice((0, 1, 4, 1 << 13, 1 << 40))
            case 5:
                nodes.remove(node)
                nodes.insert(draw.randrange(len(nodes) + 1), node)
            case _:
                nodes.append(other)
    return model.SerializeToString()


def main(count: int, seed: int) -> None:
    """Mutate, read, and report."""
    warnings.simplefilter("error")
    draw = random.Random(seed)
    models = [made(net, seed) for net in NETS]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "net"
        save_model(some_net(), path)
        arrays = small_keras.weights()
        keras = small_keras.written(small_keras.description(), arrays)
        whole = [*(model.SerializeToString() for model in models), keras]
        files = [*whole, Path(f"{path}.npz" if not path.exists() else path).read_bytes()]
        results: Counter[str] = Counter()
        slowest = 0.0
        for data in whole:  # so that what is loaded once does not count
            path.write_bytes(data)
            tc.load_model(path)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        limit = int(Path("/proc/self/statm").read_text("utf-8").split()[0]) * resource.getpagesize() + MOST
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        for _ in range(count):
            kind = draw.random()
            if kind < 0.4:
                data = redone(draw.choice(models), draw)
            elif kind < 0.6:
                data = small_keras.written(small_keras.redescribed(draw), arrays)
            else:
                data = mutate(draw.choice(files), files, draw)
            path.write_bytes(data)
            start = time.process_time()
            try:
                tc.load_model(path)
                results["read"] += 1
            except tc.TinycnnError as error:
                assert len(str(error).splitlines()) == 1, error
                assert not isinstance(error.__context__, MemoryError | Warning), error
                results["refused"] += 1
            slowest = max(slowest, time.process_time() - start)
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    print(json.dumps({**results, "slowest": slowest, "grown": grown}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
