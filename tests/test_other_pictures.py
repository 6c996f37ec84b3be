"""Claims are judged on photographs that they were not recorded on."""

import math
from dataclasses import replace

from benchmarks.alarms import Trial
from benchmarks.other_pictures import OTHERS, elsewhere, main, markdown, to_do
from tinycnn.image import SAMPLES
from tinycnn.theory.claims import CLAIMS

CHEAP = "noise.completeness"


def test_a_claim_is_moved_to_each_photograph_and_nothing_else_of_it_changes():
    moved = elsewhere([CLAIMS[CHEAP], CLAIMS["identity.open_digits"], CLAIMS["limit.zero_patches"]])
    assert set(OTHERS) < set(SAMPLES)
    assert [claim.quick.image for claim in moved.values()] == list(OTHERS)
    back = {repr(replace(claim.quick, image=CLAIMS[CHEAP].quick.image)) for claim in moved.values()}
    assert back == {repr(CLAIMS[CHEAP].quick)}


def test_what_is_judged_is_kept_and_counted(tmp_path, monkeypatch, capsys):
    moved = dict(list(elsewhere([CLAIMS[CHEAP]]).items())[:2])
    monkeypatch.setattr("benchmarks.other_pictures.elsewhere", lambda claims: moved)
    monkeypatch.setattr("benchmarks.other_pictures.set_num_threads", lambda count: None)
    file = tmp_path / "trials.jsonl"
    for _ in range(2):
        main(["--seeds", "1", "--file", str(file), "--markdown", str(tmp_path / "page.md")])
    assert len(file.read_text("utf-8").split()) > 0
    assert sum(bool(line) for line in file.read_text("utf-8").splitlines()) == 2
    assert "2 of 2 verdicts are as recorded" in capsys.readouterr().out
    assert "| astronaut | 1 | 1 | 1 | 1 |" in (tmp_path / "page.md").read_text("utf-8")


def test_a_verdict_that_changes_is_shown_with_its_numbers():
    moved = elsewhere([CLAIMS[CHEAP]])
    (claim, seed), *_ = to_do(moved.values(), 1, [])
    page = markdown([Trial(claim.id, "", seed, True, 0.5, 0.25, 0.01)])
    assert "0 of 1 verdicts" in page
    assert f"| `{claim.id}` | 0 | holds | 0.5 | 0.25 ± 0.01 |" in page


def test_a_claim_of_which_nothing_could_be_measured_says_so():
    moved = elsewhere([CLAIMS[CHEAP]])
    (claim, seed), *_ = to_do(moved.values(), 1, [])
    page = markdown([Trial(claim.id, "", seed, True, 0.5, math.nan, math.nan)])
    assert (
        f"| `{claim.id}` | 0 | holds | 0.5 | nothing to measure, as in nets that are closed all over |"
        in page
    )
