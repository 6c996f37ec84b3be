"""Opens mutated weight files: ``python fuzz.py COUNT SEED``. Run by test_fuzz.py in a process of its own.

Every outcome must be arrays or `WeightFileError`; anything else ends the process. The last line printed is a
JSON object: how many files were read and refused by format, the slowest in seconds, and by how many bytes the
process grew.
"""

from __future__ import annotations

import collections
import json
import random
import resource
import sys
import tempfile
import time
from pathlib import Path

from weight_writers import seeds, write

import tinycnn as tc
from tinycnn.weights import open_weights

EXTREMES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFFFFFF, 0xFFFFFFFF, 1 << 40, (1 << 63) - 1, (1 << 64) - 1)


def mutate(data: bytes, others: list[bytes], draw: random.Random) -> bytes:
    """Flip bits, overwrite bytes or whole numbers, cut, repeat or move runs, or splice in another file."""
    out = bytearray(data)
    for _ in range(draw.choice((1, 1, 1, 2, 3, 8))):
        at, to = draw.randrange(len(out)), draw.randrange(len(out))
        run = draw.randrange(1, 64)
        match draw.randrange(8):
            case 0 | 1:
                out[at] ^= 1 << draw.randrange(8)
            case 2:
                out[at] = draw.randrange(256)
            case 3:
                width = draw.choice((1, 2, 4, 8))
                out[at : at + width] = draw.choice(EXTREMES).to_bytes(8, "little")[:width]
            case 4:
                out[to : to + run] = out[at : at + run]
            case 5:
                out[to:to] = out[at : at + run]
            case 6:
                del out[at : at + run]
            case 7 if draw.random() < 0.3:
                del out[max(1, at) :]
            case 7:
                other = draw.choice(others)
                begin = draw.randrange(len(other))
                out[at : at + run] = other[begin : begin + run]
        out = out or bytearray(data)
    return bytes(out)


def outcome(path: Path) -> str:
    """Open a file and read every array of it."""
    try:
        with open_weights(path) as file:
            for array in file.values():
                assert array.dtype.kind in "fiub"
    except tc.WeightFileError as error:
        assert "\n" not in str(error)
        assert "MemoryError" not in str(error)
        return "refused"
    return "read"


def main(count: int, seed: int) -> None:
    draw = random.Random(seed)
    files = seeds()
    others = list(files.values())
    counts: collections.Counter[str] = collections.Counter()
    slowest = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for whole in others:
            assert outcome(write(Path(folder), whole)) == "read"
        base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for number in range(count):
            format = list(files)[number % len(files)]
            path = write(Path(folder), mutate(files[format], others, draw))
            start = time.perf_counter()
            counts[f"{format}, {outcome(path)}"] += 1
            slowest = max(slowest, time.perf_counter() - start)
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - base) * (
            1 if sys.platform == "darwin" else 1024
        )
    print(json.dumps({"counts": counts, "slowest": slowest, "grown": grown}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
