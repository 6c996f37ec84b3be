"""``tinycnn survey`` as a user calls it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from cli_outcome import Outcome

Cli = Callable[..., Outcome]


def test_every_layer_of_the_embedded_net_beside_a_random_one(tinycnn: Cli, tmp_path: Path) -> None:
    outcome = tinycnn("survey", "coffee", "--json", str(tmp_path / "walk.json"), "--out", str(tmp_path))
    assert outcome.status == 0
    text = "\n".join(outcome.out)
    assert all(name in text for name in ("conv1_1", "conv2_2", "digits, weights: digits (random)"))
    record = json.loads((tmp_path / "walk.json").read_text())
    assert [stop["layer"] for stop in record["stops"]] == [stop["layer"] for stop in record["random"]]
    assert (tmp_path / "survey.png").stat().st_size > 10_000


def test_an_unknown_model_is_one_line(tinycnn: Cli) -> None:
    outcome = tinycnn("survey", "--model", "digit")
    assert outcome.status != 0
    assert len(outcome.err) == 1
    assert "digits" in outcome.err[0]
