"""``python -m benchmarks.fuzz``: damaged weight files end in arrays or in one error, at little cost.

Files of every format are mutated: bits flipped, bytes and whole numbers overwritten, runs cut, repeated,
moved, spliced in from another file. Each mutant is opened and every array of it is read. The last line
printed is a JSON object: how many were read and refused by format, the slowest in seconds of the processor,
and by how many bytes the process grew. Any other end than arrays or `WeightFileError` is raised, and the
mutant is kept.

``--guided`` lets atheris look for inputs that reach code not reached before, where it is installed.
"""

from __future__ import annotations

import argparse
import collections
import json
import random
import resource
import sys
import tempfile
import time
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "tests" / "weights"))  # found as pytest finds them
from weight_writers import checkpoints, seeds, write

import tinycnn as tc
from tinycnn.weights import open_weights

EXTREMES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFFFFFF, 0xFFFFFFFF, 1 << 40, (1 << 63) - 1, (1 << 64) - 1)

SEEDS = (0, 1, 2, 3, 4)
"""With which the million mutants are drawn, a fifth each."""


def main() -> None:
    """Mutate, open, and report."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=1_000_000, metavar="N", help="mutants (%(default)s)")
    parser.add_argument("--seed", type=int, metavar="N", help="draw all with one seed, not with five")
    parser.add_argument("--guided", action="store_true", help="let atheris draw the mutants instead")
    chosen = parser.parse_args()
    if chosen.guided:
        guided(chosen.count, chosen.seed or 0)
        return
    drawn = SEEDS if chosen.seed is None else (chosen.seed,)
    print(json.dumps(fuzz(chosen.count // len(drawn), drawn)))


def fuzz(count: int, drawn: tuple[int, ...]) -> dict[str, object]:
    """Open `count` mutants for each of the seeds."""
    files = {**seeds(), **checkpoints()}
    others = list(files.values())
    counts: collections.Counter[str] = collections.Counter()
    slowest = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for whole in others:
            assert outcome(write(Path(folder), whole)) == "read"
        base = peak()
        for seed in drawn:
            draw = random.Random(seed)
            for number in range(count):
                format = list(files)[number % len(files)]
                mutant = mutate(files[format], others, draw)
                path = write(Path(folder), mutant)
                start = time.process_time()
                try:
                    counts[f"{format}, {outcome(path)}"] += 1
                except BaseException:
                    Path("mutant.bin").write_bytes(mutant)
                    raise
                slowest = max(slowest, time.process_time() - start)
        return {"counts": counts, "slowest": slowest, "grown": peak() - base}


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


def peak() -> int:
    """The most bytes that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def guided(count: int, seed: int) -> None:
    """Let atheris, none of our extras, steer by the code that an input reaches. It ends Python by itself."""
    import atheris

    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder) / "corpus"
        corpus.mkdir()
        for number, whole in enumerate((*seeds().values(), *checkpoints().values())):
            (corpus / str(number)).write_bytes(whole)

        def one(data: bytes) -> None:
            outcome(write(Path(folder), data))

        atheris.instrument_all()
        atheris.Setup([sys.argv[0], f"-runs={count}", f"-seed={seed + 1}", str(corpus)], one)  # 0 is any
        atheris.Fuzz()


if __name__ == "__main__":
    main()
