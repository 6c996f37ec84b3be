"""One door: with TINYCNN_PLAIN, or without Numba, the definitions run, and give the same maps."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

import tinycnn as tc

ROOT = Path(__file__).parents[1]

MAPS = """
import json, sys
import numpy as np, tinycnn as tc
draw = np.random.default_rng(0)
model = tc.zoo.three_layer_cnn(filters=8, image=(24, 24), pool=(2, 2), seed=0)
x = model.preprocess(draw.integers(0, 256, (24, 24, 3)).astype(np.uint8))
maps = tc.visualize(model, x, target=0)
print(json.dumps({name: map.tolist() for name, map in maps.items()}))
assert ("numba" in sys.modules) == EXPECTED
"""


def run(program: str, plain: bool, before: str = "") -> subprocess.CompletedProcess[str]:
    """A program in a fresh interpreter."""
    environment = os.environ | {"TINYCNN_PLAIN": "1" if plain else "0"}
    command = [sys.executable, "-c", before + program.replace("EXPECTED", "False")]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)


HIDDEN = """
import importlib.util
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name == "numba" else find(name, package)
"""


def test_the_definitions_give_the_same_maps_without_importing_numba() -> None:
    model = tc.zoo.three_layer_cnn(filters=8, image=(24, 24), pool=(2, 2), seed=0)
    x = model.preprocess(np.random.default_rng(0).integers(0, 256, (24, 24, 3)).astype(np.uint8))
    expected = tc.visualize(model, x, target=0)
    done = run(MAPS, plain=True)
    assert done.stderr == ""
    for name, found in json.loads(done.stdout).items():
        largest = np.abs(expected[name]).max()
        np.testing.assert_allclose(found, expected[name], rtol=1e-4, atol=1e-5 * largest)


def test_without_numba_one_line_says_so_once() -> None:
    done = run(MAPS, plain=False, before=HIDDEN)
    assert done.stderr == "tinycnn: without Numba it computes in NumPy, which is slower\n"


def test_a_debugger_steps_from_visualize_into_the_definition() -> None:
    program = """
import sys, numpy as np, tinycnn as tc
model = tc.zoo.three_layer_cnn(filters=2, image=(8, 8), seed=0)
lines = set()
def trace(frame, event, argument):
    lines.add((frame.f_code.co_filename.replace("\\\\", "/").rpartition("tinycnn/")[2], frame.f_code.co_name))
    return trace
sys.settrace(trace)
tc.visualize(model, np.ones((1, 3, 8, 8), np.float32), rules=["guided"], target=0)
sys.settrace(None)
assert {("ops/conv.py", "conv2d"), ("ops/conv.py", "conv2d_vjp_input")} <= lines
assert ("ops/activation.py", "relu_vjp") in lines
"""
    run(program, plain=True)


def test_threads_may_be_set_where_there_are_none() -> None:
    run("import tinycnn as tc; tc.set_num_threads(2); assert tc.get_num_threads() == 1", plain=True)


def test_there_is_no_door_to_what_is_no_operation() -> None:
    program = """
from tinycnn.ops import engine
try:
    engine.no_such_operation
except AttributeError as error:
    assert str(error) == "there is no operation 'no_such_operation'"
else:
    raise SystemExit(1)
"""
    run(program, plain=True)
